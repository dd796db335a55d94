package dynamostore_test

import (
	"reflect"
	"testing"
	"time"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
)

// Every operation makes the writes of its design and no reads (P7). TestRequestsOfTheGuard has those of messages to new
// numbers.
func TestRequests(t *testing.T) {
	wire := dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	v := newService(t, dynamotest.Store(t, wire))
	costs := func(name string, want map[string]int, do func()) {
		t.Helper()
		wire.Follow(dynamotest.Always(dynamotest.Through))
		do()
		if got := wire.Counts(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s took %v, want %v", name, got, want)
		}
	}
	init := map[string]int{"PutItem": 1, "UpdateItem": 2}
	put, update := map[string]int{"PutItem": 1}, map[string]int{"UpdateItem": 1}

	costs("init", init, func() { v.init(t, "id", otp.Sent) })
	right, wrong := v.code(t)
	costs("replay", put, func() { v.init(t, "id", otp.Sent) })
	costs("init refused by a limit", init, func() { v.init(t, "soon", otp.TooSoon) })
	costs("replay of a refusal", put, func() { v.init(t, "soon", otp.TooSoon) })
	costs("wrong", update, func() { v.verify(t, "id", wrong, otp.Unmatched) })
	costs("right", update, func() { v.verify(t, "id", right, otp.Passed) })
	costs("used", update, func() { v.verify(t, "id", right, otp.Used) })
	costs("unknown", update, func() { v.verify(t, "no such id", right, otp.Unknown) })
	costs("verify of a failed init", update, func() { v.verify(t, "soon", right, otp.Unknown) })

	v.now = v.now.Add(time.Minute)
	costs("init", init, func() { v.init(t, "second", otp.Sent) })
	right, wrong = v.code(t)
	for range 4 {
		costs("wrong", update, func() { v.verify(t, "second", wrong, otp.Unmatched) })
	}
	costs("last wrong", update, func() { v.verify(t, "second", wrong, otp.Exhausted) })
	costs("right, but locked", update, func() { v.verify(t, "second", right, otp.Locked) })

	v.now = v.now.Add(time.Minute)
	costs("init", init, func() { v.init(t, "third", otp.Sent) })
	right, _ = v.code(t)
	v.now = v.now.Add(otp.DefaultPolicy().Validity)
	costs("expired", update, func() { v.verify(t, "third", right, otp.Expired) })
}

// A refund finds its send also when other sends push it down the list meanwhile.
func TestRefundOfMovingSend(t *testing.T) {
	table := dynamotest.Table(t)
	beside := storeOn(t, table, nil)
	limits := otp.Limits{}
	count := func(id string) {
		t.Helper()
		p := spend("N#1", id, now)
		p.Limits = limits
		if s, err := beside.Spend(t.Context(), p); err != nil || !s.Applied {
			t.Fatal(s, err)
		}
	}
	for _, id := range []string{"a", "b", "c"} {
		count(id)
	}
	pushed := storeOn(t, table, dynamotest.NewWire(func(n int, _ string) dynamotest.Fault {
		if n <= 3 {
			count("between " + string(rune('0'+n)))
		}
		return dynamotest.Through
	}))
	if err := pushed.Refund(t.Context(), "N#1", "b"); err != nil {
		t.Fatal(err)
	}
	got, want := ledger(t, beside, "N#1", "a"), []string{"between 3", "between 2", "between 1", "c", "a"}
	if !reflect.DeepEqual(ids(got), want) || got.Unanswered != len(want) {
		t.Errorf("sends %v and %d unanswered, want %v", ids(got), got.Unanswered, want)
	}
	always := storeOn(t, table, dynamotest.NewWire(func(n int, _ string) dynamotest.Fault {
		count("ever " + string(rune('0'+n)))
		return dynamotest.Through
	}))
	if err := always.Refund(t.Context(), "N#1", "a"); err == nil {
		t.Error("no error, though the send moved before each write")
	}
}
