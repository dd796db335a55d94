package languages_test

import (
	"slices"
	"testing"
	"time"

	"countersign/pkg/message"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
)

// The language of each built-in text is found, with and without its time, a payment and lines for autofill, and in the
// form for registration. Danish has the text of Norwegian for most times, and Russian that of Ukrainian without a time.
func TestOf(t *testing.T) {
	paid := otp.Payment{Amount: "10.00", Currency: "MYR", Payee: "Shop"}
	for _, w := range []message.Words{
		{Brand: "Acme"}, {Brand: "Acme", Autofill: message.Autofill{Site: "example.com"}},
		{Brand: "Acme", Payment: paid}, {Brand: "Acme", Registered: true},
	} {
		for _, tag := range languages.All() {
			text, err := languages.In(w, tag)
			if err != nil {
				t.Fatalf("%s: %v", tag, err)
			}
			for _, left := range []time.Duration{0, time.Minute, 2 * time.Minute, 5 * time.Minute, 21 * time.Minute} {
				written := text.Write("425502", left)
				got := languages.Of(written)
				if same := slices.Contains([]string{"da", "nb", "ru", "uk"}, tag); got != tag && (!same || got != "") {
					t.Errorf("%q is %q, want %q", written, got, tag)
				}
			}
		}
	}
	for _, text := range []string{
		"", "425502", "Votre code: 425502", "425502 is your  code.x", "425502 is your code.", "is your Acme code",
	} {
		if got := languages.Of(text); got != "" {
			t.Errorf("%q is %q", text, got)
		}
	}
}
