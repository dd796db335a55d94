package otp

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

// Each field of a payment is bound into the digest of a code, and the code itself is of what the message shows. Fields
// that are shifted into each other are another payment.
func TestPaymentsAreBound(t *testing.T) {
	k, seed := testKeys(t, 1), make([]byte, 16)
	digests, codes := map[string]Payment{}, map[Code]Payment{}
	for _, p := range []Payment{
		{}, {"10.50", "EUR", "ACME", ""}, {"10.51", "EUR", "ACME", ""}, {"10.50", "USD", "ACME", ""},
		{"10.50", "EUR", "ACME ", ""}, {"10.50", "EUR", "ACM", "E"}, {"10.5", "0EUR", "ACME", ""},
		{"10.50", "EUR", "", "ACME"},
	} {
		d, _ := k.digest(1, "C#demo#1", "493817", p)
		code, _ := k.generate(1, "C#demo#1", seed, 8, p)
		_, sameDigest := digests[string(d)]
		_, sameCode := codes[code]
		if sameDigest || sameCode {
			t.Errorf("%q has the digest or the code of another payment", p.bound())
		}
		digests[string(d)], codes[code] = p, p
	}
	refund, _ := k.generate(1, "C#demo#1", seed, 8, Payment{"10.50", "EUR", "ACME", "refund"})
	if _, same := codes[refund]; !same {
		t.Error("the code depends on the purpose, which no re-send has")
	}
}

// Values that are derived from a payment are the same in every release.
func TestKnownPayment(t *testing.T) {
	k, p := testKeys(t, 1), Payment{"10.50", "EUR", "Café", "deposit"}
	code, _ := k.generate(1, "C#demo#id", bytes.Repeat([]byte{5}, 16), 8, p)
	digest, _ := k.digest(1, "C#demo#id", "493817", p)
	got := fmt.Sprint(string(code), " ", hex.EncodeToString(digest), " ", hex.EncodeToString([]byte(p.pack())))
	const want = "17076638 cbed7ebdc0ca5e06c5026fa79b769f2487a8e62541ea3d992c9da6e6f910c0d3 " +
		"2031302e3530204555522000430061006600e9"
	if got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// FuzzPack: what a message shows comes back from a challenge, whatever stands in it, and nothing of it without its key.
func FuzzPack(f *testing.F) {
	f.Add("10.50", "EUR", "Café ☕ 東京 \U0001F600", "493817")
	f.Add("0", "X", "", "")
	f.Fuzz(func(t *testing.T, amount, currency, payee, code string) {
		if strings.Contains(amount+currency+code, " ") || !utf8.ValidString(payee) {
			return // no contract takes them
		}
		k := testKeys(t, 1)
		p, seed := Payment{amount, currency, payee, ""}, bytes.Repeat([]byte{5}, 16)
		c := Challenge{Key: "C#demo#1", Seed: seed, KeyVersion: 1}
		c.Encrypted = k.encrypt(1, c.Key, seed, "+606543216353", Code(code), p)
		to, chosen, got, err := k.decrypt(c)
		if err != nil || to != "+606543216353" || string(chosen) != code || got != p {
			t.Errorf("%q %q %v, want %q %q", []string{string(chosen)}, got.bound(), err, code, p.bound())
		}
		if len(payee) > 3 && bytes.Contains(c.Encrypted, []byte(payee)) {
			t.Errorf("the payee %q is in clear", payee)
		}
	})
}
