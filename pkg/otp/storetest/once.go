package storetest

import (
	"fmt"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// once remembers a nonce, which must be the first of its kind or not.
func (w *world) once(t testing.TB, client, nonce string, until time.Time, want bool) {
	t.Helper()
	if first, err := w.Issuer.Once(ctx, client, nonce, until); err != nil || first != want {
		t.Errorf("nonce %q of %s: first %v, %v, want %v", nonce, client, first, err, want)
	}
}

// testOnce remembers nonces.
func testOnce(t *testing.T, o Opener) {
	run(t, o, cases{
		{"a nonce comes first once, until its memory is over", nonceOnce},
		{"a hundred at once, one is the first", noncesTogether},
		{"a request that the store's client repeats is still the first", nonceLost},
		{"a write that fails is an error", nonceFails},
	})
}

func nonceOnce(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	until := w.Clock.Now().Add(10*time.Minute + 500*time.Millisecond)
	w.once(t, "demo", "nonce", until, true)
	w.once(t, "demo", "nonce", until, false)
	w.once(t, "demo", "nonce2", until, true)
	w.once(t, "other", "nonce", until, true)
	w.once(t, "demo", "nonce", until.Add(time.Hour), false) // which does not lengthen the memory
	w.Clock.Advance(until.Sub(w.Clock.Now()))
	w.once(t, "demo", "nonce", until, false)
	w.Clock.Advance(time.Second)
	w.once(t, "demo", "nonce", w.Clock.Now().Add(time.Minute), true)
	w.once(t, "demo", "nonce", until, false)
	w.init(t, start("nonce", phone), otp.Sent) // ids of calls are other ids
}

func noncesTogether(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	for round := range 5 {
		got := Together(t, 100, func(int) (otp.Outcome, error) {
			first, err := w.Issuer.Once(ctx, "demo", fmt.Sprint("nonce", round), w.Clock.Now())
			return map[bool]otp.Outcome{true: otp.Passed, false: otp.Used}[first], err
		})
		Want(t, got, map[otp.Outcome]int{otp.Passed: 1, otp.Used: 99})
	}
}

func nonceLost(t *testing.T, o Opener) {
	for _, fate := range []Fate{LostBefore, LostAfter} {
		for n := 1; n <= 2; n++ {
			w := newWorld(o.Lossy(t, nth(n, fate)))
			w.once(t, "demo", "nonce", w.Clock.Now(), true)
			w.once(t, "demo", "nonce", w.Clock.Now(), false)
		}
	}
}

func nonceFails(t *testing.T, o Opener) {
	for _, fate := range []Fate{LostBefore, LostAfter} {
		w := newWorld(o.Open(t))
		broken := w.Issuer
		broken.Challenges = failing(w.Store, nth(1, fate))
		if first, err := broken.Once(ctx, "demo", "nonce", w.Clock.Now()); err == nil || first {
			t.Errorf("%s: first %v, %v, want an error", fate, first, err)
		}
	}
}
