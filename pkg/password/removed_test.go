package password_test

import (
	"errors"
	"testing"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/password"
)

// Guesses at a password that is removed while challenges ask for it are answered and bounded as if it were there, and
// the next password begins anew.
func TestGuessesAtARemovedPassword(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		for name, remove := range map[string]func(a *password.Accounts) error{
			"cleared": func(a *password.Accounts) error {
				_, err := a.Clear(t.Context(), client, number, password.Payment)
				return err
			},
			"its user is removed": func(a *password.Accounts) error {
				return a.Forget(t.Context(), client, number, "first", time.Time{})
			},
			"the number is another user's": func(a *password.Accounts) error {
				return errors.Join(a.Link(t.Context(), client, number, "first", time.Time{}),
					a.Link(t.Context(), client, number, "second", time.Time{}))
			},
		} {
			w := newWorld(t, o.open(t), 1)
			for before := range password.Guesses + 1 {
				t.Run(name, func(t *testing.T) { guessesAround(t, w, before, remove) })
			}
		}
	})
}

// guessesAround guesses wrong so often, removes the password, and types it.
func guessesAround(t *testing.T, w *world, before int, remove func(a *password.Accounts) error) {
	w.t = t
	w.set(password.Payment, pin)
	ref, typed := w.ref(password.Payment, ""), wrong
	for n := range 2*password.Guesses + 1 {
		if n == before {
			typed = pin
			if err := remove(w.processes[0]); err != nil {
				t.Fatal(err)
			}
			w.ref(password.Payment, otp.NoPassword)
		}
		switch left := password.Guesses - 1 - n; {
		case left > 0:
			if got := w.guess(ref, typed, otp.Unmatched); got.Left != left {
				t.Errorf("guess %d: %d are left, want %d", n, got.Left, left)
			}
		case left == 0:
			w.guess(ref, typed, otp.Exhausted)
		default:
			w.guess(ref, typed, otp.Locked)
		}
	}
	if states, err := w.processes[0].States(t.Context(), client, number); len(states) != 0 || err != nil {
		t.Errorf("%v, %v, want no password", states, err)
	}
	w.set(password.Payment, pin)
	w.guess(ref, pin, otp.Passed)
}
