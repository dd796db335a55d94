package storetest

import (
	"fmt"
	"sync"
	"testing"

	"countersign/pkg/otp"
)

// together runs n calls at once and counts their outcomes.
func together(t testing.TB, n int, call func(i int) (otp.Outcome, error)) map[otp.Outcome]int {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	counts, begin := map[otp.Outcome]int{}, make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-begin
			got, err := call(i)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("call %d: %v", i, err)
			}
			counts[got]++
		})
	}
	close(begin)
	wg.Wait()
	return counts
}

func want(t testing.TB, got map[otp.Outcome]int, counts map[otp.Outcome]int) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(counts) { // fmt sorts the keys
		t.Fatalf("outcomes %v, want %v", got, counts)
	}
}

func (w *world) verifies(id string, code func(i int) otp.Code) func(i int) (otp.Outcome, error) {
	return func(i int) (otp.Outcome, error) {
		got, err := w.Verifier.Verify(ctx, otp.Check{Client: "demo", ID: id, Code: code(i)})
		return got.Outcome, err
	}
}

func testRaces(t *testing.T, o Opener) {
	t.Run("one right code, 200 at once (P1)", func(t *testing.T) {
		w := newWorld(o.Open(t))
		for n := range o.Races {
			id := fmt.Sprint("id", n)
			w.init(t, start(id, otp.Phone(fmt.Sprintf("+60654%06d", n))), otp.Sent)
			code := w.Inbox.last(t)
			got := together(t, 200, w.verifies(id, func(int) otp.Code { return code }))
			want(t, got, map[otp.Outcome]int{otp.Passed: 1, otp.Used: 199})
		}
	})
	t.Run("1,000 wrong codes at once (P2)", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.init(t, start("id", phone), otp.Sent)
		code := w.Inbox.last(t)
		got := together(t, 1000, w.verifies("id", func(i int) otp.Code { return wrong(code, i) }))
		want(t, got, map[otp.Outcome]int{otp.Unmatched: 4, otp.Exhausted: 1, otp.Locked: 995})
		w.verify(t, "id", code, otp.Locked)
	})
	t.Run("right and wrong at once", func(t *testing.T) {
		w := newWorld(o.Open(t))
		for n := range 10 {
			id := fmt.Sprint("id", n)
			w.init(t, start(id, otp.Phone(fmt.Sprintf("+60654%06d", n))), otp.Sent)
			code := w.Inbox.last(t)
			got := together(t, 20, w.verifies(id, func(i int) otp.Code {
				if i%2 == 0 {
					return code
				}
				return wrong(code, i)
			}))
			if got[otp.Passed] > 1 || got[otp.Unmatched]+got[otp.Exhausted] > 5 || got[otp.Passed]+got[otp.Exhausted] != 1 {
				t.Fatalf("outcomes %v: at most one passes, at most five are evaluated, and one of both ends it", got)
			}
		}
	})
	t.Run("500 inits of one number (P12)", func(t *testing.T) {
		w := newWorld(o.Open(t))
		got := together(t, 500, func(i int) (otp.Outcome, error) {
			got, err := w.Issuer.Init(ctx, start(fmt.Sprint("id", i), phone))
			return got.Outcome, err
		})
		want(t, got, map[otp.Outcome]int{otp.Sent: 1, otp.TooSoon: 499})
		if got := len(w.Inbox.Messages()); got != 1 {
			t.Errorf("%d messages, want 1", got)
		}
	})
	t.Run("100 inits with one id", func(t *testing.T) {
		w := newWorld(o.Open(t))
		var mu sync.Mutex
		ids := map[string]int{}
		got := together(t, 100, func(int) (otp.Outcome, error) {
			got, err := w.Issuer.Init(ctx, start("id", phone))
			mu.Lock()
			defer mu.Unlock()
			if got.AuthID != "" {
				ids[got.AuthID]++
			}
			return got.Outcome, err
		})
		if got[otp.Sent] < 1 || got[otp.Sent]+got[otp.InProgress] != 100 || len(ids) != 1 {
			t.Errorf("outcomes %v with %d ids, want sent and in progress with one id", got, len(ids))
		}
		if got := len(w.Inbox.Messages()); got != 1 {
			t.Errorf("%d messages, want 1", got)
		}
	})
	t.Run("100 take-overs of one id", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
		w.init(t, start("id", phone), otp.Unclear)
		got := together(t, 100, func(int) (otp.Outcome, error) {
			got, err := w.Issuer.Init(ctx, start("id", phone))
			return got.Outcome, err
		})
		if got[otp.Sent] < 1 || got[otp.Sent]+got[otp.InProgress] != 100 {
			t.Errorf("outcomes %v, want sent and in progress", got)
		}
		if got := len(w.Inbox.Messages()); got != 2 {
			t.Errorf("%d messages, want the unclear one and one more", got)
		}
	})
}
