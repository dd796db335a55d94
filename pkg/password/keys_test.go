package password_test

import (
	"strings"
	"testing"

	"countersign/pkg/otp"
	"countersign/pkg/password"
)

// The digest is made anew at the next right guess, and not at a wrong one, when the pepper or the cost is another.
func TestDigestsAreRenewed(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		w := newWorld(t, o.open(t), 2)
		w.set(password.Payment, pin)
		ref := w.ref(password.Payment, "")
		before := w.record().Payment.Digest
		w.guess(ref, pin, otp.Passed)
		w.keys.rotate(2)
		w.guess(ref, wrong, otp.Unmatched)
		if w.record().Payment.Digest != before {
			t.Error("the digest was made anew though nothing called for it")
		}
		w.guess(ref, pin, otp.Passed)
		after := w.record().Payment
		if _, version := password.CostOf(after.Digest); version != 2 || after.Wrong != 0 {
			t.Errorf("pepper %d, %d wrong", version, after.Wrong)
		}
		w.keys.retire(1)
		w.guess(ref, pin, otp.Passed)
		w.processes[0].Cost.Passes++
		w.guess(ref, pin, otp.Passed)
		if cost, _ := password.CostOf(w.record().Payment.Digest); cost != w.processes[0].Cost {
			t.Errorf("cost %+v", cost)
		}
	})
}

// A password whose pepper is retired is as none, until it is set anew.
func TestRetiredPepper(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		w := newWorld(t, o.open(t), 1)
		w.set(password.Payment, pin)
		ref := w.ref(password.Payment, "")
		w.keys.rotate(2)
		w.keys.retire(1)
		w.ref(password.Payment, otp.NoPassword)
		w.exhaust(ref)
		if n := w.evaluated(); n != 0 {
			t.Errorf("%d guesses were evaluated without the pepper", n)
		}
		w.set(password.Payment, pin)
		w.guess(w.ref(password.Payment, ""), pin, otp.Passed)
	})
}

// The passwords that a retired pepper takes with it are counted: of every kind, and none that was made anew.
func TestUnder(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		w := newWorld(t, o.open(t), 1)
		under := func(want ...int) {
			t.Helper()
			for i, want := range want {
				if n, err := password.Under(t.Context(), w.table, i+1); err != nil || n != want {
					t.Errorf("%d under pepper %d, %v, want %d", n, i+1, err, want)
				}
			}
		}
		under(0, 0)
		w.set(password.Payment, pin)
		w.set(password.Login, phrase)
		under(2, 0)
		w.keys.rotate(2)
		w.guess(w.ref(password.Payment, ""), pin, otp.Passed)
		under(1, 1)
		w.store(`{"payment":"canary"}`)
		_, err := password.Under(t.Context(), w.table, 1)
		quiet(t, err, client)
	})
}

// A repeat of a request is recognised over a rotation and a retirement of the pepper.
func TestRepeatOverARotation(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		w := newWorld(t, o.open(t), 1)
		for range 2 {
			got, err := w.processes[0].Set(t.Context(), setting("proof", password.Payment, pin, "value"))
			if err != nil || got != otp.PasswordSet {
				t.Fatalf("%q, %v", got, err)
			}
			w.keys.rotate(2)
			w.keys.retire(1)
		}
	})
}

// damages are digests that nobody has written.
var damages = map[string]func(digest string) string{
	"empty":         func(string) string { return "" },
	"text":          func(string) string { return "canary" },
	"cut":           func(d string) string { return d[:len(d)-1] },
	"other kind":    func(d string) string { return strings.Replace(d, "argon2id", "argon2canary", 1) },
	"no passes":     func(d string) string { return strings.Replace(d, "t=1", "t=0", 1) },
	"no lanes":      func(d string) string { return strings.Replace(d, "p=1", "p=0", 1) },
	"no memory":     func(d string) string { return strings.Replace(d, "m=8", "m=0", 1) },
	"all memory":    func(d string) string { return strings.Replace(d, "m=8", "m=9999999", 1) },
	"many passes":   func(d string) string { return strings.Replace(d, "t=1", "t=999", 1) },
	"many lanes":    func(d string) string { return strings.Replace(d, "p=1", "p=99", 1) },
	"pepper 0":      func(d string) string { return strings.Replace(d, "keyid=1", "keyid=0", 1) },
	"not in base64": func(d string) string { return d[:len(d)-1] + "!" },
}

// A digest that cannot be read is a fault, and no refusal. It counts no guess. Its error names how to mend it.
func TestDamagedDigest(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		const mend = "countersign user password clear"
		for name, damage := range damages {
			w := newWorld(t, o.open(t), 1)
			w.set(password.Payment, pin)
			ref, r := w.ref(password.Payment, ""), w.record()
			w.store(strings.Replace(string(r.text), r.Payment.Digest, damage(r.Payment.Digest), 1))
			a := w.processes[0]
			_, _, err := a.Find(t.Context(), client, number, password.Payment)
			quiet(t, err, mend)
			_, err = a.Guess(t.Context(), ref, pin)
			quiet(t, err, mend)
			if n := w.record().Payment.Wrong; n != 0 {
				t.Errorf("%s: %d guesses are counted", name, n)
			}
			if was, err := a.Clear(t.Context(), client, number, password.Payment); err != nil || !was {
				t.Errorf("%s: clear: %v, %v", name, was, err)
			}
			w.ref(password.Payment, otp.NoPassword)
			w.store(string(r.text))
			w.set(password.Payment, pin) // which mends it too
			w.guess(ref, pin, otp.Passed)
		}
	})
}

// The same with a whole document.
func TestDamagedDocument(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		const mend = "countersign user password clear"
		for _, text := range []string{
			"", "canary", "{", `[]`, `{"canary":1}`, `{"payment":"canary"}`, `{"payment":{"digest":"","set":"canary"}}`,
			`{"payment":{"digest":"","set":"2026-01-01T00:00:00Z","wrong":"canary"}}`, `{} canary`,
		} {
			w := newWorld(t, o.open(t), 1)
			w.set(password.Payment, pin)
			ref, a := w.ref(password.Payment, ""), w.processes[0]
			w.store(text)
			for _, call := range []func() error{
				func() error { _, _, err := a.Find(t.Context(), client, number, password.Payment); return err },
				func() error { _, err := a.Guess(t.Context(), ref, pin); return err },
				func() error { _, err := a.States(t.Context(), client, number); return err },
				func() error { _, err := a.Unlock(t.Context(), client, number, password.Payment); return err },
				func() error {
					_, err := a.Set(t.Context(), setting("proof", password.Payment, pin, "value"))
					return err
				},
			} {
				quiet(t, call(), mend)
			}
			if was, err := a.Clear(t.Context(), client, number, password.Login); err != nil || !was {
				t.Errorf("%q: clear: %v, %v", text, was, err)
			}
			w.ref(password.Payment, otp.NoPassword)
			w.set(password.Payment, pin)
			w.guess(ref, pin, otp.Passed)
		}
	})
}
