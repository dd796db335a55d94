// Package message writes the text of an SMS in each of the [Languages]. A text always
// fits one SMS.
package message

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// onePart is the length of one SMS in the GSM 7-bit alphabet (3GPP TS 23.040).
const onePart = 160

// maxDigits is the longest code, the worst case for the length.
const maxDigits = 8

// Text returns a function that writes the message of a code. The brand is the name that
// people know the merchant by. The message states the time left in whole minutes, rounded
// down, so that it never promises too much. The function may be called concurrently.
//
// The language is a tag of BCP 47, POSIX or Java, such as "en", "de-AT", "en_PH.UTF-8" or
// "in_ID". Only the primary subtag counts, in upper or lower case, also as an old code or
// one of three letters; "" is English. Text refuses a language that is not one of the
// [Languages].
//
// It refuses a brand that is empty, that is not in the GSM 7-bit alphabet (one other
// letter would turn one SMS into three), or that makes the text longer than one SMS.
func Text(brand, language string) (func(code string, left time.Duration) string, error) {
	w, ok := find(language)
	if !ok {
		return nil, fmt.Errorf("language %q has no text: use one of %s", language, strings.Join(Languages(), ", "))
	}
	if err := spelled(brand); err != nil {
		return nil, err
	}
	text := w.around(brand)
	if n := longest(text); n > onePart {
		return nil, fmt.Errorf("brand makes the text %d characters long, at most %d fit one SMS: shorten it by %d",
			n, onePart, n-onePart)
	}
	return text, nil
}

// CheckBrand refuses a brand that [Text] refuses in any of the [Languages]. Requests and
// users choose among them, so a brand must fit in all. A letter of the alphabet's
// extension, such as €, counts twice.
func CheckBrand(brand string) error {
	if err := spelled(brand); err != nil {
		return err
	}
	most, in := 0, ""
	for _, language := range Languages() {
		if n := longest(wordings[language].around(brand)); n > most {
			most, in = n, language
		}
	}
	if most > onePart {
		return fmt.Errorf("brand makes the text %d characters long in the language %q, at most %d fit one SMS: "+
			"shorten it by %d", most, in, onePart, most-onePart)
	}
	return nil
}

// spelled refuses a brand that fits no text in any language.
func spelled(brand string) error {
	if strings.TrimSpace(brand) == "" {
		return fmt.Errorf("brand is empty: give the name that people know the sender by")
	}
	if _, bad := septets(brand); bad != utf8.RuneError {
		return fmt.Errorf("brand has %q, which is not in the GSM 7-bit alphabet: spell it without", bad)
	}
	return nil
}

// around returns the text of a brand.
func (w wording) around(brand string) func(code string, left time.Duration) string {
	middle := w.is + brand + w.valid
	return func(code string, left time.Duration) string {
		return code + middle + w.spell(left) + w.end
	}
}

// longest returns the length in septets of the longest text, with the longest code and
// any time left.
func longest(text func(string, time.Duration) string) int {
	code := strings.Repeat("0", maxDigits)
	most := 0
	for _, left := range []time.Duration{0, time.Minute, math.MaxInt64} {
		n, _ := septets(text(code, left))
		most = max(most, n)
	}
	return most
}

// spell states a duration in whole minutes.
func (w wording) spell(left time.Duration) string {
	switch minutes := int(left / time.Minute); {
	case minutes < 1:
		return w.soon
	case minutes == 1:
		return w.one
	default:
		return strconv.Itoa(minutes) + w.many
	}
}

// The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038
// section 6.2.1). A character of the extension takes two septets. Line breaks and the
// escape are left out, because no brand has them.
const (
	basic = "@£$¥èéùìòÇØøÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extension = "^{}\\[~]|€"
)

// septets returns the length of s in septets, and the first character outside the
// alphabet, or utf8.RuneError if there is none.
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
