// Package message writes the text of an SMS, which always fits one part.
package message

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// onePart is the length of one SMS in the GSM 7-bit alphabet (3GPP TS 23.040).
const onePart = 160

// maxDigits is the longest code, the worst case for the length.
const maxDigits = 8

// Text returns a function that writes the message around a code. The brand is
// what the person knows the merchant by. What is left of the code's lifetime is
// told in whole minutes, rounded down, so that no text promises more than holds.
//
// It refuses a brand that is empty, is not in the GSM 7-bit alphabet (one letter
// outside it would make three parts of one) or would make the text longer than
// one part.
func Text(brand string) (func(code string, left time.Duration) string, error) {
	if strings.TrimSpace(brand) == "" {
		return nil, fmt.Errorf("brand is empty: give the name that people know the sender by")
	}
	text := func(code string, left time.Duration) string {
		return fmt.Sprintf("%s is your %s code, valid for %s.", code, brand, spell(left))
	}
	n, bad := septets(text(strings.Repeat("0", maxDigits), 0))
	if bad != utf8.RuneError {
		return nil, fmt.Errorf("brand has %q, which is not in the GSM 7-bit alphabet: spell it without", bad)
	}
	if n > onePart {
		return nil, fmt.Errorf("brand makes the text %d characters long, at most %d fit one SMS: shorten it by %d", n, onePart, n-onePart)
	}
	return text, nil
}

// spell tells a duration in whole minutes. The longest is the one below a minute.
func spell(left time.Duration) string {
	switch minutes := int(left / time.Minute); minutes {
	case 0:
		return "less than 1 minute"
	case 1:
		return "1 minute"
	default:
		return fmt.Sprintf("%d minutes", minutes)
	}
}

// The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038
// section 6.2.1); a character of the extension takes two septets. Line breaks
// and the escape are left out: no brand has them.
const (
	basic = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extension = "^{}\\[~]|€"
)

// septets returns the length of s in septets, and the first character that is
// outside the alphabet, or utf8.RuneError when there is none.
func septets(s string) (n int, bad rune) {
	for _, r := range s {
		switch {
		case r != utf8.RuneError && strings.ContainsRune(basic, r):
			n++
		case r != utf8.RuneError && strings.ContainsRune(extension, r):
			n += 2
		default:
			if r == utf8.RuneError {
				r = '\uFFFE' // invalid UTF-8, or the replacement character itself
			}
			return n, r
		}
	}
	return n, utf8.RuneError
}
