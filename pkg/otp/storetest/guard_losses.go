package storetest

import (
	"math/rand/v2"
	"sync/atomic"
	"testing"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// testLostCharges loses requests and answers while messages are counted: less goes out, never more.
func testLostCharges(t *testing.T, o Opener) {
	run(t, o, cases{
		{"each request in turn, which the store's client repeats", eachChargeLost},
		{"each request of a refusal in turn", eachRefusalLost},
		{"each request fails for the caller in turn", eachChargeFails},
		{"at random, 150 calls at once", chargesLostAtRandom},
	})
}

// lossy makes a world over a connection that loses nothing before the test sets lose.
func lossy(t *testing.T, o Opener, setUp func(*world)) (w *world, lose func(func() Fate)) {
	var next atomic.Value
	next.Store(func() Fate { return Through })
	w = newWorld(o.Lossy(t, func() Fate { return next.Load().(func() Fate)() }))
	o.baseline(t, w, "MY", 0)
	setUp(w)
	return w, func(f func() Fate) { next.Store(f) }
}

// holds fails the test unless the entries of the first block count what went out to it, and at most so many more.
func (w *world) holds(t testing.TB, more int) {
	t.Helper()
	out := len(w.Inbox.Messages())
	keys := []string{countryKey("MY")}
	if out > 0 {
		n, _, _ := w.tagged(t, "id"+w.Inbox.Messages()[0].To.E164())
		keys = append(keys, n.BlockKey())
	}
	for _, key := range keys {
		if got := guard.Sum(entry(t, w.Store, key).Unanswered); got < out || got > out+more {
			t.Errorf("%s counts %d messages, and %d went out: want at most %d more", key, got, out, more)
		}
	}
}

func eachChargeLost(t *testing.T, o Opener) {
	for _, fate := range []Fate{LostBefore, LostAfter} {
		for n := 1; n <= 9; n++ {
			w, lose := lossy(t, o, func(w *world) { w.sends(t, 0, 0, 2, otp.Sent) })
			lose(nth(n, fate))
			w.sends(t, 0, 2, 3, otp.Sent)
			lose(func() Fate { return Through })
			w.holds(t, 1)
			w.messages(t, 3)
		}
	}
}

// eachRefusalLost: what is given back is not repeated, since that could give a message back that went out.
func eachRefusalLost(t *testing.T, o Opener) {
	for _, fate := range []Fate{LostBefore, LostAfter} {
		for n := 1; n <= 9; n++ {
			w, lose := lossy(t, o, func(w *world) { w.sends(t, 0, 0, roomOfBlock, otp.Sent) })
			lose(nth(n, fate))
			got, err := w.Issuer.Init(ctx, block(0, 50))
			if err == nil && got.Outcome != otp.OverBlock {
				t.Errorf("%s request %d: %+v, want refused", fate, n, got)
			}
			lose(func() Fate { return Through })
			w.messages(t, roomOfBlock)
			w.holds(t, 1)
		}
	}
}

func eachChargeFails(t *testing.T, o Opener) {
	for _, fate := range []Fate{LostBefore, LostAfter} {
		for n := 1; n <= 3; n++ {
			w := newWorld(o.Open(t))
			o.baseline(t, w, "MY", 0)
			broken, faulty := w.Issuer, failing(w.Store, nth(n, fate))
			broken.Challenges, broken.Ledgers = faulty, faulty
			_, err := broken.Init(ctx, block(0, 0))
			if err == nil {
				t.Errorf("%s request %d: no error", fate, n)
			}
			w.Clock.Advance(max(cooldown, otp.Lease))
			w.init(t, block(0, 0), otp.Sent)
			w.holds(t, 2)
			if out := len(w.Inbox.Messages()); out > 2 {
				t.Errorf("%s request %d: %d messages", fate, n, out)
			}
		}
	}
}

func chargesLostAtRandom(t *testing.T, o Opener) {
	w, lose := lossy(t, o, func(*world) {})
	lose(func() Fate {
		switch rand.IntN(20) { // #nosec G404 -- a test's
		case 0:
			return LostBefore
		case 1:
			return LostAfter
		}
		return Through
	})
	got := Together(t, 150, func(n int) (otp.Outcome, error) {
		got, err := w.Issuer.Init(ctx, block(0, n))
		if err != nil {
			return "no answer", nil
		}
		return got.Outcome, nil
	})
	lose(func() Fate { return Through })
	if out := len(w.Inbox.Messages()); out > roomOfBlock || out == 0 && got["no answer"] < roomOfBlock {
		t.Errorf("%d messages for the outcomes %v, want at most %d", out, got, roomOfBlock)
	}
	for n := range 3 { // and the block stays as full
		got, err := w.Issuer.Init(ctx, block(0, 1000+n))
		if err != nil || got.Outcome != otp.OverBlock && got.Outcome != otp.OverCountry {
			t.Errorf("%+v %v, want refused", got, err)
		}
	}
}
