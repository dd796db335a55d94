package otp

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	"testing"
)

func testKeys(t testing.TB, versions ...int) *Keys {
	t.Helper()
	secrets := map[int][]byte{}
	for _, v := range versions {
		secrets[v] = bytes.Repeat([]byte{byte(v)}, MinSecret)
	}
	k, err := NewKeys(secrets, versions[0], Secrets{1: bytes.Repeat([]byte{9}, MinSecret)})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// Of a million codes, each place has each digit equally often (P13). The seeds are
// consecutive numbers, so that every run is the same: the key makes the codes uniform.
func TestCodesAreUniform(t *testing.T) {
	const n, places = 1_000_000, 6
	k := testKeys(t, 1)
	var counts [places][10]int
	seed := make([]byte, 16)
	for i := range n {
		binary.BigEndian.PutUint64(seed, uint64(i))
		code, err := k.generate(1, "C#demo#id", seed, places, Payment{})
		if err != nil || len(code) != places {
			t.Fatal(len(code), err)
		}
		for place, digit := range []byte(code) {
			counts[place][digit-'0']++
		}
	}
	for place, digits := range counts {
		chi := 0.0
		for _, c := range digits {
			d := float64(c) - n/10
			chi += d * d / (n / 10)
		}
		// Chi-square with 9 degrees of freedom: 1.15 and 27.88 cut off a thousandth each.
		if chi < 1.15 || chi > 27.88 || math.IsNaN(chi) {
			t.Errorf("place %d: chi-square %.2f of %v", place, chi, digits)
		}
	}
}

// Bytes that would favour low digits are skipped.
func TestDigitsRejectBias(t *testing.T) {
	got, err := digits(bytes.NewReader([]byte{255, 250, 249, 0, 10, 251, 252, 253, 254, 19, 29, 39, 1, 1, 1, 1}), 6)
	if err != nil || got != "900999" {
		t.Errorf("%s %v, want 900999", got, err)
	}
	if _, err := digits(bytes.NewReader(nil), 6); err == nil {
		t.Error("there are digits without entropy")
	}
}

// A code depends on its seed, its challenge and its key version, and a digest on its
// code.
func TestCodesAreBound(t *testing.T) {
	k := testKeys(t, 2, 1)
	seed, other := make([]byte, 16), append(make([]byte, 15), 1)
	seen := map[Code]bool{}
	for _, c := range []struct {
		version int
		key     string
		seed    []byte
	}{{1, "C#demo#1", seed}, {2, "C#demo#1", seed}, {1, "C#demo#2", seed}, {1, "C#demo#1", other}} {
		code, err := k.generate(c.version, c.key, c.seed, 8, Payment{})
		if err != nil {
			t.Fatal(err)
		}
		again, _ := k.generate(c.version, c.key, c.seed, 8, Payment{})
		if code != again || seen[code] {
			t.Errorf("%v: the code is that of another row, or not the same twice", c)
		}
		seen[code] = true
	}
	if _, err := k.generate(3, "C#demo#1", seed, 8, Payment{}); err == nil {
		t.Error("there is a code of a key that is not held")
	}
	a, _ := k.digest(1, "C#demo#1", "493817", Payment{})
	for _, other := range []struct {
		version         int
		challenge, code string
	}{{1, "C#demo#1", "493818"}, {1, "C#demo#2", "493817"}, {2, "C#demo#1", "493817"}, {1, "C#demo#149381", "7"}} {
		if d, _ := k.digest(other.version, other.challenge, other.code, Payment{}); bytes.Equal(a, d) {
			t.Error("two digests are the same")
		}
	}
}

// A digest from a dump of the table matches no code without its key (P15).
func TestDumpIsUseless(t *testing.T) {
	k, stranger := testKeys(t, 1), testKeys(t, 2)
	seed := make([]byte, 16)
	rand.Read(seed)
	code, _ := k.generate(1, "C#demo#1", seed, 6, Payment{})
	digest, _ := k.digest(1, "C#demo#1", string(code), Payment{})
	for n := range 1_000_000 {
		guess := fmt.Sprintf("%06d", n)
		if d, _ := stranger.digest(2, "C#demo#1", guess, Payment{}); bytes.Equal(d, digest) {
			t.Fatal("a digest matches a code without its key")
		}
	}
}

// A ledger key depends on client and number, and does not disclose the number.
func TestLedgerKeyHidesTheNumber(t *testing.T) {
	k := testKeys(t, 1)
	key := func(client string, to Phone) string { return k.LedgerKeys(client, to)[0] }
	a := key("demo", "+606543216353")
	if bytes.Contains([]byte(a), []byte("6543")) {
		t.Errorf("the ledger key %s discloses the number", a)
	}
	if a == key("other", "+606543216353") || a == key("demo", "+606543216354") {
		t.Errorf("two ledgers have the key %s", a)
	}
	if b := key("demo", "+606543216353"); a != b {
		t.Errorf("a ledger has the keys %s and %s", a, b)
	}
}

// NewKeys refuses missing and short secrets.
func TestNewKeysRefuses(t *testing.T) {
	long, short := bytes.Repeat([]byte{1}, MinSecret), bytes.Repeat([]byte{1}, MinSecret-1)
	for name, c := range map[string]struct {
		code    Secrets
		newest  int
		numbers Secrets
	}{
		"no newest":          {Secrets{1: long}, 2, Secrets{1: long}},
		"short code":         {Secrets{1: short}, 1, Secrets{1: long}},
		"short older code":   {Secrets{1: short, 2: long}, 2, Secrets{1: long}},
		"no number":          {Secrets{1: long}, 1, nil},
		"short number":       {Secrets{1: long}, 1, Secrets{1: short}},
		"short older number": {Secrets{1: long}, 1, Secrets{1: short, 2: long}},
	} {
		if _, err := NewKeys(c.code, c.newest, c.numbers); err == nil {
			t.Errorf("%s: the secrets are accepted", name)
		}
	}
}
