package keyring_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/keyring"
)

func seals(versions ...int) []byte {
	var all []v
	for _, n := range versions {
		all = append(all, v{Version: n})
	}
	return text(map[keyring.Kind][]v{keyring.Seal: all})
}

func TestSeal(t *testing.T) {
	s := &shelf{text: seals(1)}
	r, c, _ := ring(t, s)
	for _, plain := range []string{"", "x", canary, strings.Repeat(canary, 1000)} {
		one, err := r.Seal(t.Context(), []byte(plain), "client a")
		if err != nil {
			t.Fatal(err)
		}
		two, _ := r.Seal(t.Context(), []byte(plain), "client a")
		if one == two {
			t.Error("the same twice: one could see who has the same secret")
		}
		if !strings.HasPrefix(one, "1.") || strings.Contains(one, canary) || len(one) > 2+40+len(plain)*4/3 {
			t.Errorf("sealed as %s", one)
		}
		if got, err := r.Open(t.Context(), one, "client a"); err != nil || string(got) != plain {
			t.Errorf("opened as %q, %v", got, err)
		}
		for _, bound := range []string{"client b", "", "client a ", "client a\x00", "Client a"} {
			refused(t, r, one, bound, "does not open")
		}
	}

	old, _ := r.Seal(t.Context(), []byte(canary), "a")
	s.put(seals(1, 2), nil)
	c.Advance(time.Minute)
	if next, _ := r.Seal(t.Context(), []byte(canary), "a"); !strings.HasPrefix(next, "2.") {
		t.Errorf("sealed as %s after the rotation", next)
	}
	if got, err := r.Open(t.Context(), old, "a"); err != nil || string(got) != canary {
		t.Errorf("of before the rotation: %q, %v", got, err)
	}
	refused(t, r, "2"+old[1:], "a", "does not open") // another version's
	s.put(seals(2, 3), nil)
	c.Advance(time.Minute)
	refused(t, r, old, "a", "retired")
	refused(t, r, "4"+old[1:], "a", "newer than all")

	without, _, _ := ring(t, &shelf{text: noSeal(t)})
	if got, err := without.Seal(t.Context(), []byte(canary), "a"); got != "" || err == nil ||
		!strings.Contains(err.Error(), "rotating seal") {
		t.Errorf("without a key: %q, %v", got, err)
	}
	refused(t, without, old, "a", "newer than all")
}

func noSeal(t *testing.T) []byte {
	t.Helper()
	whole := map[string]json.RawMessage{}
	if err := json.Unmarshal(codes(1), &whole); err != nil {
		t.Fatal(err)
	}
	delete(whole, "seal")
	b, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A value that an earlier release sealed opens.
func TestKnownSealed(t *testing.T) {
	r, _, _ := ring(t, &shelf{text: seals(1)})
	plain, err := r.Open(t.Context(), "1.eRd-nsg3JZ5IQYB5em1-HBZCukkIrCueIMb9AVsSi5gQ", "client")
	if err != nil || string(plain) != "plain" {
		t.Errorf("%q, %v", plain, err)
	}
}

// A value with any changed bit, or in another spelling, does not open.
func TestSealedIsExact(t *testing.T) {
	r, _, _ := ring(t, &shelf{text: seals(1)})
	sealed, err := r.Seal(t.Context(), []byte(canary), "a")
	if err != nil {
		t.Fatal(err)
	}
	for i := range sealed {
		for bit := range 8 {
			b := []byte(sealed)
			b[i] ^= 1 << bit
			refused(t, r, string(b), "a", "")
		}
		refused(t, r, sealed[:i], "a", "")
		refused(t, r, sealed[:i]+"\n"+sealed[i:], "a", "")
	}
	for _, other := range []string{"", ".", "1", "1.", sealed + "=", sealed + "A", sealed + ".", "01" + sealed[1:],
		"+" + sealed, " " + sealed, "0" + sealed[1:], "-" + sealed, sealed[1:], "9999999999999999999" + sealed[1:]} {
		refused(t, r, other, "a", "")
	}
}

func refused(t *testing.T, r *keyring.Ring, sealed, bound, text string) {
	t.Helper()
	plain, err := r.Open(t.Context(), sealed, bound)
	if err == nil || plain != nil || !strings.Contains(err.Error(), text) {
		t.Errorf("%q opens as %q, %v; want an error with %q", sealed, plain, err, text)
	}
	if err != nil && strings.Contains(fmt.Sprint(err), canary) {
		t.Errorf("quotes: %v", err)
	}
}
