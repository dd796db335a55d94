package message

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"countersign/pkg/otp"
)

// MaxPayee is the most characters of a payee, where one outside the basic plane counts twice, as on the air.
const MaxPayee = 35

// CheckPayee refuses a payee that no message may have: an empty or a long one, one with characters that people cannot
// see, one with a number that could be a code, and one that looks like the line that binds a code to a site.
func CheckPayee(name string) error {
	switch n := len(utf16.Encode([]rune(name))); {
	case !seen(name):
		return errors.New("is empty: give the name that people know the payee by")
	case name != strings.TrimSpace(name):
		return errors.New("begins or ends with a space: take it out")
	case n > MaxPayee:
		return fmt.Errorf("has %d characters, must have at most %d", n, MaxPayee)
	}
	if err := plain(name); err != nil {
		return err
	}
	return harmless(" " + name + " ")
}

// Paying returns the text with a line that shows a payment behind it, or the text itself without one. The lines of
// [Text.With] come after this one.
//
// The line has no words, so that it is the same in every language. Its digits stand in threes: no number of it is long
// enough for a code. Where a language is written from right to left, the line still begins with the currency.
func (t Text) Paying(p otp.Payment) Text {
	if p.None() {
		return t
	}
	line := []part{
		{words: "\n"}, {words: p.Currency + " " + inThrees(p.Amount), stand: amount}, {words: ": "},
		{words: p.Payee, stand: payee},
	}
	return Text{parts: slices.Concat(t.parts, line), time: t.time, lines: t.lines}
}

// inThrees returns a decimal number with a space before each three digits of its whole part.
func inThrees(amount string) string {
	whole, fraction, fractional := strings.Cut(amount, ".")
	var b strings.Builder
	for i, digit := range []byte(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(' ')
		}
		b.WriteByte(digit)
	}
	if fractional {
		b.WriteString("." + fraction)
	}
	return b.String()
}
