package storetest

import (
	"fmt"
	"testing"
	"time"

	"countersign/pkg/otp"
)

func testLife(t *testing.T, o Opener) {
	open := func(t *testing.T) (*world, otp.Code) {
		w := newWorld(o.Open(t))
		w.init(t, start("id", phone), otp.Sent)
		return w, w.Inbox.last(t)
	}
	t.Run("right, then used", func(t *testing.T) {
		w, code := open(t)
		w.verify(t, "id", code, otp.Passed)
		w.verify(t, "id", code, otp.Used)
		w.verify(t, "id", wrong(code, 1), otp.Used)
	})
	t.Run("four wrong, then right", func(t *testing.T) {
		w, code := open(t)
		for n := range 4 {
			if got := w.verify(t, "id", wrong(code, n), otp.Unmatched); got.Left != 4-n {
				t.Errorf("%d attempts left, want %d", got.Left, 4-n)
			}
		}
		w.verify(t, "id", code, otp.Passed)
	})
	t.Run("five wrong, then locked", func(t *testing.T) {
		w, code := open(t)
		for n := range 4 {
			w.verify(t, "id", wrong(code, n), otp.Unmatched)
		}
		w.verify(t, "id", wrong(code, 4), otp.Exhausted)
		w.verify(t, "id", code, otp.Locked)
	})
	t.Run("the same wrong code counts each time", func(t *testing.T) {
		w, code := open(t)
		for n := range 4 {
			if got := w.verify(t, "id", wrong(code, 0), otp.Unmatched); got.Left != 4-n {
				t.Errorf("%d attempts left, want %d", got.Left, 4-n)
			}
		}
	})
	t.Run("a code of another length is a wrong code", func(t *testing.T) {
		w, code := open(t)
		w.verify(t, "id", code[:5], otp.Unmatched)
		w.verify(t, "id", "0"+code, otp.Unmatched)
		w.verify(t, "id", "", otp.Unmatched)
		w.verify(t, "id", code, otp.Passed)
	})
	for _, edge := range []struct {
		off  time.Duration
		want otp.Outcome
	}{{-time.Millisecond, otp.Passed}, {0, otp.Expired}, {time.Millisecond, otp.Expired}} {
		t.Run(fmt.Sprint("expiry ", edge.off), func(t *testing.T) { // P9: nothing sweeps here
			w, code := open(t)
			w.Clock.Advance(otp.DefaultPolicy().Validity + edge.off)
			w.verify(t, "id", code, edge.want)
		})
	}
	t.Run("unknown id, other client, other AuthID", func(t *testing.T) {
		w, code := open(t)
		w.verify(t, "no such id", code, otp.Unknown)
		for _, check := range []otp.Check{
			{Client: "other", ID: "id", Code: code},
			{Client: "demo", ID: "id", AuthID: "20261122", Code: code},
		} {
			if got, err := w.Verifier.Verify(ctx, check); err != nil || got.Outcome != otp.Unknown {
				t.Errorf("verify %+v: %v %v, want unknown", check, got, err)
			}
		}
		if got := w.verify(t, "id", wrong(code, 0), otp.Unmatched); got.Left != 4 {
			t.Errorf("%d attempts left: an attempt was counted", got.Left)
		}
	})
	t.Run("limits name the reason and the wait", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.init(t, start("a", phone), otp.Sent)
		w.Clock.Advance(10 * time.Second)
		if got := w.init(t, start("b", phone), otp.TooSoon); got.Wait != 20*time.Second {
			t.Errorf("wait %v, want 20 s", got.Wait)
		}
		w.verify(t, "b", "000000", otp.Unknown)
		for n := range 4 {
			w.Clock.Advance(30 * time.Second)
			w.init(t, start(fmt.Sprint("c", n), phone), otp.Sent)
		}
		if got := w.init(t, start("d", phone), otp.TooMany); got.Wait != time.Hour-130*time.Second {
			t.Errorf("wait %v, want an hour after the first", got.Wait)
		}
		w.init(t, start("e", "+606543216354"), otp.Sent) // another number is free
	})
	t.Run("guesses at one number stay few, whatever an attacker does (P11)", func(t *testing.T) {
		w := newWorld(o.Open(t))
		evaluated := []time.Time{}
		for n := range 3 * 24 * 6 { // every ten minutes for three days, and then some more guesses
			id := fmt.Sprint("attack", n)
			got, err := w.Issuer.Init(ctx, start(id, phone))
			if err != nil {
				t.Fatal(err)
			}
			guesses := 1
			if got.Outcome == otp.Sent {
				guesses = 7
			}
			for range guesses {
				switch got, _ := w.Verifier.Verify(ctx, otp.Check{Client: "demo", ID: id, Code: "no code"}); got.Outcome {
				case otp.Unmatched, otp.Exhausted:
					evaluated = append(evaluated, w.Clock.Now())
				}
			}
			w.Clock.Advance(10 * time.Minute)
		}
		for i, at := range evaluated {
			if i >= 50 && at.Sub(evaluated[i-50]) < 24*time.Hour {
				t.Fatalf("51 guesses within %v", at.Sub(evaluated[i-50]))
			}
		}
		if len(evaluated) < 100 {
			t.Errorf("%d guesses in all: the attacker did not try", len(evaluated))
		}
	})
}
