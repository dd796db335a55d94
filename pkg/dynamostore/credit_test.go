package dynamostore_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/guard"
)

// purse is an entry in the table, and the same one by the domain alone.
type purse struct {
	t     testing.TB
	store *dynamostore.Store
	guard.Charge
	want guard.Entry
}

// newPurse charges messages to an entry that has none.
func newPurse(t testing.TB, s *dynamostore.Store, c guard.Charge, messages int) *purse {
	t.Helper()
	c.Force = true
	b := &purse{t: t, store: s, Charge: c, want: guard.Fresh(c.Key, c.Kind, c.Hour)}
	for range messages {
		b.charge()
		b.want.Take(c)
	}
	return b
}

// charge counts a message, in the table only.
func (b *purse) charge() {
	if _, ok, err := b.store.Charge(b.t.Context(), b.Charge); err != nil || !ok {
		b.t.Error("charge", ok, err)
	}
}

// answers returns the credits of records behind the first one of their batch.
func (b *purse) answers(first int, records ...int) (all []guard.Credit) {
	for _, r := range records {
		all = append(all, guard.Credit{
			Key: b.Key, Event: guard.Answered, Hour: b.Hour, From: fmt.Sprint(first), Record: fmt.Sprint(r),
		})
	}
	return all
}

func (b *purse) credit(credits ...guard.Credit) {
	b.t.Helper()
	if err := b.store.Credit(b.t.Context(), credits); err != nil {
		b.t.Error(err)
	}
}

// compare compares the entry in the table with the one of the domain, but for its marks.
func (b *purse) compare() {
	b.t.Helper()
	got, err := b.store.Entry(b.t.Context(), b.Key)
	if err != nil || got == nil {
		b.t.Fatal(got, err)
	}
	want := b.want
	got.Seen, want.Seen, got.Rev = nil, nil, 0
	if !reflect.DeepEqual(*got, want) {
		b.t.Errorf("%c in the table\n%+v\nby the domain\n%+v", b.Kind, *got, want)
	}
}

// to returns the numbers from 1 to n.
func to(n int) (all []int) {
	for i := range n {
		all = append(all, i+1)
	}
	return all
}

// What the table does is what the domain does: with each kind of entry and each event, also in an hour that the entry
// does not have yet, and when the stream is late. Each entry is read once and written once.
func TestCreditIsCredit(t *testing.T) {
	table := dynamotest.Table(t)
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s := storeOn(t, table, wire)
	for _, late := range []int64{-1, 0, 3, 23, 24, 25} {
		for kind, c := range budgetsOf(fmt.Sprint("late ", late)) {
			for _, event := range []guard.Event{guard.Answered, guard.AnsweredByKnown, guard.WasRefused} {
				c := c
				c.Key += fmt.Sprint(event)
				b := newPurse(t, s, c, 3)
				b.Hour += max(0, late)
				b.charge()
				b.want.Take(b.Charge)
				credits := b.answers(1, to(4)...)
				for i := range credits {
					credits[i].Hour, credits[i].Event = b.Hour-late, event
					if kind == guard.Country && event == guard.WasRefused {
						credits[i].Block = []byte{byte(i)}
					}
				}
				wire.Follow(dynamotest.Always(dynamotest.Through))
				b.credit(credits...)
				n := wire.Counts()
				if n["BatchGetItem"] != min(1, len(credits)) || n["PutItem"]+n["UpdateItem"] != min(1, len(credits)) {
					t.Errorf("%c, event %d, %d hours late: %v", kind, event, late, n)
				}
				b.want.Credit(credits, 0)
				b.compare()
			}
		}
	}
}

// A record is credited once, whatever becomes of the requests, of the batch and of the process.
func TestCreditedOnce(t *testing.T) {
	table := dynamotest.Table(t)
	for name, faults := range map[string]map[int]dynamotest.Fault{
		"nothing fails":         {},
		"the write is lost":     {2: dynamotest.Lost},
		"its answer is lost":    {2: dynamotest.AnswerLost},
		"its answer is cut":     {2: dynamotest.AnswerCut},
		"all answers are lost":  {2: dynamotest.AnswerLost, 3: dynamotest.AnswerLost, 4: dynamotest.AnswerLost},
		"the table is busy":     {1: dynamotest.Throttled, 2: dynamotest.Throttled, 3: dynamotest.Throttled},
		"it is away for a time": {2: dynamotest.Failed, 3: dynamotest.Failed, 4: dynamotest.Failed},
	} {
		for _, batches := range [][]int{{9, 9}, {4, 9}, {9, 4, 9}} {
			for kind, c := range budgetsOf(strings.ReplaceAll(fmt.Sprint(name, batches), " ", "-")) {
				b := newPurse(t, storeOn(t, table, nil), c, 12)
				good := b.store
				plan := func(n int, _ string) dynamotest.Fault { return faults[n] }
				b.store = storeOn(t, table, dynamotest.NewWire(plan))
				for _, n := range batches {
					if err := b.store.Credit(t.Context(), b.answers(1, to(n)...)); err != nil && len(faults) < 3 {
						t.Errorf("%s: %v", name, err)
					}
					b.store = good // the next process
				}
				b.want.Credit(b.answers(1, to(9)...), 0)
				if b.compare(); t.Failed() {
					t.Fatalf("%s, batches %v of %c", name, batches, kind)
				}
			}
		}
	}
}

// Credits alone make the entries of known numbers and of blocks in young countries. Refusals make none, and neither do
// records without a number.
func TestCreditMakesEntries(t *testing.T) {
	s := storeOn(t, dynamotest.Table(t), nil)
	n := guard.Numbers{Client: "demo", Region: "MY", Block: []byte("-block--")}
	credit := func(key string, e guard.Event) guard.Credit {
		return guard.Credit{Key: key, Country: n.CountryKey(), Event: e, Hour: thisHour, From: "1", Record: "1"}
	}
	unnumbered := credit(n.BlockKey(), guard.AnsweredByKnown)
	unnumbered.From = ""
	for _, c := range []guard.Credit{
		unnumbered, credit(n.BlockKey(), guard.WasRefused), credit(n.CountryKey(), guard.WasRefused),
	} {
		if err := s.Credit(t.Context(), []guard.Credit{c}); err != nil {
			t.Fatal(err)
		}
		if e, err := s.Entry(t.Context(), c.Key); e != nil || err != nil {
			t.Errorf("%+v made %+v, %v", c, e, err)
		}
	}
	for key, c := range map[string]struct {
		event           guard.Event
		answered, known int
	}{
		n.BlockKey(): {guard.AnsweredByKnown, 0, 1}, n.CountryKey(): {guard.AnsweredByKnown, 0, 1},
	} {
		all := []guard.Credit{credit(key, c.event)}
		if key != n.CountryKey() {
			all = append(all, credit(n.CountryKey(), guard.AnsweredByKnown))
		}
		for range 2 {
			if err := s.Credit(t.Context(), all); err != nil {
				t.Fatal(err)
			}
		}
		e, err := s.Entry(t.Context(), key)
		if err != nil || e == nil || guard.Sum(e.Answered) != c.answered || guard.Sum(e.Known) != c.known {
			t.Errorf("%s: %+v, %v", key, e, err)
		}
	}
}

// The ratio that is usual in a country holds for a block that a credit makes, also if the country had its credit
// before.
func TestCreditHandsOnWhatIsUsual(t *testing.T) {
	table, client := dynamotest.Table(t), dynamotest.Client(t, nil)
	s, all := storeOn(t, table, nil), budgetsOf("demo")
	country, block := all[guard.Country], all[guard.Block]
	keep(t, client, table, learned(country), 1)
	c := guard.Credit{Key: country.Key, Event: guard.AnsweredByKnown, Hour: thisHour, From: "1", Record: "1"}
	d := c
	d.Key, d.Country = block.Key, country.Key
	for _, batch := range [][]guard.Credit{{c}, {d, c}} { // the first process stopped in between
		if err := s.Credit(t.Context(), batch); err != nil {
			t.Fatal(err)
		}
	}
	if e, err := s.Entry(t.Context(), block.Key); err != nil || e == nil || e.Usual != 30 {
		t.Errorf("%+v %v, want what is usual in the country", e, err)
	}
	if e, err := s.Entry(t.Context(), country.Key); err != nil || guard.Sum(e.Known) != 1 {
		t.Errorf("%+v %v, want one credit", e, err)
	}
}

// Two entries of four can be written: the error says so, and the repeat gives the rest.
func TestCreditInPart(t *testing.T) {
	table := dynamotest.Table(t)
	good := storeOn(t, table, nil)
	var budgets []*purse
	var credits []guard.Credit
	for _, c := range budgetsOf("demo") {
		b := newPurse(t, good, c, 5)
		budgets, credits = append(budgets, b), append(credits, b.answers(1, 3, 4)...)
	}
	var writes atomic.Int64
	bad := storeOn(t, table, dynamotest.NewWire(func(_ int, operation string) dynamotest.Fault {
		if operation == "UpdateItem" && writes.Add(1) > 2 { // the country's, and another one
			return dynamotest.Failed
		}
		return dynamotest.Through
	}))
	err := bad.Credit(t.Context(), credits)
	if err == nil || !strings.HasPrefix(err.Error(), "2 of 3 budgets: ") || strings.Contains(err.Error(), "demo") {
		t.Errorf("%v, want an error that counts the budgets and quotes no key", err)
	}
	if err := good.Credit(t.Context(), credits); err != nil {
		t.Error(err)
	}
	for _, b := range budgets {
		b.want.Credit(b.answers(1, 3, 4), 0)
		b.compare()
	}
}

// Several shards of a stream work on one entry, each batch comes to two processes, and up to 500 messages are sent
// meanwhile: in the end the entry is what the rules give.
func TestCreditWhileCharging(t *testing.T) {
	const shards, batches, each = 4, 5, 3
	s := storeOn(t, dynamotest.Table(t), nil)
	seed := rand.Uint64()
	t.Log("seed", seed)
	for kind, c := range budgetsOf("demo") {
		messages := map[guard.Kind]int{guard.Country: 500, guard.Block: 60, guard.Young: 60}[kind]
		b := newPurse(t, s, c, shards*batches*each)
		var all sync.WaitGroup
		for shard := range shards {
			for process := range 2 {
				r := rand.New(rand.NewPCG(seed, uint64(2*shard+process))) // #nosec G404 -- a test's
				all.Go(func() {
					for batch := range batches {
						first := 1000*(shard+1) + 10*batch
						credits := b.answers(first, first, first+1, first+2)
						b.credit(credits[:1+r.IntN(each)]...)
						b.credit(credits...)
					}
				})
			}
		}
		for range 10 {
			all.Go(func() {
				for range messages / 10 {
					b.charge()
				}
			})
		}
		all.Wait()
		b.want.Credit(slices.Repeat([]guard.Credit{{Event: guard.Answered, Hour: c.Hour}}, shards*batches*each), 0)
		for range messages {
			b.want.Take(b.Charge)
		}
		b.compare()
	}
}

// A budget that is damaged gets no credit, and keeps no other one from its own.
func TestCreditOfADamagedEntry(t *testing.T) {
	n := guard.Numbers{Client: "demo", Region: "MY", Block: []byte("-block--")}
	for damaged, other := range map[string]string{n.BlockKey(): n.CountryKey(), n.CountryKey(): n.BlockKey()} {
		table := dynamotest.Table(t)
		s := storeOn(t, table, nil)
		item := dynamostore.WriteEntry(guard.Fresh(damaged, guard.KindOf(damaged), thisHour), 1)
		item["left"] = &types.AttributeValueMemberS{Value: "much"}
		_, err := dynamotest.Client(t, nil).PutItem(t.Context(), &dynamodb.PutItemInput{TableName: &table, Item: item})
		if err != nil {
			t.Fatal(err)
		}
		var all []guard.Credit
		for _, key := range []string{damaged, other} {
			all = append(all, guard.Credit{
				Key: key, Country: n.CountryKey(), Event: guard.AnsweredByKnown, Hour: thisHour, From: "1", Record: "1",
			})
		}
		if err := s.Credit(t.Context(), all); err != nil {
			t.Error(err)
		}
		if _, err := s.Entry(t.Context(), damaged); !errors.Is(err, guard.ErrDamaged) {
			t.Errorf("%s: %v, want that it is damaged", damaged, err)
		}
		if e, err := s.Entry(t.Context(), other); err != nil || guard.Sum(e.Known) != 1 {
			t.Errorf("beside %s: %+v, %v; want the answer", damaged, e, err)
		}
	}
}
