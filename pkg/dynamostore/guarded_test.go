package dynamostore_test

import (
	"fmt"
	"maps"
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

// looked is [guardedSpend] after a look at the entries.
func looked(t testing.TB, s *dynamostore.Store, m *guard.Message, n int, at otp.Millis) otp.Spend {
	t.Helper()
	p, err := guardedSpend(m, n, at), error(nil)
	if p.Found, err = s.Look(t.Context(), p.Key, *m); err != nil {
		t.Fatal(err)
	}
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
// a baseline has used up its own room. A refused one takes as many as without the guard. Each call takes one read.
func TestRequestsOfTheGuard(t *testing.T) {
	table, client := dynamotest.Table(t), dynamotest.Client(t, nil)
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	v := newService(t, storeOn(t, table, wire))
	n := 0
	message := func(to int, want otp.Outcome, puts, updates int) {
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
			calls := map[string]int{"PutItem": puts, "BatchGetItem": 1}
			if updates > 0 {
				calls["UpdateItem"] = updates
			}
			if counts := wire.Counts(); !maps.Equal(counts, calls) {
				t.Errorf("init %d took %v, want %v", n, counts, calls)
			}
			puts, updates = 1, 0 // a repeat
		}
	}
	const sent, block, country, anyClient = otp.Sent, otp.OverBlock, otp.OverCountry, otp.OverClient
	message(10_000, sent, 3, 2)      // both entries are new
	message(20_000, sent, 3, 3)      // the country has no room of its own any more: a third entry
	message(30_000, sent, 2, 4)      //
	message(40_000, anyClient, 1, 2) // refused at once

	rich := guard.Numbers{Client: "demo", Region: "MY"}.CountryKey()
	e := learned(guard.Charge{Key: rich, Kind: guard.Country, Hour: thisHour, Base: 2000})
	e.Left = 1000
	keep(t, client, table, e, 100)
	message(60_000, sent, 2, 3) // the block is new
	for to := range 7 {
		message(60_001+to, sent, 1, 4)
	}
	message(60_010, block, 1, 2)
	message(60_011, block, 1, 2)
	message(70_000, sent, 2, 3)
	message(70_001, sent, 1, 4) // the last one of the country
	message(70_002, country, 1, 2)
	message(80_000, country, 1, 2)
	key := v.Issuer.Keys.Keys(t.Context()).LedgerKeys("demo", "+60123070000")[0]
	right := otp.Answer{Ledger: key, At: otp.MillisOf(v.now)}
	if err := storeOn(t, table, nil).Answered(t.Context(), right); err != nil {
		t.Fatal(err)
	}
	v.now = v.now.Add(time.Minute)
	message(70_000, sent, 1, 2) // it is known
}

// A re-send that the guard refuses takes three writes: the claim, the ledger, and the end of the claim. Where the first
// message went to a known number, the next one needs no read.
func TestRequestsOfGuardedResends(t *testing.T) {
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s := dynamotest.Store(t, wire)
	v := newService(t, s)
	policy := guard.Policy{Mode: guard.Enforce, Young: 1, Shards: 1}
	started := func(id string, to otp.Phone) string {
		start := v.asked(id)
		start.To, start.Region, start.Guard = to, "MY", policy
		got, err := v.Init(t.Context(), start)
		if err != nil || got.Outcome != otp.Sent {
			t.Fatal(got, err)
		}
		return got.AuthID
	}
	again := func(authID string, want otp.Outcome, calls map[string]int) {
		t.Helper()
		v.now = v.now.Add(time.Minute)
		wire.Follow(dynamotest.Always(dynamotest.Through))
		start := v.asked("")
		got, err := v.Resend(t.Context(), otp.Resend{
			Client: "demo", AuthID: authID, Policy: start.Policy, Text: start.Text, Guard: policy,
		})
		if err != nil || got.Outcome != want || !maps.Equal(wire.Counts(), calls) {
			t.Errorf("%q %v took %v, want %q and %v", got.Outcome, err, wire.Counts(), want, calls)
		}
	}
	first := started("1", "+60123010000")
	again(first, otp.Sent, map[string]int{"BatchGetItem": 1, "PutItem": 1, "UpdateItem": 5})
	again(first, otp.OverClient, map[string]int{"BatchGetItem": 1, "UpdateItem": 3})
	key := v.Issuer.Keys.Keys(t.Context()).LedgerKeys("demo", "+60123010000")[0]
	if err := s.Answered(t.Context(), otp.Answer{Ledger: key, At: otp.MillisOf(v.now)}); err != nil {
		t.Fatal(err)
	}
	v.now = v.now.Add(time.Minute)
	again(started("2", "+60123010000"), otp.Sent, map[string]int{"UpdateItem": 3})
}

// A refused message is counted nowhere, and the ledger is returned without it. Every mode but enforce sends it.
func TestRefusedByTheGuard(t *testing.T) {
	table := dynamotest.Table(t)
	s := storeOn(t, table, nil)
	for _, mode := range []guard.Mode{guard.Enforce, guard.Monitor} {
		m := guardedBy(string(mode), "-block--", mode)
		for n := range 8 {
			got := spent(t, s, guardedSpend(m, n, now))
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

// A call that is refused after it read room takes nine writes of the ledger and the entries at most: where it counted
// in all entries and its number had another message meanwhile, and where its block was filled meanwhile.
func TestWritesOfLateRefusals(t *testing.T) {
	table, client := dynamotest.Table(t), dynamotest.Client(t, nil)
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s, beside := storeOn(t, table, wire), storeOn(t, table, nil)
	m := guardedBy("demo", "-block--", guard.Enforce)
	m.Young, m.Source = 9, []byte("-source-")
	for n := range 2 { // the country uses up its own room, and all entries are there
		spent(t, beside, guardedSpend(m, n, now))
	}
	refused := func(p otp.Spend, reason guard.Reason) {
		t.Helper()
		wire.Follow(dynamotest.Always(dynamotest.Through))
		got := spent(t, s, p)
		if want := map[string]int{"UpdateItem": 9}; got.Applied || got.Verdict.Reason != reason ||
			!maps.Equal(wire.Counts(), want) {
			t.Errorf("%+v took %v, want a refusal that took %v", got, wire.Counts(), want)
		}
	}
	p := looked(t, beside, m, 2, now)
	other := guardedSpend(m, 2, now)
	other.ID = "other"
	spent(t, beside, other)
	refused(p, "")
	p = looked(t, beside, m, 3, now)
	block, err := beside.Entry(t.Context(), m.BlockKey())
	if err != nil {
		t.Fatal(err)
	}
	block.Left = 0
	keep(t, client, table, *block, 100)
	refused(p, guard.ByBlock)
}

// What was found refuses no known number, no limit of the number gets lost behind it, and it refuses nothing but what
// has no room.
func TestFound(t *testing.T) {
	s := dynamotest.Store(t, nil)
	m := guardedBy("demo", "-block--", guard.Enforce)
	answered := guardedSpend(m, 100, now.Add(-time.Hour))
	if got := spent(t, s, answered); !got.Applied {
		t.Fatal(got)
	}
	if err := s.Answered(t.Context(), otp.Answer{Ledger: answered.Key, At: now - 50_000}); err != nil {
		t.Fatal(err)
	}
	stale := looked(t, s, m, 0, now)
	for n := range 2 {
		if got := spent(t, s, looked(t, s, m, n, now)); !got.Applied {
			t.Fatal(got)
		}
	}
	got := spent(t, s, looked(t, s, m, 2, now))
	if got.Applied || got.Verdict.Reason != guard.ByClient || len(got.Verdict.Charged) != 0 || got.Verdict.Tag == "" {
		t.Errorf("%+v", got)
	}
	if left, err := s.Ledger(t.Context(), guardedSpend(m, 2, now).Key); err != nil || left != nil {
		t.Errorf("the ledger of a refused message is %v, %v, want none", left, err)
	}
	late := guardedSpend(m, 3, now)
	late.Found = stale.Found
	if got := spent(t, s, late); got.Applied || got.Verdict.Reason != guard.ByClient || len(got.Item.Sends) != 0 {
		t.Errorf("another call took the room meanwhile: %+v", got)
	}
	known := looked(t, s, m, 100, now)
	known.ID = "later"
	if got := spent(t, s, known); !got.Applied || got.Answered != now-50_000 || got.Verdict.Reason != "" {
		t.Errorf("a known number: %+v", got)
	}
	known.ID = "too soon"
	if got := spent(t, s, known); got.Applied || got.Verdict.Reason != "" || len(got.Item.Sends) != 2 {
		t.Errorf("a known number that its own limits refuse: %+v", got)
	}
	watching := *m
	watching.Mode = guard.Monitor
	if got := spent(t, s, looked(t, s, &watching, 40, now)); !got.Applied || got.Verdict.Reason != guard.ByClient {
		t.Errorf("a message that is only watched: %+v", got)
	}
	again := looked(t, s, m, 0, now)
	again.ID = "again"
	if got := spent(t, s, again); got.Applied || got.Verdict.Reason != "" || len(got.Item.Sends) != 1 {
		t.Errorf("a number that its own limits refuse: %+v", got)
	}
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
		want    guard.Reason
		updates int
	}{
		{bad, guard.ByCountry, 1},
		{good, "", 3}, // ledger, block, country beyond its budget
		{bad, guard.ByCountry, 1},
		{good, "", 3},
		{good, "", 3},
		{good, guard.ByCountry, 1}, // three an hour
		{bad, guard.ByCountry, 1},
	} {
		wire.Follow(dynamotest.Always(dynamotest.Through))
		got := spent(t, s, looked(t, s, c.Message, n, now))
		if got.Verdict.Reason != c.want || got.Applied != (c.want == "") {
			t.Fatalf("message %d: %+v, want %q", n, got, c.want)
		}
		want := map[string]int{"BatchGetItem": 1, "UpdateItem": c.updates}
		if calls := wire.Counts(); !maps.Equal(calls, want) {
			t.Errorf("message %d took %v, want %v", n, calls, want)
		}
	}
}

// A country whose last room a refused message used for a moment has it again, where nobody looked ahead too.
func TestRoomThatIsGivenBack(t *testing.T) {
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
