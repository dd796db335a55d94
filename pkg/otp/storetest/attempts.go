package storetest

import (
	"fmt"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testAttempts spends attempts on one challenge, and on one number.
func testAttempts(t *testing.T, o Opener) {
	run(t, o, cases{
		{"right, then used", rightThenUsed},
		{"four wrong, then right", fourWrong},
		{"five wrong, then locked", fiveWrong},
		{"the same wrong code counts each time", sameWrongCode},
		{"a code of another length is a wrong code", otherLength},
		{"an unknown challenge uses no attempt", unknownChallenge},
		{"a code whose message is not counted takes no guess (P11)", uncountedTakesNoGuess},
		{"guesses at one number stay few, whatever an attacker does (P11)", guessesStayFew},
	})
}

func rightThenUsed(t *testing.T, o Opener) {
	w, code := sentCode(t, o)
	w.verify(t, "id", code, otp.Passed)
	w.verify(t, "id", code, otp.Used)
	w.verify(t, "id", wrong(code, 1), otp.Used)
}

func fourWrong(t *testing.T, o Opener) {
	w, code := sentCode(t, o)
	for n := range 4 {
		if got := w.verify(t, "id", wrong(code, n), otp.Unmatched); got.Left != 4-n {
			t.Errorf("%d attempts left, want %d", got.Left, 4-n)
		}
	}
	w.verify(t, "id", code, otp.Passed)
}

func fiveWrong(t *testing.T, o Opener) {
	w, code := sentCode(t, o)
	for n := range 4 {
		w.verify(t, "id", wrong(code, n), otp.Unmatched)
	}
	w.verify(t, "id", wrong(code, 4), otp.Exhausted)
	w.verify(t, "id", code, otp.Locked)
}

func sameWrongCode(t *testing.T, o Opener) {
	w, code := sentCode(t, o)
	for n := range 4 {
		if got := w.verify(t, "id", wrong(code, 0), otp.Unmatched); got.Left != 4-n {
			t.Errorf("%d attempts left, want %d", got.Left, 4-n)
		}
	}
}

func otherLength(t *testing.T, o Opener) {
	w, code := sentCode(t, o)
	w.verify(t, "id", code[:5], otp.Unmatched)
	w.verify(t, "id", "0"+code, otp.Unmatched)
	w.verify(t, "id", "", otp.Unmatched)
	w.verify(t, "id", code, otp.Passed)
}

func unknownChallenge(t *testing.T, o Opener) {
	w, code := sentCode(t, o)
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
		t.Errorf("%d attempts left, want 4: an attempt at an unknown challenge was counted", got.Left)
	}
}

func uncountedTakesNoGuess(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Ledgers = &decorated{w.Store, func(call func() error) error {
		w.verify(t, "id", "000000", otp.Unknown) // before it is counted
		err := call()
		w.verify(t, "id", "000000", otp.Unknown) // and before it is sent
		return err
	}}
	w.init(t, start("id", phone), otp.Sent)
	if got := w.verify(t, "id", wrong(w.Inbox.last(t), 0), otp.Unmatched); got.Left != 4 {
		t.Errorf("%d attempts left, want 4: a guess before the message was counted used one", got.Left)
	}
	crashed := w.Issuer
	crashed.Ledgers = failing(w.Store, nth(1, LostBefore))
	if _, err := crashed.Init(ctx, start("uncounted", phone)); err == nil {
		t.Fatal("the init did not fail")
	}
	w.Clock.Advance(otp.Lease)
	w.verify(t, "uncounted", "000000", otp.Unknown)
}

func guessesStayFew(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	evaluated := []time.Time{}
	for n := range 3 * 24 * 6 { // every ten minutes for three days
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
			t.Fatalf("51 guesses were evaluated within %v, want 24 hours or more", at.Sub(evaluated[i-50]))
		}
	}
	if len(evaluated) < 100 {
		t.Errorf("%d guesses in all, want at least 100: the attacker did not try", len(evaluated))
	}
}

// sentCode makes a challenge and returns its code.
func sentCode(t *testing.T, o Opener) (*world, otp.Code) {
	w := newWorld(o.Open(t))
	w.init(t, start("id", phone), otp.Sent)
	return w, w.Inbox.last(t)
}
