package password_test

import (
	"fmt"
	"testing"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/password"
	"countersign/pkg/users"
)

// What proves a number is a code that was sent to it, came back less than ten minutes ago, and confirmed nothing else.
func TestProofs(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		d := newDoor(t, o.open(t), small)
		const refused, pay = "AUTHENTICATION_REQUEST_ID_INVALID", password.Payment
		unused := d.send(client, "unused", dashed, nil)
		d.choose(client, refused, unused, pay, d.seal(unused, pin))
		other := d.proveOf(client, "other number", "60-6543216354", nil)
		d.choose(client, refused, other, pay, d.seal(other, pin))
		foreign := d.prove("clear", "other client")
		d.choose(client, refused, foreign, pay, d.seal(foreign, pin))
		bill := map[string]any{"amount": "1234.50", "currency": "EUR", "payee": "Acme Shop"}
		paid := d.proveOf(client, "payment", dashed, bill)
		d.choose(client, refused, paid, pay, d.seal(paid, pin))
		d.choose(client, refused, "20261122190077000000162140200586657", pay,
			d.seal("20261122190077000000162140200586657", pin))
		d.choose(client, refused, "x", pay, d.seal("x", pin))

		old := d.prove(client, "old")
		d.clock.Advance(password.ProofAge)
		d.choose(client, refused, old, pay, d.seal(old, pin))
		last := d.prove(client, "last millisecond")
		d.clock.Advance(password.ProofAge - time.Millisecond)
		d.choose(client, "SUCCESS", last, pay, d.seal(last, pin))

		asked := d.start(client, "SUCCESS", "ask", pay, dashed)
		d.enter(client, "SUCCESS", "ask", asked, pay, d.seal(asked, pin))
		d.choose(client, refused, asked, pay, d.seal(asked, "737261")) // a password proves no number
	})
}

// A number has its passwords in each of its spellings.
func TestSpellings(t *testing.T) {
	for _, line := range [][2]string{
		{"54-91155550001", "54-1155550001"}, {"54-1155550001", "54-91155550001"}, {"229-97123456", "229-0197123456"},
		{"241-06031299", "241-6031299"}, {"220-833123456", "220-3123456"},
	} {
		d := newDoor(t, onSQLite(t), small)
		proof := d.proveOf(client, "otp", line[0], nil)
		d.chooseFor(client, "SUCCESS", proof, password.Payment, line[1], d.seal(proof, pin))
		for i, as := range line {
			id := fmt.Sprint("ask ", i)
			asked := d.start(client, "SUCCESS", id, password.Payment, as)
			d.enter(client, "SUCCESS", id, asked, password.Payment, d.seal(asked, pin))
		}
	}
}

// Challenges that have set a password are remembered for as long as they could set another one, and no longer.
func TestProofsAreForgotten(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		w := newWorld(t, o.open(t), 1)
		for i := range 50 {
			w.clock.Advance(minute)
			r := setting(fmt.Sprint("proof ", i), password.Payment, pin, "value")
			got, err := w.processes[0].Set(t.Context(), r)
			if err != nil || got != otp.PasswordSet {
				t.Fatal(got, err)
			}
			if n := len(w.record().Proofs); n > 20 {
				t.Fatalf("%d proofs are kept", n)
			}
		}
	})
}

// Of two users with one number, the first one's block holds for its passwords. The passwords of a user who was removed
// are not those of the next one.
func TestUsersOfOneNumber(t *testing.T) {
	onEach(t, func(t *testing.T, o opener) {
		d := newDoor(t, o.open(t), small)
		list, a, ctx := d.directory(), d.processes[0], t.Context()
		if err := list.Add(ctx, client, "second", dashed); err != nil {
			t.Fatal(err)
		}
		all, err := list.List(ctx, client)
		if err != nil || len(all) != 2 {
			t.Fatal(all, err)
		}
		added := map[string]users.User{all[0].ID: all[0], all[1].ID: all[1]}
		as := func(id, proof string, typed password.Clear, want otp.Outcome) {
			t.Helper()
			r := setting(proof, password.Payment, typed, "value")
			r.User, r.UserAdded = id, added[id].Added
			if got, err := a.Set(ctx, r); err != nil || got != want {
				t.Fatalf("%s: %q, %v, want %q", id, got, err, want)
			}
		}
		as("someone", "1", pin, otp.PasswordSet)
		ref := d.ref(password.Payment, "")
		if err := list.Block(ctx, client, "someone"); err != nil {
			t.Fatal(err)
		}
		as("second", "2", wrong, otp.NoPassword)
		d.ref(password.Payment, otp.NoPassword)
		d.guess(ref, pin, otp.Unmatched)
		if err := list.Remove(ctx, client, "someone"); err != nil {
			t.Fatal(err)
		}
		if err := a.Link(ctx, client, number, "second", added["second"].Added); err != nil {
			t.Fatal(err)
		}
		d.ref(password.Payment, otp.NoPassword)
		as("second", "3", wrong, otp.PasswordSet)
		d.guess(ref, pin, otp.Unmatched)
		d.guess(ref, wrong, otp.Passed)
	})
}
