package keyring_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"countersign/pkg/keyring"
)

// states returns the versions of a kind and the state of each.
func states(d *keyring.Document, kind keyring.Kind, now time.Time) string {
	var out []string
	for _, info := range d.List(now) {
		if info.Kind == kind {
			out = append(out, fmt.Sprintf("%d %s", info.Version, info.State))
		}
	}
	return strings.Join(out, ", ")
}

// step is an edit at a time, and the states of the versions after it.
type step struct {
	at      time.Duration
	edit    string // rotate, retire, look
	from    time.Duration
	version int
	refused string
	want    string
}

const hour = time.Hour

var rotations = map[string][]step{
	"at once, then retired": {
		{0, "look", 0, 0, "", "1 in force"},
		{0, "rotate", 0, 2, "", "1 read, 2 in force"},
		{0, "retire", 0, 1, "", "2 in force"},
		{0, "rotate", 0, 3, "", "2 read, 3 in force"},
	},
	"from a time on": {
		{0, "rotate", hour, 2, "", "1 in force, 2 waiting"},
		{hour - 1, "look", 0, 0, "", "1 in force, 2 waiting"},
		{hour, "look", 0, 0, "", "1 read, 2 in force"},
	},
	"from a time that has passed": {
		{hour, "rotate", 0, 2, "", "1 read, 2 in force"},
		{-hour, "look", 0, 0, "", "1 read, 2 in force"}, // no time is kept
	},
	"a newer one first": {
		{0, "rotate", 2 * hour, 2, "", "1 in force, 2 waiting"},
		{0, "rotate", hour, 3, "", "1 in force, 2 waiting, 3 waiting"},
		{hour, "look", 0, 0, "", "1 read, 2 read, 3 in force"},
		{2 * hour, "look", 0, 0, "", "1 read, 2 read, 3 in force"},
		{hour, "retire", 0, 2, "", "1 read, 3 in force"},
	},
	"not the only one": {
		{0, "retire", 0, 1, "in force", "1 in force"},
	},
	"not the one in force": {
		{0, "rotate", hour, 2, "", "1 in force, 2 waiting"},
		{0, "retire", 0, 1, "in force", "1 in force, 2 waiting"},
		{hour, "retire", 0, 1, "", "2 in force"},
	},
	"no number twice": {
		{0, "rotate", hour, 2, "", "1 in force, 2 waiting"},
		{0, "retire", 0, 2, "rotate once more", "1 in force, 2 waiting"},
		{0, "rotate", 0, 3, "", "1 read, 2 read, 3 in force"},
		{0, "retire", 0, 2, "", "1 read, 3 in force"},
	},
	"one that waits among others": {
		{0, "rotate", hour, 2, "", "1 in force, 2 waiting"},
		{0, "rotate", 2 * hour, 3, "", "1 in force, 2 waiting, 3 waiting"},
		{0, "retire", 0, 2, "", "1 in force, 3 waiting"},
	},
	"not one that there is not": {
		{0, "retire", 0, 2, "there is no", "1 in force"},
		{0, "retire", 0, 0, "there is no", "1 in force"},
	},
	"a machine whose clock is behind": {
		{0, "rotate", hour, 2, "", "1 in force, 2 waiting"},
		{hour, "retire", 0, 1, "", "2 in force"},
		{hour - time.Second, "look", 0, 0, "", "2 in force"},
	},
	"not in the far future": {
		{0, "rotate", 90_000 * hour, 0, "more than ten years", "1 in force"},
	},
}

// Each rotation and each retirement leaves the versions in the right states.
func TestRotation(t *testing.T) {
	for name, steps := range rotations {
		for _, kind := range []keyring.Kind{keyring.Code, keyring.Seal} {
			t.Run(fmt.Sprint(kind, " ", name), func(t *testing.T) { testSteps(t, kind, steps) })
		}
	}
}

func testSteps(t *testing.T, kind keyring.Kind, steps []step) {
	d := parse(t, codes(1))
	for i, s := range steps {
		now, from, err, version := day.Add(s.at), none, error(nil), s.version
		if s.from != 0 {
			from = day.Add(s.from)
		}
		switch s.edit {
		case "rotate":
			version, err = d.Rotate(kind, from, now, rand.Reader)
		case "retire":
			err = d.Retire(kind, s.version, now)
		}
		if version != s.version {
			t.Errorf("step %d: version %d, want %d", i, version, s.version)
		}
		if (err != nil) != (s.refused != "") || err != nil && !strings.Contains(err.Error(), s.refused) {
			t.Errorf("step %d: %v, want %q", i, err, s.refused)
		}
		if got := states(d, kind, now); got != s.want {
			t.Fatalf("step %d: %s, want %s", i, got, s.want)
		}
		if parse(t, d.AtRest()).String() != d.String() {
			t.Fatalf("step %d: %v is not read back", i, d)
		}
	}
}

// The first version of a kind is added to a keyring from before there were sign keys.
func TestFirstOfItsKind(t *testing.T) {
	d := parse(t, codes(1))
	if _, err := d.Rotate(keyring.Sign, day.Add(time.Hour), day, rand.Reader); err == nil ||
		!strings.Contains(err.Error(), "in force at once") {
		t.Error(err)
	}
	if n, err := d.Rotate(keyring.Sign, none, day.Add(time.Millisecond), rand.Reader); n != 1 || err != nil {
		t.Error(n, err)
	}
	if err := d.Retire(keyring.Sign, 1, day); err == nil {
		t.Error("the only one was retired")
	}
	var info keyring.Info
	for _, i := range d.List(day) {
		if i.Kind == keyring.Sign {
			info = i
		} else if i.PublicKey != "" {
			t.Errorf("%s has a public key", i.Kind)
		}
	}
	if !info.Made.Equal(day) || !info.From.IsZero() || info.State != keyring.InForce {
		t.Errorf("%+v", info)
	}
	block, _ := pem.Decode([]byte(info.PublicKey))
	if block == nil || block.Type != "PUBLIC KEY" {
		t.Fatalf("public key is %q", info.PublicKey)
	}
	public, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	if got := public.(*rsa.PublicKey).N.BitLen(); got != 2048 {
		t.Errorf("%d bits", got)
	}
	r, _, _ := ring(t, &shelf{text: d.AtRest()})
	if version, key, ok := r.Signing(t.Context()); version != "1" || !ok || !key.PublicKey.Equal(public) {
		t.Errorf("signs with version %q, %v, not with the key that was listed", version, ok)
	}
}

// A rotation that fails changes nothing.
func TestRotationFails(t *testing.T) {
	d := parse(t, codes(1))
	before := string(d.AtRest())
	if _, err := d.Rotate(keyring.Code, none, day, iotest.ErrReader(errors.New("no entropy here"))); err == nil ||
		!strings.Contains(err.Error(), "no entropy here") {
		t.Error(err)
	}
	if _, err := d.Rotate(keyring.Code, none, day, strings.NewReader("31 bytes are one less than enough")); err != nil {
		t.Error(err)
	}
	if err := d.Retire(keyring.Code, 1, day); err != nil {
		t.Error(err)
	}
	d = parse(t, []byte(before))
	if _, err := d.Rotate(keyring.Code, none, day, strings.NewReader("1 byte too few is not enough...")); err == nil {
		t.Error("made of too little")
	}
	if _, err := d.Rotate("cod", none, day, rand.Reader); err == nil ||
		!strings.Contains(err.Error(), "code number seal sign") {
		t.Error(err)
	}
	if string(d.AtRest()) != before {
		t.Error("changed")
	}
	last := parse(t, codes(1_000_000_000))
	if _, err := last.Rotate(keyring.Code, none, day, rand.Reader); err == nil ||
		last.String() != "code 1000000000, number 1, seal 1" {
		t.Error(err, last)
	}
}

// New secrets differ.
func TestSecretsDiffer(t *testing.T) {
	d, seen := parse(t, codes(1)), map[string]bool{}
	for range 20 {
		for _, kind := range []keyring.Kind{keyring.Code, keyring.Number, keyring.Seal} {
			if _, err := d.Rotate(kind, none, day, rand.Reader); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, part := range strings.Split(string(d.AtRest()), `"secret":"`)[1:] {
		s, _, _ := strings.Cut(part, `"`)
		if seen[s] {
			t.Error("a secret twice")
		}
		if seen[s] = true; len(s) != 43 && !strings.HasPrefix(s, canary) {
			t.Errorf("a secret of %d characters", len(s))
		}
	}
	if len(seen) != 63 {
		t.Errorf("%d secrets", len(seen))
	}
}
