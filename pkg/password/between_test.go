package password_test

import (
	"context"
	"testing"

	"countersign/pkg/documents"
	"countersign/pkg/otp"
	"countersign/pkg/password"
)

// between runs something once, behind the first write of a call, whose answer it may lose.
type between struct {
	documents.Table
	do   func()
	lose bool
}

func (b *between) Put(ctx context.Context, key string, text []byte, was int64) (bool, error) {
	ok, err := b.Table.Put(ctx, key, text, was)
	if do := b.do; do != nil && ok {
		b.do = nil
		do()
		return ok && !b.lose, err
	}
	return ok, err
}

// What happens between the count of a right guess and its second write stays: another password, none, and guesses.
func TestBetweenCountAndReset(t *testing.T) {
	const fresh = password.Clear("737261")
	onEach(t, func(t *testing.T, o opener) {
		for name, c := range map[string]struct {
			do   func(w *world, ref string)
			then map[password.Clear]otp.Outcome
		}{
			"another password": {func(w *world, _ string) { w.set(password.Payment, fresh) },
				map[password.Clear]otp.Outcome{pin: otp.Unmatched, fresh: otp.Passed}},
			"the same one": {func(w *world, _ string) { w.set(password.Payment, pin) },
				map[password.Clear]otp.Outcome{pin: otp.Passed}},
			"none": {func(w *world, _ string) {
				if was, err := w.processes[0].Clear(t.Context(), client, number, password.Payment); !was || err != nil {
					t.Error(was, err)
				}
			}, map[password.Clear]otp.Outcome{pin: otp.Unmatched}},
			"right guess": {func(w *world, ref string) { w.guess(ref, pin, otp.Passed) },
				map[password.Clear]otp.Outcome{pin: otp.Passed}},
			"four wrong guesses": {func(w *world, ref string) {
				for range 3 {
					w.guess(ref, wrong, otp.Unmatched)
				}
				w.guess(ref, wrong, otp.Exhausted)
			}, map[password.Clear]otp.Outcome{pin: otp.Passed}},
			"a rotation": {func(w *world, _ string) { w.keys.rotate(2) },
				map[password.Clear]otp.Outcome{pin: otp.Passed}},
		} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t, o.open(t), 1)
				w.set(password.Payment, pin)
				ref := w.ref(password.Payment, "")
				a := w.process(&between{Table: w.table, do: func() { c.do(w, ref) }})
				if got, err := a.Guess(t.Context(), ref, pin); err != nil || got.Outcome != otp.Passed {
					t.Fatalf("%q, %v", got.Outcome, err)
				}
				for typed, want := range c.then {
					w.guess(ref, typed, want)
				}
			})
		}
	})
}

// A count whose answer is lost, and behind which somebody guesses at the other kind, is recognised as this call's own.
func TestLostAnswerBehindAnotherWrite(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		w := newWorld(t, o.open(t), 1)
		w.set(password.Payment, pin)
		w.set(password.Login, phrase)
		ref, login := w.ref(password.Payment, ""), w.ref(password.Login, "")
		a := w.process(&between{Table: w.table, lose: true, do: func() { w.guess(login, wrong, otp.Unmatched) }})
		got, err := a.Guess(t.Context(), ref, wrong)
		if err != nil || got.Outcome != otp.Unmatched || got.Left != 4 {
			t.Errorf("%+v, %v", got, err)
		}
		if n, m := w.evaluated(), w.record().Payment.Wrong; n != 1 || m != 1 {
			t.Errorf("%d were evaluated, %d are counted", n, m)
		}
	})
}

// A proof sets one kind: the same request for the other one is another request.
func TestOneProofOneKind(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		w := newWorld(t, o.open(t), 1)
		for _, step := range []struct {
			k    password.Kind
			text password.Clear
			want otp.Outcome
		}{
			{password.Login, phrase, otp.PasswordSet}, {password.Payment, pin, otp.Used},
			{password.Login, phrase, otp.PasswordSet},
		} {
			got, err := w.processes[0].Set(t.Context(), setting("proof", step.k, step.text, "value"))
			if err != nil || got != step.want {
				t.Errorf("%s: %q, %v, want %q", step.k, got, err, step.want)
			}
		}
	})
}
