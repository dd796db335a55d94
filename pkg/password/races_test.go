package password_test

import (
	"fmt"
	"testing"

	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/password"
)

// Of any number of guesses at once, in several processes, five are evaluated (P37).
func TestRaces(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		for name, test := range map[string]func(*testing.T, opener){
			"wrong ones":                  wrongAtOnce,
			"a right one among wrong":     rightAmongWrong,
			"right ones for a challenge":  rightForOneChallenge,
			"right ones for their own":    rightForTheirOwn,
			"one proof":                   oneProof,
			"one request":                 oneRequest,
			"set beside guesses":          setBesideGuesses,
			"clear beside guesses":        clearBesideGuesses,
			"unlock beside guesses":       unlockBesideGuesses,
			"the first digests":           firstDigests,
			"right ones under new pepper": rightUnderNewPepper,
		} {
			t.Run(name, func(t *testing.T) { test(t, o) })
		}
	})
}

const atOnce = 1000

func wrongAtOnce(t *testing.T, o opener) {
	w := newWorld(t, o.open(t), 4)
	w.set(password.Payment, pin)
	ref := w.ref(password.Payment, "")
	rounds := 1
	if o.quick {
		rounds = 3
	}
	for round := 1; round <= rounds; round++ {
		got := storetest.Together(t, atOnce, func(i int) (otp.Outcome, error) {
			got, err := w.processes[i%4].Guess(t.Context(), ref, wrongPIN(i))
			return got.Outcome, err
		})
		storetest.Want(t, got, map[otp.Outcome]int{otp.Unmatched: 4, otp.Exhausted: 1, otp.Locked: atOnce - 5})
		if n := w.evaluated(); n != 5*round {
			t.Errorf("%d of %d guesses were evaluated, want %d", n, atOnce*round, 5*round)
		}
		w.guess(ref, pin, otp.Locked)
		w.clock.Advance(password.Locks[min(round, len(password.Locks))-1])
	}
	w.guess(ref, pin, otp.Passed)
}

// A right guess begins anew, so that at most five are evaluated before it and five after it.
func rightAmongWrong(t *testing.T, o opener) {
	w := newWorld(t, o.open(t), 4)
	w.set(password.Payment, pin)
	ref := w.ref(password.Payment, "")
	const n = 200
	got := storetest.Together(t, n, func(i int) (otp.Outcome, error) {
		typed := wrongPIN(i)
		if i == n/2 {
			typed = pin
		}
		got, err := w.processes[i%4].Guess(t.Context(), ref, typed)
		return got.Outcome, err
	})
	evaluated, most := w.evaluated(), 5
	if got[otp.Passed] == 1 {
		most = 10
	}
	if answered := n - got[otp.Locked]; evaluated != answered || evaluated > most || got[otp.Passed] > 1 {
		t.Errorf("%v, and %d were evaluated", got, evaluated)
	}
}

// rightForOneChallenge: it passes once.
func rightForOneChallenge(t *testing.T, o opener) {
	w := newWorld(t, o.open(t), 2)
	w.set(password.Payment, pin)
	for i := range 20 {
		id := fmt.Sprint("id ", i)
		authID := w.ask(id, password.Payment)
		got := storetest.Together(t, 2, func(i int) (otp.Outcome, error) {
			return w.confirm(w.processes[i], id, authID, pin)
		})
		storetest.Want(t, got, map[otp.Outcome]int{otp.Passed: 1, otp.Used: 1})
		if n := w.record().Payment.Wrong; n != 0 {
			t.Errorf("%d guesses count as wrong", n)
		}
	}
}

func rightForTheirOwn(t *testing.T, o opener) {
	w := newWorld(t, o.open(t), 2)
	w.set(password.Payment, pin)
	authIDs := make([]string, password.Guesses)
	for i := range authIDs {
		authIDs[i] = w.ask(fmt.Sprint("id ", i), password.Payment)
	}
	got := storetest.Together(t, len(authIDs), func(i int) (otp.Outcome, error) {
		return w.confirm(w.processes[i%2], fmt.Sprint("id ", i), authIDs[i], pin)
	})
	storetest.Want(t, got, map[otp.Outcome]int{otp.Passed: len(authIDs)})
	if n := w.record().Payment.Wrong; n != 0 {
		t.Errorf("%d guesses count as wrong", n)
	}
}

// setting is a request that a proof allows.
func setting(authID string, k password.Kind, typed password.Clear, encrypted string) password.Setting {
	return password.Setting{
		Client: client, To: number, Kind: k, Password: typed, AuthID: authID, Encrypted: encrypted,
	}
}

// oneProof sets one password of one kind.
func oneProof(t *testing.T, o opener) {
	w := newWorld(t, o.open(t), 4)
	got := storetest.Together(t, 100, func(i int) (otp.Outcome, error) {
		return w.processes[i%4].Set(t.Context(),
			setting("proof", password.Kinds()[i/50], phrase, fmt.Sprint("value ", i)))
	})
	storetest.Want(t, got, map[otp.Outcome]int{otp.PasswordSet: 1, otp.Used: 99})
	if r := w.record(); (r.Payment == nil) == (r.Login == nil) || len(r.Proofs) != 1 || r.revision != 1 {
		t.Errorf("%+v", r)
	}
}

// oneRequest that comes again and again sets one password, and is answered alike.
func oneRequest(t *testing.T, o opener) {
	w := newWorld(t, o.open(t), 4)
	got := storetest.Together(t, 50, func(i int) (otp.Outcome, error) {
		return w.processes[i%4].Set(t.Context(), setting("proof", password.Payment, pin, "value"))
	})
	storetest.Want(t, got, map[otp.Outcome]int{otp.PasswordSet: 50})
	if r := w.record(); r.revision != 1 {
		t.Errorf("%d writes", r.revision)
	}
}

// setBesideGuesses: the new password begins anew, whatever guesses at the old one are under way.
func setBesideGuesses(t *testing.T, o opener) {
	w := newWorld(t, o.open(t), 4)
	w.set(password.Payment, pin)
	ref := w.ref(password.Payment, "")
	const fresh = password.Clear("737261")
	got := storetest.Together(t, 40, func(i int) (otp.Outcome, error) {
		if i == 20 {
			r := setting("proof", password.Payment, fresh, "")
			return w.processes[0].Set(t.Context(), r)
		}
		got, err := w.processes[i%4].Guess(t.Context(), ref, pin)
		return got.Outcome, err
	})
	if got[otp.PasswordSet] != 1 {
		t.Fatalf("outcomes %v", got)
	}
	if n := w.evaluated(); n > password.Guesses || w.record().Payment.Wrong != n {
		t.Errorf("%d guesses at the new password were evaluated, %d are counted", n, w.record().Payment.Wrong)
	}
	if _, err := w.processes[0].Unlock(t.Context(), client, number, password.Payment); err != nil {
		t.Fatal(err)
	}
	w.guess(ref, pin, otp.Unmatched)
	w.guess(ref, fresh, otp.Passed)
}

// clearBesideGuesses: a right guess under way does not bring the password back.
func clearBesideGuesses(t *testing.T, o opener) {
	w := newWorld(t, o.open(t), 4)
	for range 5 {
		w.set(password.Payment, pin)
		ref := w.ref(password.Payment, "")
		got := storetest.Together(t, 20, func(i int) (otp.Outcome, error) {
			if i == 10 {
				_, err := w.processes[0].Clear(t.Context(), client, number, password.Payment)
				return "cleared", err
			}
			got, err := w.processes[i%4].Guess(t.Context(), ref, pin)
			return got.Outcome, err
		})
		if r := w.record().Payment; got["cleared"] != 1 || !r.Removed || r.Digest != "" {
			t.Errorf("outcomes %v, and the table has %s", got, w.record().text)
		}
		w.ref(password.Payment, otp.NoPassword)
		if got, err := w.processes[0].Guess(t.Context(), ref, pin); err != nil || got.Outcome == otp.Passed {
			t.Errorf("a guess at the removed password: %q, %v", got.Outcome, err)
		}
	}
}

// unlockBesideGuesses: each unlock gives five guesses more.
func unlockBesideGuesses(t *testing.T, o opener) {
	w := newWorld(t, o.open(t), 4)
	w.set(password.Payment, pin)
	ref := w.ref(password.Payment, "")
	const n, unlocks = 200, 3
	got := storetest.Together(t, n+unlocks, func(i int) (otp.Outcome, error) {
		if i < unlocks {
			_, err := w.processes[i].Unlock(t.Context(), client, number, password.Payment)
			return "unlocked", err
		}
		got, err := w.processes[i%4].Guess(t.Context(), ref, wrongPIN(i))
		return got.Outcome, err
	})
	answered := got[otp.Unmatched] + got[otp.Exhausted]
	if evaluated := w.evaluated(); evaluated != answered || evaluated > 5*(1+unlocks) || got["unlocked"] != unlocks {
		t.Errorf("%v, and %d were evaluated", got, evaluated)
	}
}

// firstDigests: processes that make the key of the digests at once agree on one.
func firstDigests(t *testing.T, o opener) {
	w := newWorld(t, o.open(t), 20)
	phone := func(i int) otp.Phone { return otp.Phone(fmt.Sprintf("+6065432163%02d", i)) }
	got := storetest.Together(t, len(w.processes), func(i int) (otp.Outcome, error) {
		r := password.Setting{Client: client, To: phone(i), Kind: password.Payment, Password: pin}
		return w.processes[i].Set(t.Context(), r)
	})
	storetest.Want(t, got, map[otp.Outcome]int{otp.PasswordSet: len(w.processes)})
	other := w.process(w.table)
	for i := range w.processes {
		if _, why, err := other.Find(t.Context(), client, phone(i), password.Payment); err != nil || why != "" {
			t.Errorf("number %d: %q, %v", i, why, err)
		}
	}
}

// rightUnderNewPepper: right guesses at once make the digest anew once, and all are right.
func rightUnderNewPepper(t *testing.T, o opener) {
	w := newWorld(t, o.open(t), 4)
	w.set(password.Payment, pin)
	ref := w.ref(password.Payment, "")
	w.keys.rotate(2)
	got := storetest.Together(t, 4, func(i int) (otp.Outcome, error) {
		got, err := w.processes[i].Guess(t.Context(), ref, pin)
		return got.Outcome, err
	})
	storetest.Want(t, got, map[otp.Outcome]int{otp.Passed: 4})
	r := w.record()
	if _, version := password.CostOf(r.Payment.Digest); version != 2 || r.Payment.Wrong != 0 {
		t.Errorf("pepper %d, %d wrong", version, r.Payment.Wrong)
	}
}
