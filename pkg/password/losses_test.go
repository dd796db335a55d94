package password_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/password"
)

// nth lets every request through but the n-th, counted from 1. seen is how many there were.
func nth(n int, fate storetest.Fate) (next func() storetest.Fate, seen *int) {
	seen = new(int)
	return func() storetest.Fate {
		if *seen++; *seen == n {
			return fate
		}
		return storetest.Through
	}, seen
}

var losses = []storetest.Fate{storetest.LostBefore, storetest.LostAfter}

// Each request of a whole life is lost in turn, before and after it is applied. The store's client repeats it, and
// nobody may notice (P3).
func TestLostAnswers(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		for _, fate := range losses {
			for n, total := 1, 1; n <= total; n++ {
				t.Run(fmt.Sprintf("%s request %d", fate, n), func(t *testing.T) {
					next, seen := nth(n, fate)
					w := newWorld(t, o.lossy(t, next), 1)
					live(w)
					total = *seen
				})
			}
		}
	})
}

// live sets a password, guesses, passes, is locked and begins anew.
func live(w *world) {
	w.t.Helper()
	a := w.processes[0]
	for range 2 { // the second one is a repeat
		got, err := a.Set(w.t.Context(), setting("proof", password.Payment, pin, "value"))
		if err != nil || got != otp.PasswordSet {
			w.t.Fatalf("set: %q, %v", got, err)
		}
	}
	other := setting("proof", password.Login, phrase, "other")
	if got, err := a.Set(w.t.Context(), other); got != otp.Used || err != nil {
		w.t.Fatalf("set: %q, %v", got, err)
	}
	authID := w.ask("id", password.Payment)
	for i, step := range []struct {
		typed password.Clear
		want  otp.Outcome
	}{{wrong, otp.Unmatched}, {pin, otp.Passed}, {pin, otp.Used}} {
		if got, err := w.confirm(a, "id", authID, step.typed); err != nil || got != step.want {
			w.t.Fatalf("confirm %d: %q, %v, want %q", i, got, err, step.want)
		}
	}
	ref := w.ref(password.Payment, "")
	w.exhaust(ref)
	w.guess(ref, pin, otp.Locked)
	if is, err := a.Unlock(w.t.Context(), client, number, password.Payment); err != nil || !is {
		w.t.Fatalf("unlock: %v, %v", is, err)
	}
	w.guess(ref, pin, otp.Passed)
	if was, err := a.Clear(w.t.Context(), client, number, password.Payment); err != nil || !was {
		w.t.Fatalf("clear: %v, %v", was, err)
	}
	w.guess(ref, pin, otp.Unmatched)
}

// eachRequest runs a test with a fault at each request in turn. The test returns how many requests there were.
func eachRequest(t *testing.T, test func(t *testing.T, o opener, n int, fate storetest.Fate) (seen int)) {
	onEach(t, func(t *testing.T, o opener) {
		for _, fate := range losses {
			n := 0
			for more := true; more; {
				n++
				t.Run(fmt.Sprintf("%s request %d", fate, n), func(t *testing.T) { more = test(t, o, n, fate) >= n })
			}
			if n < 4 {
				t.Errorf("faults at %d requests only", n)
			}
		}
	})
}

// A fault at any request costs a guess at most, and gives none: what is evaluated is counted.
func TestFaultsOfAGuess(t *testing.T) {
	for _, typed := range []password.Clear{wrong, pin} {
		t.Run(fmt.Sprintf("right is %v", typed == pin), func(t *testing.T) {
			eachRequest(t, func(t *testing.T, o opener, n int, fate storetest.Fate) int {
				w := newWorld(t, o.open(t), 1)
				w.set(password.Payment, pin)
				authID := w.ask("id", password.Payment)
				next, seen := nth(n, fate)
				got, err := w.confirm(w.process(losing(w.table, 1, next)), "id", authID, typed)
				evaluated, counted := w.evaluated(), w.record().Payment.Wrong
				if evaluated > 1 || counted > 1 || typed == wrong && evaluated > counted {
					t.Errorf("%d were evaluated, %d are counted", evaluated, counted)
				}
				if *seen < n { // nothing failed
					return *seen
				}
				if err == nil {
					t.Errorf("the fault was answered %q", got)
				}
				if got, err := w.confirm(w.processes[0], "id", authID, pin); err != nil || got != otp.Passed {
					t.Errorf("then the right one: %q, %v", got, err)
				}
				if n := w.record().Payment.Wrong; n != 0 {
					t.Errorf("%d are counted after the right one", n)
				}
				return *seen
			})
		})
	}
}

// A right guess whose second write fails is a wrong one: as the fifth it locks the password.
func TestFaultAfterTheFifthGuess(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		w := newWorld(t, o.open(t), 1)
		w.set(password.Payment, pin)
		ref := w.ref(password.Payment, "")
		for range 4 {
			w.guess(ref, wrong, otp.Unmatched)
		}
		next, _ := nth(5, storetest.LostBefore) // reads of the account and of the user, the count, a read, the write
		if got, err := w.process(losing(w.table, 1, next)).Guess(t.Context(), ref, pin); err == nil {
			t.Fatalf("%q", got.Outcome)
		}
		w.guess(ref, pin, otp.Locked)
		w.clock.Advance(password.Locks[0])
		w.guess(ref, pin, otp.Passed)
	})
}

// A process that dies at any request, between any two steps, leaves the challenge to the next one (P6).
func TestCrashes(t *testing.T) {
	eachRequest(t, func(t *testing.T, o opener, n int, fate storetest.Fate) int {
		s := o.open(t)
		w := newWorld(t, s, 1)
		w.set(password.Payment, pin)
		authID := w.ask("id", password.Payment)
		dying, living := &crash{at: n, fate: fate}, w.verifier
		w.verifier.Challenges = storetest.Decorate(s.challenges, dying.do)
		got, err := w.confirm(w.process(faulty{w.table, dying.do}), "id", authID, pin)
		if dying.seen < n {
			return dying.seen
		}
		if err == nil {
			t.Fatalf("the process that dies answered %q", got)
		}
		w.verifier = living
		want := otp.Passed
		if c, err := w.verifier.Challenges.Challenge(t.Context(), otp.ChallengeKey(client, "id")); err != nil {
			t.Fatal(err)
		} else if c.Passed() {
			want = otp.Used // and the caller does not know
		}
		if (want == otp.Used) != (n == passing && fate == storetest.LostAfter) {
			t.Errorf("the challenge has passed: %v", want == otp.Used)
		}
		if got, err := w.confirm(w.processes[0], "id", authID, pin); err != nil || got != want {
			t.Errorf("the next process: %q, %v, want %q", got, err, want)
		}
		return dying.seen
	})
}

// passing is the number of the write that passes a challenge, behind two reads, the count, a read and the reset.
const passing = 6

// crash lets every request through before one, which has a fate, and none after it.
type crash struct {
	at, seen int
	fate     storetest.Fate
}

func (c *crash) do(call func() error) error {
	c.seen++
	switch {
	case c.seen < c.at:
		return call()
	case c.seen == c.at && c.fate == storetest.LostAfter:
		return errors.Join(call(), errLost)
	}
	return errLost
}

// A setting whose answer is lost, at whatever request, is completed by its repeat.
func TestFaultsOfASetting(t *testing.T) {
	eachRequest(t, func(t *testing.T, o opener, n int, fate storetest.Fate) int {
		w := newWorld(t, o.open(t), 1)
		next, seen := nth(n, fate)
		r := setting("proof", password.Payment, pin, "value")
		_, err := w.process(losing(w.table, 1, next)).Set(t.Context(), r)
		if (err == nil) != (*seen < n) {
			t.Errorf("error %v", err)
		}
		if got, err := w.processes[0].Set(t.Context(), r); err != nil || got != otp.PasswordSet {
			t.Errorf("the repeat: %q, %v", got, err)
		}
		other := setting("proof", password.Payment, wrong, "other")
		if got, err := w.processes[0].Set(t.Context(), other); err != nil || got != otp.Used {
			t.Errorf("another password by the same proof: %q, %v", got, err)
		}
		w.guess(w.ref(password.Payment, ""), pin, otp.Passed)
		return *seen
	})
}

// Requests are lost at random under many guesses at once: evaluated are at most those that are counted.
func TestLostAtRandom(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		rounds := 4
		if o.quick {
			rounds = 40
		}
		for range rounds {
			w := newWorld(t, o.open(t), 1)
			w.set(password.Payment, pin)
			ref := w.ref(password.Payment, "")
			lossy := w.process(faulty{w.table, func(call func() error) error {
				switch rand.IntN(10) {
				case 0:
					return errLost
				case 1:
					return errors.Join(call(), errLost)
				}
				return call()
			}})
			storetest.Together(t, 60, func(i int) (otp.Outcome, error) {
				got, err := lossy.Guess(context.WithoutCancel(t.Context()), ref, wrongPIN(i))
				if err != nil {
					return "lost", nil
				}
				return got.Outcome, nil
			})
			evaluated, counted := w.evaluated(), w.record().Payment.Wrong
			if evaluated > counted || counted > password.Guesses {
				t.Fatalf("%d were evaluated, %d are counted", evaluated, counted)
			}
		}
	})
}
