package dynamostore_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/guard"
)

// budgetsOf returns the charge of a message in each kind of entry, under keys of their own.
func budgetsOf(name string) map[guard.Kind]guard.Charge {
	n := guard.Numbers{Client: name, Region: "MY", Block: []byte("-block--"), Source: []byte("-source-")}
	return map[guard.Kind]guard.Charge{
		guard.Block: {
			Key: n.BlockKey(), Kind: guard.Block, Hour: thisHour, Usual: 30,
			Label: func() []byte { return []byte("label") },
		},
		guard.Country: {Key: n.CountryKey(), Kind: guard.Country, Hour: thisHour, Base: 2000},
		guard.Young:   {Key: n.YoungKey(), Kind: guard.Young, Hour: thisHour, Base: 1200},
		guard.Source:  {Key: n.SourceKey(), Kind: guard.Source, Hour: thisHour, Region: "MY"},
	}
}

// keep stores an entry as a credit would.
func keep(t testing.TB, client *dynamodb.Client, table string, e guard.Entry, rev int64) {
	t.Helper()
	put := &dynamodb.PutItemInput{TableName: &table, Item: dynamostore.WriteEntry(e, rev)}
	if _, err := client.PutItem(t.Context(), put); err != nil {
		t.Fatal(err)
	}
}

// learned returns an entry of a country with a baseline, and no room but its base.
func learned(c guard.Charge) guard.Entry {
	e := guard.Fresh(c.Key, c.Kind, c.Hour)
	e.Base, e.Usual, e.Days, e.Left = c.Base, 30, []int{30, 30, 30}, c.Base
	e.TTL = (c.Hour + 720) * 3600
	return e
}

// random changes a charge: its hour, what is usual, its base, its country, and whether it needs room.
func random(r *rand.Rand, c guard.Charge, hour int64) guard.Charge {
	c.Hour = hour - int64(max(0, r.IntN(6)-4)*r.IntN(30)) // a clock that is behind
	if r.IntN(8) == 0 {
		c.Base, c.Usual = c.Base+100*r.IntN(3)-100, c.Usual+10*r.IntN(3)
	}
	c.Region = []string{"MY", "TH", "SG", "AQ", "ZZ"}[r.IntN(5)]
	c.Force = r.IntN(10) == 0
	c.Answering = c.Kind == guard.Block && r.IntN(5) == 0
	if c.Kind == guard.Country && r.IntN(5) == 0 {
		c.Beyond = 1 + r.IntN(3)
	}
	return c
}

// What the table does with an entry is what the domain does, in any order: charges of all forms, messages that are
// given back, credits, and hours that pass.
func TestChargeIsTake(t *testing.T) {
	table, client := dynamotest.Table(t), dynamotest.Client(t, nil)
	s := storeOn(t, table, nil)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 1))
	for kind, base := range budgetsOf("demo") {
		model, hour, rev := guard.Fresh(base.Key, kind, thisHour), thisHour, int64(0)
		if kind == guard.Country {
			model, rev = learned(base), 1
			keep(t, client, table, model, rev)
		}
		for n := range 250 {
			c := random(r, base, hour)
			switch {
			case r.IntN(6) == 0:
				hour += int64(1 + r.IntN(3)*r.IntN(20))
				continue
			case r.IntN(8) == 0:
				gone := guard.Charged{Key: c.Key, Hour: c.Hour}
				if model.GiveBack(gone.Hour); s.Uncharge(t.Context(), gone) != nil {
					t.Fatal("uncharge failed")
				}
			case r.IntN(8) == 0 && model.TTL != 0:
				from := fmt.Sprint(n)
				model.Credit([]guard.Credit{
					{Key: c.Key, Event: guard.Answered, Hour: hour, From: from, Record: from + "1"},
					{Key: c.Key, Event: guard.AnsweredByKnown, Hour: c.Hour, From: from, Record: from + "2"},
				}, 40)
				rev += 1000
				keep(t, client, table, model, rev)
			default:
				if model.TTL == 0 { // there is no entry yet
					model = guard.Fresh(c.Key, kind, c.Hour)
				}
				took := model
				applied := took.Take(c)
				if applied {
					model = took
				}
				e, ok, err := s.Charge(t.Context(), c)
				if e.Rev = 0; err != nil || ok != applied || !reflect.DeepEqual(e, took) {
					t.Fatalf("%c %d: charge %+v: %v, applied %v, want %v\n%+v, want\n%+v",
						kind, n, c, err, ok, applied, e, took)
				}
			}
			compare(t, s, model)
		}
	}
}

// compare fails the test if the table has another entry.
func compare(t *testing.T, s *dynamostore.Store, want guard.Entry) {
	t.Helper()
	got, err := s.Entry(t.Context(), want.Key)
	if got != nil {
		got.Rev = 0
	}
	switch {
	case err != nil:
		t.Fatal(err)
	case got == nil && want.TTL == 0:
	case got == nil || !reflect.DeepEqual(*got, want):
		t.Fatalf("the table has\n%+v, want\n%+v", got, want)
	}
}

// Of many messages at once, exactly as many are counted as there is room for: in a new entry, in one of an earlier
// hour, and in one of this hour.
func TestRaceForTheLastRoom(t *testing.T) {
	table, client := dynamotest.Table(t), dynamotest.Client(t, nil)
	s := storeOn(t, table, nil)
	const times = 100 // TestRaceOfSpends has more
	room := map[guard.Kind]int{guard.Block: 8, guard.Country: 20, guard.Young: 12, guard.Source: 10}
	for _, from := range []string{"no entry", "an earlier hour", "this hour"} {
		for kind, c := range budgetsOf(fmt.Sprint("race-", from[:2])) {
			switch {
			case from == "no entry" && kind == guard.Country:
				continue // it has no limit
			case from == "no entry":
			case kind == guard.Country:
				e := learned(c)
				if from == "an earlier hour" {
					e.Hour -= 2
				}
				keep(t, client, table, e, 1)
			default:
				e := guard.Fresh(c.Key, kind, c.Hour)
				first := c
				if from == "an earlier hour" {
					first.Hour -= 2
				}
				e.Take(first)
				e.GiveBack(first.Hour)
				keep(t, client, table, e, 1)
			}
			var applied atomic.Int64
			atOnce(times, func() {
				_, ok, err := s.Charge(t.Context(), c)
				if err != nil {
					t.Error(err)
				}
				if ok {
					applied.Add(1)
				}
			})
			e, err := s.Entry(t.Context(), c.Key)
			if err != nil {
				t.Fatal(err)
			}
			counted := guard.Sum(e.Unanswered)
			if want := room[kind]; int(applied.Load()) != want || counted != want || e.Left >= 100 {
				t.Errorf("%c from %s: %d applied, want %d: %+v", kind, from, applied.Load(), want, e)
			}
		}
	}
}

// atOnce calls do so many times at once.
func atOnce(times int, do func()) {
	var done sync.WaitGroup
	begin := make(chan struct{})
	for range times {
		done.Go(func() { <-begin; do() })
	}
	close(begin)
	done.Wait()
}

// An answer that is lost makes less room, never more.
func TestLostAnswersOfCharges(t *testing.T) {
	table := dynamotest.Table(t)
	for kind, c := range budgetsOf("lost") {
		wire := dynamotest.NewWire(func(n int, operation string) dynamotest.Fault {
			if n%2 == 1 {
				return []dynamotest.Fault{dynamotest.AnswerLost, dynamotest.Lost}[n/2%2]
			}
			return dynamotest.Through
		})
		s, applied := storeOn(t, table, wire), 0
		for range 40 {
			_, ok, err := s.Charge(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				applied++
			}
		}
		e, err := storeOn(t, table, nil).Entry(t.Context(), c.Key)
		if err != nil || applied > guard.Sum(e.Unanswered) || applied == 0 {
			t.Errorf("%c: %d were counted, and the entry has %+v, %v", kind, applied, e, err)
		}
	}
}

// A message is given back at most once, since the table may have applied a try without an answer.
func TestUnchargeIsTriedOnce(t *testing.T) {
	table := dynamotest.Table(t)
	c := budgetsOf("once")[guard.Young]
	s := storeOn(t, table, nil)
	for range 3 {
		if _, ok, err := s.Charge(t.Context(), c); err != nil || !ok {
			t.Fatal(ok, err)
		}
	}
	for _, fault := range []dynamotest.Fault{dynamotest.AnswerLost, dynamotest.Lost, dynamotest.Failed} {
		wire := dynamotest.NewWire(dynamotest.Always(fault))
		err := storeOn(t, table, wire).Uncharge(t.Context(), guard.Charged{Key: c.Key, Hour: c.Hour})
		if err == nil || wire.Total() != 1 {
			t.Errorf("fault %d: %v after %d tries, want an error after 1", fault, err, wire.Total())
		}
	}
	if e, err := s.Entry(t.Context(), c.Key); err != nil || guard.Sum(e.Unanswered) != 2 {
		t.Errorf("%+v, %v, want 2 unanswered", e, err)
	}
	none := guard.Charged{Key: "G#none#b#none", Hour: c.Hour}
	if err := s.Uncharge(t.Context(), none); err != nil {
		t.Error(err)
	}
	if e, err := s.Entry(t.Context(), none.Key); err != nil || e != nil {
		t.Errorf("%+v, %v, want no entry", e, err)
	}
}

// An entry that changes before each write is an error, and each try is one write.
func TestEndlessChanges(t *testing.T) {
	table, client := dynamotest.Table(t), dynamotest.Client(t, nil)
	for kind, c := range budgetsOf("endless") {
		rev := int64(0)
		wire := dynamotest.NewWire(func(int, string) dynamotest.Fault {
			e := guard.Fresh(c.Key, kind, c.Hour-50)
			rev++
			keep(t, client, table, e, rev)
			return dynamotest.Through
		})
		_, ok, err := storeOn(t, table, wire).Charge(t.Context(), c)
		if err == nil || ok {
			t.Errorf("%c: %v, %v, want an error", kind, ok, err)
		}
		if n := wire.Total(); n != 11 {
			t.Errorf("%c: %d requests, want 11", kind, n)
		}
	}
}

// Charges take the requests of their design, whatever the entries' state.
func TestRequestsOfCharges(t *testing.T) {
	table, client := dynamotest.Table(t), dynamotest.Client(t, nil)
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s := storeOn(t, table, wire)
	for kind, c := range budgetsOf("requests") {
		for _, state := range []string{"no entry", "this hour", "an earlier hour", "no room"} {
			want := map[string]int{"BatchGetItem": 1, "PutItem": 1}
			switch state {
			case "this hour":
				want = map[string]int{"BatchGetItem": 1, "UpdateItem": 1}
			case "an earlier hour":
				c.Hour++
			case "no room":
				want = map[string]int{"BatchGetItem": 1}
				e := learned(c)
				e.Left, e.Regions = 99, nil
				keep(t, client, table, e, 1)
			}
			if kind == guard.Block {
				c.Usual = 30
			}
			wire.Follow(dynamotest.Always(dynamotest.Through))
			if _, ok, err := s.Charge(t.Context(), c); err != nil || ok == (state == "no room") {
				t.Fatalf("%c, %s: %v, %v", kind, state, ok, err)
			}
			if got := wire.Counts(); !reflect.DeepEqual(got, want) {
				t.Errorf("%c, %s: %v, want %v", kind, state, got, want)
			}
		}
	}
}
