package keyring_test

import (
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"countersign/pkg/keyring"

	"countersign/pkg/clocktest"
)

// passwords returns a document with versions of peppers and Encrypt keys.
func passwords(pepper, encrypt []v) []byte {
	return text(map[keyring.Kind][]v{keyring.Sign: {{Version: 1}}, keyring.Pepper: pepper, keyring.Encrypt: encrypt})
}

// peppers returns what a ring has of peppers, such as "2 of 1 2".
func peppers(t *testing.T, r *keyring.Ring) string {
	t.Helper()
	version, inForce := r.Pepper(t.Context())
	var held []string
	for n := range 4 {
		switch pepper := string(r.PepperOf(t.Context(), n)); pepper {
		case "":
		case secret(fmt.Sprint("pepper", n)):
			held = append(held, fmt.Sprint(n))
			if n == version && pepper != string(inForce) {
				t.Errorf("version %d in force is another one", n)
			}
		default:
			t.Errorf("version %d is another one", n)
		}
	}
	return fmt.Sprintf("%d of %s", version, strings.Join(held, " "))
}

// encryptions returns what a ring has of Encrypt keys, such as "2 of 1 2".
func encryptions(t *testing.T, r *keyring.Ring) string {
	t.Helper()
	version, inForce := r.Encryption(t.Context())
	var held []string
	for n := range 4 {
		key := r.EncryptionOf(t.Context(), fmt.Sprint(n))
		if key == nil {
			continue
		}
		held = append(held, fmt.Sprint(n))
		if fmt.Sprint(n) == version && !key.Equal(inForce) {
			t.Errorf("version %d in force is another one", n)
		}
	}
	return fmt.Sprintf("%s of %s", version, strings.Join(held, " "))
}

// Both kinds are in force, wait and are retired as the others.
func TestPasswordKeys(t *testing.T) {
	later := day.Add(time.Hour).Format(time.RFC3339)
	for name, c := range map[string]struct {
		text                             []byte
		pepper, encrypt, pepper2, crypt2 string // at first, and an hour later
	}{
		"none": {passwords(nil, nil), "0 of ", " of ", "0 of ", " of "},
		"one":  {passwords([]v{{Version: 1}}, []v{{Version: 2}}), "1 of 1", "2 of 2", "1 of 1", "2 of 2"},
		"rotated": {passwords([]v{{Version: 2}, {Version: 1}}, []v{{Version: 1}, {Version: 2}}),
			"2 of 1 2", "2 of 1 2", "2 of 1 2", "2 of 1 2"},
		"ahead": {passwords([]v{{Version: 1}, {Version: 3, From: later}}, []v{{Version: 1}, {Version: 3, From: later}}),
			"1 of 1 3", "1 of 1 3", "3 of 1 3", "3 of 1 3"},
	} {
		t.Run(name, func(t *testing.T) {
			r, clock, _ := ring(t, &shelf{text: c.text})
			if got, got2 := peppers(t, r), encryptions(t, r); got != c.pepper || got2 != c.encrypt {
				t.Errorf("peppers %s, encrypt keys %s, want %s, %s", got, got2, c.pepper, c.encrypt)
			}
			clock.Advance(time.Hour)
			if got, got2 := peppers(t, r), encryptions(t, r); got != c.pepper2 || got2 != c.crypt2 {
				t.Errorf("later peppers %s, encrypt keys %s, want %s, %s", got, got2, c.pepper2, c.crypt2)
			}
		})
	}
	r, _, _ := ring(t, &shelf{text: passwords(nil, []v{{Version: 1}})})
	for _, version := range []string{"", "x", "01", "+1", "1 ", "-1", "0", "1.0", "99999999999999999999"} {
		if r.EncryptionOf(t.Context(), version) != nil {
			t.Errorf("version %q is known", version)
		}
	}
}

// A version that another process has seen already is fetched, also under an Encrypt key's name that callers invent, but
// then once in a minute.
func TestPasswordKeysNewer(t *testing.T) {
	s := &shelf{text: passwords([]v{{Version: 1}}, []v{{Version: 1}})}
	r, clock, _ := ring(t, s)
	s.put(passwords([]v{{Version: 1}, {Version: 2}}, []v{{Version: 1}, {Version: 2}}), nil)
	if r.EncryptionOf(t.Context(), "2") == nil || s.count() != 2 {
		t.Errorf("no key after %d reads", s.count())
	}
	s.put(passwords([]v{{Version: 3}}, []v{{Version: 3}}), nil)
	if r.PepperOf(t.Context(), 3) == nil || s.count() != 3 {
		t.Errorf("no pepper after %d reads", s.count())
	}
	for range 50 {
		clock.Advance(time.Second)
		r.EncryptionOf(t.Context(), "7")
	}
	if s.count() != 4 {
		t.Errorf("%d reads for names that callers invent", s.count()-3)
	}
	if r.EncryptionOf(t.Context(), "2") != nil || s.count() != 4 {
		t.Error("a retired key is known, or was asked for")
	}
}

// A lazy ring reads Encrypt keys at their first use. It starts with a wrong one, and each use then names its place.
func TestLazy(t *testing.T) {
	wrong := with("encrypt", `[{"version":1,"key":"`+canary+`"}]`)
	var whole map[string]json.RawMessage
	if err := json.Unmarshal([]byte(wrong), &whole); err != nil {
		t.Fatal(err)
	}
	if _, err := keyring.Parse([]byte(wrong)); err == nil || !strings.Contains(err.Error(), "encrypt[0].key must be") {
		t.Errorf("a command takes the keyring: %v", err)
	}
	c, l := clocktest.New(day), &lines{}
	s := &shelf{text: []byte(wrong)}
	if _, err := keyring.New(s, c.Now, time.Minute, l.log()); err == nil {
		t.Error("a server takes the keyring")
	}
	r, err := keyring.NewLazy(s, c.Now, time.Minute, l.log())
	if err != nil || r.Keys(t.Context()) == nil || l.about("encrypt") > 0 {
		t.Fatalf("%v, %q", err, l.all)
	}
	version, key := r.Encryption(t.Context())
	if version != "1" || key != nil || l.about("encrypt[0].key must be") != 1 {
		t.Errorf("%s, %v, %q", version, key != nil, l.all)
	}
	r.Document().List(day) // also with a wrong key
	if l.about(canary) > 0 {
		t.Errorf("quotes the document: %q", l.all)
	}
	// Once it is mended, the ring has it without a restart.
	s.put(passwords(nil, []v{{Version: 1}}), nil)
	c.Advance(time.Minute)
	if got := encryptions(t, r); got != "1 of 1" {
		t.Errorf("encrypt keys %s", got)
	}
	// A wrong one that comes later is refused as by any ring.
	s.put([]byte(wrong), nil)
	c.Advance(time.Minute)
	if got := encryptions(t, r); got != "1 of 1" || l.about("encrypt[0].key must be") < 2 {
		t.Errorf("encrypt keys %s, %q", got, l.all)
	}
}

// First uses at once read the key once (with -race).
func TestLazyAtOnce(t *testing.T) {
	r, err := keyring.NewLazy(&shelf{text: passwords(nil, []v{{Version: 1}})}, time.Now, time.Hour, (&lines{}).log())
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	keys := make([]*rsa.PrivateKey, 20)
	for i := range keys {
		all.Go(func() { keys[i] = r.EncryptionOf(t.Context(), "1") })
	}
	all.Wait()
	for _, key := range keys {
		if key == nil || key != keys[0] {
			t.Error("another key")
		}
	}
}

// BenchmarkNew measures what a process takes at its start to hold the keys: of a keyring without the kinds for
// passwords, of one with all kinds, and of that where Encrypt keys are read at their first use, as functions do.
func BenchmarkNew(b *testing.B) {
	before := text(map[keyring.Kind][]v{keyring.Sign: {{Version: 1}}})
	with := passwords([]v{{Version: 1}}, []v{{Version: 2}})
	for _, c := range []struct {
		name string
		text []byte
		open func(keyring.Source, func() time.Time, time.Duration, *slog.Logger) (*keyring.Ring, error)
	}{{"without", before, keyring.New}, {"all", with, keyring.New}, {"lazy", with, keyring.NewLazy}} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if _, err := c.open(&shelf{text: c.text}, time.Now, time.Hour, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
