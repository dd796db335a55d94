package storetest

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// Together runs n calls at once and counts their outcomes.
func Together(t testing.TB, n int, call func(i int) (otp.Outcome, error)) map[otp.Outcome]int {
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

// Want fails the test unless the outcomes are counts.
func Want(t testing.TB, got map[otp.Outcome]int, counts map[otp.Outcome]int) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(counts) { // fmt sorts the keys
		t.Fatalf("outcomes %v, want %v", got, counts)
	}
}

// verifies returns a call that checks the i-th code.
func (w *world) verifies(id string, code func(i int) otp.Code) func(i int) (otp.Outcome, error) {
	return func(i int) (otp.Outcome, error) {
		got, err := w.Verifier.Verify(ctx, otp.Check{Client: "demo", ID: id, Code: code(i)})
		return got.Outcome, err
	}
}

// atRandom loses a tenth of all requests and a tenth of all answers.
func atRandom() Fate {
	switch rand.IntN(10) {
	case 0:
		return LostBefore
	case 1:
		return LostAfter
	}
	return Through
}

// sent makes a challenge over a lossy connection and returns its code.
func (w *world) sent(t testing.TB, r otp.Start) otp.Code {
	t.Helper()
	for range 100 {
		if got, err := w.Issuer.Init(ctx, r); err == nil && got.Outcome == otp.Sent {
			return w.Inbox.last(t)
		}
		w.Clock.Advance(otp.Lease)
	}
	t.Fatal("nothing was sent in a hundred tries")
	return ""
}

// testRaces makes many calls at once and counts their outcomes.
func testRaces(t *testing.T, o Opener) {
	run(t, o, cases{
		{"one right code, 200 at once (P1)", rightAtOnce},
		{"one right code, 200 at once, answers lost at random (P1)", rightAtOnceLossy},
		{"1,000 wrong codes at once (P2)", wrongAtOnce},
		{"right and wrong at once", rightAndWrong},
		{"500 inits of one number (P12)", initsOfOneNumber},
		{"100 inits with one id", initsWithOneID},
		{"100 take-overs or restarts of one id", takeOversOfOneID},
	})
}

func rightAtOnce(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	for n := range o.Races {
		id := fmt.Sprint("id", n)
		w.init(t, start(id, otp.Phone(fmt.Sprintf("+60654%06d", n))), otp.Sent)
		code := w.Inbox.last(t)
		got := Together(t, 200, w.verifies(id, func(int) otp.Code { return code }))
		Want(t, got, map[otp.Outcome]int{otp.Passed: 1, otp.Used: 199})
	}
}

func rightAtOnceLossy(t *testing.T, o Opener) {
	w := newWorld(o.Lossy(t, atRandom))
	for n := range 5 {
		id := fmt.Sprint("id", n)
		code := w.sent(t, start(id, otp.Phone(fmt.Sprintf("+60654%06d", n))))
		var unclear atomic.Int64 // calls without an answer: one of them may have passed
		got := Together(t, 200, func(int) (otp.Outcome, error) {
			got, err := w.Verifier.Verify(ctx, otp.Check{Client: "demo", ID: id, Code: code})
			if err != nil {
				unclear.Add(1)
			}
			return got.Outcome, nil
		})
		if passed := got[otp.Passed]; passed > 1 || passed == 0 && unclear.Load() == 0 {
			t.Fatalf("outcomes %v, want one passed", got)
		}
		if got[otp.Passed]+got[otp.Used]+int(unclear.Load()) != 200 {
			t.Fatalf("outcomes %v: a right code is neither passed nor used", got)
		}
	}
}

func wrongAtOnce(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.init(t, start("id", phone), otp.Sent)
	code := w.Inbox.last(t)
	got := Together(t, 1000, w.verifies("id", func(i int) otp.Code { return wrong(code, i) }))
	Want(t, got, map[otp.Outcome]int{otp.Unmatched: 4, otp.Exhausted: 1, otp.Locked: 995})
	w.verify(t, "id", code, otp.Locked)
}

func rightAndWrong(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	for n := range 10 {
		id := fmt.Sprint("id", n)
		w.init(t, start(id, otp.Phone(fmt.Sprintf("+60654%06d", n))), otp.Sent)
		code := w.Inbox.last(t)
		got := Together(t, 20, w.verifies(id, func(i int) otp.Code {
			if i%2 == 0 {
				return code
			}
			return wrong(code, i)
		}))
		ends := got[otp.Passed] + got[otp.Exhausted]
		if got[otp.Passed] > 1 || got[otp.Unmatched]+got[otp.Exhausted] > 5 || ends != 1 {
			t.Fatalf("outcomes %v: want at most one pass, five wrong ones evaluated, and one that ends it", got)
		}
	}
}

func initsOfOneNumber(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	got := Together(t, 500, func(i int) (otp.Outcome, error) {
		got, err := w.Issuer.Init(ctx, start(fmt.Sprint("id", i), phone))
		return got.Outcome, err
	})
	Want(t, got, map[otp.Outcome]int{otp.Sent: 1, otp.TooSoon: 499})
	w.messages(t, 1)
}

func initsWithOneID(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	var mu sync.Mutex
	ids := map[string]int{}
	got := Together(t, 100, func(int) (otp.Outcome, error) {
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
	w.messages(t, 1)
}

func takeOversOfOneID(t *testing.T, o Opener) {
	for name, wait := range map[string]time.Duration{"take-overs": cooldown, "restarts": 6 * time.Minute} {
		t.Run(name, func(t *testing.T) {
			w := unclear(t, o)
			w.Clock.Advance(wait)
			got := Together(t, 100, func(int) (otp.Outcome, error) {
				got, err := w.Issuer.Init(ctx, start("id", phone))
				return got.Outcome, err
			})
			if got[otp.Sent] < 1 || got[otp.Sent]+got[otp.InProgress] != 100 {
				t.Errorf("outcomes %v, want sent and in progress", got)
			}
			w.messages(t, 2) // the unclear one and one more
		})
	}
}
