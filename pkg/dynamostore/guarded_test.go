package dynamostore_test

import (
	"fmt"
	"testing"
	"time"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// guardedBy is the message of a client to a number of a block, whose country has the shard 0. There is room for three:
// one is the country's own, two are those of all new ones.
func guardedBy(client, block string, mode guard.Mode) *guard.Message {
	return &guard.Message{
		Policy:  guard.Policy{Mode: mode, Young: 2, Shards: 1},
		Numbers: guard.Numbers{Client: client, Region: "MY", Block: []byte(block)},
		Hour:    thisHour, Label: func() []byte { return []byte("label") },
	}
}

// guardedSpend is one message to the n-th number.
func guardedSpend(m *guard.Message, n int, at otp.Millis) otp.Spend {
	p := spend(fmt.Sprint("N#", m.Client, n), fmt.Sprint("send", n), at)
	p.Guard, p.KnownSince = m, at.Add(-otp.KnownMemory)
	return p
}

// unanswered returns how many messages an entry counts.
func unanswered(t testing.TB, s *dynamostore.Store, key string) int {
	t.Helper()
	e, err := s.Entry(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	if e == nil {
		return 0
	}
	return guard.Sum(e.Unanswered)
}

// Each message takes two writes more while its number is new, and none once it is known; three where a country without
// a baseline has used up its own room. A refused one takes as many as without the guard, as long as its entries are
// remembered.
func TestRequestsOfTheGuard(t *testing.T) {
	table, client := dynamotest.Table(t), dynamotest.Client(t, nil)
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	v := newService(t, storeOn(t, table, wire))
	n := 0
	message := func(to int, want otp.Outcome, puts, updates, gets int) {
		t.Helper()
		n++
		start := v.asked(fmt.Sprint(n))
		start.To, start.Region = otp.Phone(fmt.Sprintf("+60123%06d", to)), "MY"
		start.Guard = guard.Policy{Mode: guard.Enforce, Young: 2, Shards: 1}
		for range 2 {
			wire.Follow(dynamotest.Always(dynamotest.Through))
			if got, err := v.Init(t.Context(), start); err != nil || got.Outcome != want {
				t.Fatalf("init %d: %q %v, want %q", n, got.Outcome, err, want)
			}
			counts, calls := wire.Counts(), map[string]int{"PutItem": puts, "UpdateItem": updates, "GetItem": gets}
			for operation, want := range calls {
				if counts[operation] != want {
					t.Errorf("init %d took %v, want %v", n, counts, calls)
				}
			}
			puts, updates, gets = 1, 0, 0 // a repeat
		}
	}
	const sent, block, country, anyClient = otp.Sent, otp.OverBlock, otp.OverCountry, otp.OverClient
	message(10_000, sent, 3, 3, 1)      // both entries are new, which a refused try and a read show
	message(20_000, sent, 3, 4, 1)      // the country has no room of its own any more: a third entry
	message(30_000, sent, 2, 4, 1)      //
	message(40_000, anyClient, 1, 6, 0) // the client refuses it, and the country and the ledger are put back
	message(50_000, anyClient, 1, 2, 0) // it is remembered

	rich := guard.Numbers{Client: "demo", Region: "MY"}.CountryKey()
	e := learned(guard.Charge{Key: rich, Kind: guard.Country, Hour: thisHour, Base: 2000})
	e.Left = 1000
	keep(t, client, table, e, 100)
	v.now = v.now.Add(5 * time.Second)
	message(60_000, sent, 2, 3, 1) // the block is new
	for to := range 7 {
		message(60_001+to, sent, 1, 4, 1)
	}
	message(60_010, block, 1, 5, 1)
	message(60_011, block, 1, 2, 0)
	message(70_000, sent, 2, 3, 1)
	message(70_001, sent, 1, 4, 1)    // the last one of the country
	message(70_002, country, 1, 2, 1) // the country is remembered, and its block is read
	message(70_003, country, 1, 2, 0)
	message(80_000, country, 1, 2, 1)
	v.now = v.now.Add(5 * time.Second)
	message(80_001, country, 1, 4, 1) // the country refuses it, and the ledger is put back
	message(80_002, country, 1, 2, 0)
	key := v.Issuer.Keys.Keys(t.Context()).LedgerKeys("demo", "+60123070000")[0]
	right := otp.Answer{Ledger: key, At: otp.MillisOf(v.now)}
	if err := storeOn(t, table, nil).Answered(t.Context(), right); err != nil {
		t.Fatal(err)
	}
	v.now = v.now.Add(time.Minute)
	message(70_000, sent, 1, 2, 0) // it is known
}

// A refused message is counted nowhere, and the ledger is returned without it. Every mode but enforce sends it.
func TestRefusedByTheGuard(t *testing.T) {
	table := dynamotest.Table(t)
	s := storeOn(t, table, nil)
	for _, mode := range []guard.Mode{guard.Enforce, guard.Monitor} {
		m := guardedBy(string(mode), "-block--", mode)
		for n := range 8 {
			at := now.Add(time.Duration(n) * 6 * time.Second) // nothing is remembered
			got := spent(t, s, guardedSpend(m, n, at))
			over := n >= 3
			refused := over && mode == guard.Enforce
			if got.Applied == refused || (got.Item != nil) != refused || got.Answered != 0 {
				t.Errorf("%s, message %d: %+v", mode, n, got)
			}
			_, young, _, _ := got.Verdict.Tag.Numbers("", "")
			if (got.Verdict.Reason == guard.ByClient) != over || young != (n > 0) ||
				got.Verdict.Tag.Watched() != (over && mode == guard.Monitor) {
				t.Errorf("%s, message %d: the verdict is %+v", mode, n, got.Verdict)
			}
			if refused && (len(got.Item.Sends) != 0 || got.Item.Unanswered != 0 || got.Verdict.Entry.Left >= 100) {
				t.Errorf("message %d: the ledger is %+v", n, got.Item)
			}
		}
		want := map[guard.Mode]int{guard.Enforce: 3, guard.Monitor: 8}[mode]
		for key, want := range map[string]int{m.CountryKey(): want, m.YoungKey(): want - 1} {
			if n := unanswered(t, s, key); n != want {
				t.Errorf("%s: %s counts %d, want %d", mode, key, n, want)
			}
		}
		again := guardedSpend(m, 7, now.Add(time.Hour))
		again.Guard, again.ID = nil, "another"
		if got := spent(t, s, again); !got.Applied {
			t.Errorf("%s: %+v", mode, got)
		}
		n, err := s.Ledger(t.Context(), again.Key)
		if err != nil || n.Unanswered != len(n.Sends) || len(n.Sends) != 1+want/8 {
			t.Errorf("%s: the ledger is %+v, %v", mode, n, err)
		}
	}
}

// What is remembered is of the same hour and at most five seconds old, refuses no known number, and no limit of the
// number gets lost behind it.
func TestMemory(t *testing.T) {
	s := dynamotest.Store(t, nil)
	end := otp.Millis((thisHour + 1) * 3_600_000)
	m := guardedBy("demo", "-block--", guard.Enforce)
	answered := guardedSpend(m, 100, end-60_000)
	if got := spent(t, s, answered); !got.Applied {
		t.Fatal(got)
	}
	if err := s.Answered(t.Context(), otp.Answer{Ledger: answered.Key, At: end - 50_000}); err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		spent(t, s, guardedSpend(m, n, end-8000)) // the third one is refused
	}
	for n, c := range []struct {
		at   otp.Millis
		want bool
	}{
		{end - 8001, false}, {end - 8000, true}, {end - 3001, true}, {end - 3000, false}, {end - 1, true},
	} {
		if got := remembered(t, s, m, 10+n, c.at); got != c.want {
			t.Errorf("%d ms before the end of the hour, remembered: %v, want %v", end-c.at, got, c.want)
		}
	}
	known := guardedSpend(m, 100, end-1)
	known.ID = "later"
	if got := spent(t, s, known); !got.Applied || got.Answered != end-50_000 || got.Verdict.Reason != "" {
		t.Errorf("a known number: %+v", got)
	}
	known.ID, known.Now = "too soon", end-1
	if got := spent(t, s, known); got.Applied || got.Verdict.Reason != "" || len(got.Item.Sends) != 2 {
		t.Errorf("a known number that its own limits refuse: %+v", got)
	}
	watching := *m
	watching.Mode = guard.Monitor
	if got := spent(t, s, guardedSpend(&watching, 40, end-1)); !got.Applied || got.Verdict.Reason != guard.ByClient {
		t.Errorf("a message that is only watched: %+v", got)
	}
	again := guardedSpend(m, 0, end-1)
	again.ID = "again"
	if got := spent(t, s, again); got.Applied || got.Verdict.Reason != "" || len(got.Item.Sends) != 1 {
		t.Errorf("a number that its own limits refuse: %+v", got)
	}
	later := *m
	later.Hour++
	if got := spent(t, s, guardedSpend(&later, 50, end)); got.Applied || len(got.Item.Sends) != 0 {
		t.Errorf("in the next hour: %+v", got)
	}
	if left, err := s.Ledger(t.Context(), guardedSpend(m, 50, end).Key); err != nil || left == nil {
		t.Errorf("the next hour remembers the one before: %v, %v", left, err)
	}
}

// remembered has the n-th number of m refused, and reports whether it is what is remembered that refused it.
func remembered(t *testing.T, s *dynamostore.Store, m *guard.Message, n int, at otp.Millis) bool {
	t.Helper()
	got := spent(t, s, guardedSpend(m, n, at))
	if got.Applied || got.Verdict.Reason != guard.ByClient || len(got.Verdict.Charged) != 0 {
		t.Fatalf("%+v", got)
	}
	left, err := s.Ledger(t.Context(), guardedSpend(m, n, at).Key)
	if err != nil {
		t.Fatal(err)
	}
	return left == nil // the long way makes a ledger, though an empty one
}

// While a country has no room, a block whose people answer goes on, and others do not.
func TestAnsweringBlocksAreNotForgotten(t *testing.T) {
	table, client := dynamotest.Table(t), dynamotest.Client(t, nil)
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s := storeOn(t, table, wire)
	good, bad := guardedBy("demo", "-answer-", guard.Enforce), guardedBy("demo", "-silent-", guard.Enforce)
	country := learned(guard.Charge{Key: good.CountryKey(), Kind: guard.Country, Hour: thisHour, Base: 2000})
	country.Left, country.Unanswered[0] = 0, 24
	keep(t, client, table, country, 1)
	block := guard.Fresh(good.BlockKey(), guard.Block, thisHour)
	block.Take(guard.Charge{Key: good.BlockKey(), Kind: guard.Block, Hour: thisHour, Usual: 30})
	block.Label = []byte("label")
	block.Credit([]guard.Credit{{Key: block.Key, Event: guard.Answered, Hour: thisHour}}, 30)
	keep(t, client, table, block, 1)

	for n, c := range []struct {
		*guard.Message
		after          time.Duration
		want           guard.Reason
		updates, reads int
	}{
		{bad, 0, guard.ByCountry, 3, 1}, // ledger, country, ledger
		{bad, 0, guard.ByCountry, 1, 0},
		{good, 0, "", 4, 2}, // ledger, country, block, country beyond its budget
		{bad, 0, guard.ByCountry, 1, 0},
		{good, 0, "", 4, 2},
		{good, 0, "", 4, 2},
		{good, 0, guard.ByCountry, 1, 1}, // three an hour
		{bad, 0, guard.ByCountry, 1, 0},
		{good, 5 * time.Second, guard.ByCountry, 6, 1}, // the block and the ledger are put back
		{good, 5 * time.Second, guard.ByCountry, 1, 1},
	} {
		wire.Follow(dynamotest.Always(dynamotest.Through))
		got := spent(t, s, guardedSpend(c.Message, n, now.Add(c.after)))
		if got.Verdict.Reason != c.want || got.Applied != (c.want == "") {
			t.Fatalf("message %d: %+v, want %q", n, got, c.want)
		}
		calls := wire.Counts()
		if calls["UpdateItem"] != c.updates || calls["GetItem"] != c.reads || calls["PutItem"] != 0 {
			t.Errorf("message %d took %v, want %d updates and %d reads", n, calls, c.updates, c.reads)
		}
	}
}

// A country whose last room a refused message used for a moment has it again, in the memory too.
func TestMemoryOfWhatIsGivenBack(t *testing.T) {
	table, client := dynamotest.Table(t), dynamotest.Client(t, nil)
	s := storeOn(t, table, nil)
	full, free := guardedBy("demo", "-a-full-", guard.Enforce), guardedBy("demo", "-a-free-", guard.Enforce)
	country := learned(guard.Charge{Key: full.CountryKey(), Kind: guard.Country, Hour: thisHour, Base: 2000})
	country.Left, country.Unanswered[0] = 100, 23
	keep(t, client, table, country, 1)
	block := guard.Fresh(full.BlockKey(), guard.Block, thisHour)
	block.Take(guard.Charge{Key: block.Key, Kind: guard.Block, Hour: thisHour, Usual: 30, Label: full.Label})
	block.Left = 0
	keep(t, client, table, block, 1)
	for n, c := range []struct {
		*guard.Message
		want guard.Reason
	}{{full, guard.ByBlock}, {full, guard.ByBlock}, {free, ""}, {free, guard.ByCountry}, {full, guard.ByCountry}} {
		got := spent(t, s, guardedSpend(c.Message, n, now))
		if got.Verdict.Reason != c.want || got.Applied != (c.want == "") {
			t.Errorf("message %d: %+v, want %q", n, got, c.want)
		}
	}
}

// The guard counts a message also if the answer of its ledger was lost: the repeated write is refused, though the first
// one was applied.
func TestLostAnswerBeforeTheGuard(t *testing.T) {
	table := dynamotest.Table(t)
	wire := dynamotest.NewWire(func(n int, _ string) dynamotest.Fault {
		if n == 1 {
			return dynamotest.AnswerLost
		}
		return dynamotest.Through
	})
	s, beside := storeOn(t, table, wire), storeOn(t, table, nil)
	m := guardedBy("demo", "-block--", guard.Enforce)
	for n := range 3 {
		wire.Follow(func(n int, _ string) dynamotest.Fault {
			return map[bool]dynamotest.Fault{true: dynamotest.AnswerLost, false: dynamotest.Through}[n == 1]
		})
		p := guardedSpend(m, n, now)
		if got := spent(t, s, p); got.Applied || !got.Item.Counted(p.ID) || len(got.Verdict.Charged) != 2+min(n, 1) {
			t.Fatalf("message %d: %+v", n, got)
		}
	}
	wire.Follow(func(n int, _ string) dynamotest.Fault {
		return map[bool]dynamotest.Fault{true: dynamotest.AnswerLost, false: dynamotest.Through}[n == 1]
	})
	p := guardedSpend(m, 9, now)
	if got := spent(t, s, p); got.Applied || got.Item.Counted(p.ID) || got.Verdict.Reason != guard.ByClient {
		t.Errorf("%+v, want a refusal", got)
	}
	if n := unanswered(t, beside, m.CountryKey()); n != 3 {
		t.Errorf("%d are counted, want 3", n)
	}
}

// Of 500 messages at once through one store, exactly as many go out as there is room for.
func TestRaceOfSpends(t *testing.T) {
	s := dynamotest.Store(t, nil)
	m := guardedBy("demo", "-block--", guard.Enforce)
	results := make(chan otp.Spent, 500)
	numbers := make(chan int, 500)
	for n := range 500 {
		numbers <- n
	}
	atOnce(500, func() {
		got, err := s.Spend(t.Context(), guardedSpend(m, <-numbers, now))
		if err != nil {
			t.Error(err)
		}
		results <- got
	})
	close(results)
	sent := 0
	for got := range results {
		if got.Applied {
			sent++
		}
	}
	if n := unanswered(t, s, m.YoungKey()); sent != 3 || n != 2 {
		t.Errorf("%d went out and all new countries count %d, want 3 and 2", sent, n)
	}
	if n := unanswered(t, s, m.CountryKey()); n != 3 {
		t.Errorf("the country counts %d, want 3", n)
	}
}

// A refund gives charges back only with its send.
func TestRefundOfCharges(t *testing.T) {
	s := dynamotest.Store(t, nil)
	m := guardedBy("demo", "-block--", guard.Enforce)
	p := guardedSpend(m, 1, now)
	got := spent(t, s, p)
	spent(t, s, guardedSpend(m, 2, now))
	for _, id := range []string{"no such send", p.ID, p.ID} {
		before := unanswered(t, s, m.CountryKey())
		if err := s.Refund(t.Context(), p.Key, id, got.Verdict.Charged...); err != nil {
			t.Fatal(err)
		}
		want := before
		if id == p.ID {
			want = 1
		}
		if n := unanswered(t, s, m.CountryKey()); n != want {
			t.Errorf("after the refund of %q the client has %d, want %d", id, n, want)
		}
	}
}
