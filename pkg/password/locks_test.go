package password_test

import (
	"testing"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/password"
)

// Each five wrong guesses in a row lock for longer, to the millisecond. A right one begins anew.
func TestLocks(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		w := newWorld(t, o.open(t), 1)
		w.set(password.Payment, pin)
		w.set(password.Login, phrase)
		ref, login := w.ref(password.Payment, ""), w.ref(password.Login, "")
		times := []time.Duration{15 * minute, time.Hour, 6 * time.Hour, 24 * time.Hour, 24 * time.Hour}
		for range 2 {
			for _, lock := range times {
				if got := w.exhaust(ref); got != lock {
					t.Fatalf("locked for %v, want %v", got, lock)
				}
				if got := w.guess(ref, pin, otp.Locked); got.Wait != lock {
					t.Errorf("%v are left, want %v", got.Wait, lock)
				}
				w.clock.Advance(lock - time.Millisecond)
				if got := w.guess(ref, pin, otp.Locked); got.Wait != time.Millisecond {
					t.Errorf("%v are left, want a millisecond", got.Wait)
				}
				w.guess(login, phrase, otp.Passed) // the other kind is not locked
				w.clock.Advance(time.Millisecond)
			}
			w.guess(ref, pin, otp.Passed)
		}
	})
}

// A clock that is set back makes a lock longer, and never shorter.
func TestLocksUnderAClockSetBack(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		w := newWorld(t, o.open(t), 1)
		w.set(password.Payment, pin)
		ref := w.ref(password.Payment, "")
		for range 4 {
			w.guess(ref, wrong, otp.Unmatched)
		}
		w.clock.Advance(-time.Hour)
		if got := w.guess(ref, wrong, otp.Exhausted); got.Wait != 15*minute {
			t.Errorf("locked for %v", got.Wait)
		}
		w.clock.Advance(-time.Hour)
		if got := w.guess(ref, pin, otp.Locked); got.Wait != time.Hour+15*minute {
			t.Errorf("%v are left", got.Wait)
		}
		w.clock.Advance(time.Hour + 15*minute)
		w.guess(ref, pin, otp.Passed)
	})
}

// What ends a lock early: another password, and the operator.
func TestLocksAreEnded(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		w := newWorld(t, o.open(t), 1)
		w.set(password.Payment, wrongPIN(0))
		ref, a := w.ref(password.Payment, ""), w.processes[0]
		w.exhaust(ref)
		if got, err := a.Set(t.Context(), setting("proof", password.Payment, pin, "value")); got != otp.PasswordSet {
			t.Fatal(got, err)
		}
		w.guess(ref, pin, otp.Passed)
		w.exhaust(ref)
		states, err := a.States(t.Context(), client, number)
		until := start.Add(15 * minute)
		if err != nil || len(states) != 1 || states[0].Wrong != 5 || !states[0].LockedUntil.Equal(until) {
			t.Errorf("%+v, %v", states, err)
		}
		if is, err := a.Unlock(t.Context(), client, number, password.Payment); !is || err != nil {
			t.Fatal(is, err)
		}
		w.guess(ref, pin, otp.Passed)
		if is, err := a.Unlock(t.Context(), client, number, password.Login); is || err != nil {
			t.Error(is, err)
		}
	})
}

// Whoever guesses as soon as he may, through ever new challenges, has at most 165 guesses in 30 days (P37).
func TestThirtyDays(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		w := newWorld(t, o.open(t), 1)
		w.set(password.Payment, pin)
		for i := 0; w.clock.Now().Before(start.Add(30 * 24 * time.Hour)); i++ {
			id := w.clock.Now().Format(time.RFC3339Nano)
			authID := w.ask(id, password.Payment)
			for got := otp.Unmatched; got == otp.Unmatched; i++ {
				var err error
				if got, err = w.confirm(w.processes[0], id, authID, wrongPIN(i)); err != nil {
					t.Fatal(err)
				}
			}
			states, err := w.processes[0].States(t.Context(), client, number)
			if err != nil {
				t.Fatal(err)
			}
			w.clock.Advance(states[0].LockedUntil.Sub(w.clock.Now()))
		}
		if n := w.evaluated(); n != 5*33 {
			t.Errorf("%d guesses were evaluated, want 165", n)
		}
	})
}
