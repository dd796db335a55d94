package password_test

import (
	"bytes"
	"flag"
	"fmt"
	"testing"
	"time"

	"countersign/pkg/password"
)

var pins = flag.Int("pins", 20_000, "how many PINs are tried on a dump, of a million")

// Without the keyring, no PIN of a million matches a dump of the table; with it, each guess takes its time (P15).
func TestDumpIsUseless(t *testing.T) {
	w := newWorld(t, onSQLite(t), 1)
	const short = password.Clear("008317")
	w.set(password.Payment, short)
	stored := w.record().Payment.Digest
	_, pepper := w.keys.Pepper(t.Context())
	another := bytes.Repeat([]byte{9}, len(pepper))
	for i := range *pins {
		if password.Matches(stored, password.Clear(fmt.Sprintf("%06d", i)), another) {
			t.Fatalf("under another pepper, %06d matches", i)
		}
	}
	if password.Matches(stored, short, nil) {
		t.Error("the PIN matches without a pepper")
	}
	if !password.Matches(stored, short, pepper) {
		t.Error("with the keyring the PIN does not match: the test tries something else")
	}
	w.processes[0].Cost = password.DefaultCost
	w.set(password.Payment, short)
	const tries = 10
	begun := time.Now()
	for i := range tries {
		password.Matches(w.record().Payment.Digest, password.Clear(fmt.Sprintf("%06d", i)), pepper)
	}
	each := time.Since(begun) / tries
	t.Logf("%d PINs without the keyring: no match. With it: %v a guess, %v for a million on one processor",
		*pins, each.Round(time.Microsecond), (each * 1_000_000).Round(time.Minute))
}
