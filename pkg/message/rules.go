package message

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// MaxBytes bounds a brand and a template before anything else looks at them. One part has
// 160 characters of GSM 7-bit, which are 320 bytes of UTF-8 at most, or 70 units of UCS-2,
// which are 210. A template has the names of its placeholders beside them.
const MaxBytes = 512

// CheckBrand refuses a brand that no message may have, in any language: an empty one, one
// with characters that people cannot see, one with a number that could be a code, and one
// that looks like the line that binds a code to a site. Whether it fits is another matter.
func CheckBrand(name string) error {
	if !seen(name) {
		return errors.New("brand is empty: give the name that people know the sender by")
	}
	if name != strings.TrimSpace(name) {
		return errors.New("brand begins or ends with a space: take it out")
	}
	if err := plain(name); err != nil {
		return fmt.Errorf("brand %w", err)
	}
	if err := harmless(" " + name + " "); err != nil {
		return fmt.Errorf("brand %w", err)
	}
	return nil
}

// CheckOwn refuses a template of a client's own, with the brand and the lines for autofill that it is for. It must have
// {code} once, may have {brand} and {minutes} once each, and must fit one part with the lines, any code and any time.
// Nothing may look like a second code or like a line for a phone's autofill.
func CheckOwn(template, name string, lines Autofill) error {
	if template != strings.TrimSpace(template) {
		return errors.New("begins or ends with a space: take it out")
	}
	if err := plain(template); err != nil {
		return err
	}
	if err := placeholders(template); err != nil {
		return err
	}
	if err := New(template, name, nil).With(lines).Fits(); err != nil {
		return err
	}
	for _, left := range []string{"1", "30"} {
		text := strings.ReplaceAll(template, string(minutes), left)
		text = strings.ReplaceAll(text, string(brand), name)
		if err := harmless(text); err != nil {
			return err
		}
	}
	return nil
}

// placeholders refuses a template whose placeholders are wrong.
func placeholders(template string) error {
	for _, p := range []placeholder{code, brand, minutes} {
		switch n := strings.Count(template, string(p)); {
		case n > 1:
			return fmt.Errorf("has %s %d times: write it once", p, n)
		case n == 0 && p == code:
			return errors.New("has no {code}: write it where the code belongs")
		}
	}
	rest := strings.NewReplacer("{code}", "", "{brand}", "", "{minutes}", "").Replace(template)
	if strings.ContainsAny(rest, "{}") {
		return errors.New("has { or } beside {code}, {brand} and {minutes}: there are no other placeholders")
	}
	before, after, _ := strings.Cut(template, string(code))
	if touches(before, after) || touches(inked(before), inked(after)) {
		return errors.New("has a letter or a digit of the Latin alphabet, a placeholder or a sign " +
			"that joins numbers next to {code}: a space sets the code off")
	}
	return nil
}

// touches reports whether what is before or after the code reads as a part of it.
func touches(before, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(before)
	first, _ := utf8.DecodeRuneInString(after)
	return before != "" && joins(last) || after != "" && joins(first) || continues(before, after)
}

// inked is a text without marks of direction, joiners and accents: what is next to the code reads on behind them.
func inked(text string) string {
	return strings.Map(func(r rune) rune {
		if isMark(r) || unicode.Is(unicode.M, r) {
			return -1
		}
		return r
	}, text)
}

// continues reports whether a sign of numbers, dates, times or ranges joins the code and another number: 12.{code}.
// The signs of scripts that are written without spaces, such as a wide colon, do not, and neither do brackets.
func continues(before, after string) bool {
	number := func(r rune) bool { return r == '{' || r == '}' || unicode.Is(unicode.N, r) }
	sign := func(r rune) bool {
		western := r < '\u0100' || '\u2000' <= r && r < '\u2c00'
		return unicode.Is(unicode.Pd, r) || r == '\u2019' ||
			western && unicode.In(r, unicode.Po, unicode.Pc, unicode.Sm, unicode.Sc, unicode.Sk)
	}
	if cut := strings.TrimRightFunc(before, sign); cut != before {
		if last, _ := utf8.DecodeLastRuneInString(cut); number(last) {
			return true
		}
	}
	cut := strings.TrimLeftFunc(after, sign)
	first, _ := utf8.DecodeRuneInString(cut)
	return cut != after && number(first)
}

// joins reports whether a reader or a phone would take a character for a part of the code
// beside it. A letter of Chinese or Thai, which are written without spaces, is none.
func joins(r rune) bool {
	return unicode.In(r, unicode.Latin, unicode.Cyrillic, unicode.Greek, unicode.M, unicode.N) ||
		strings.ContainsRune("{}#@+-_/$\u200c\u200d", r)
}

// plain refuses text with a character that is not seen, or that changes how others are
// seen: line breaks, controls, marks of direction other than those that Arabic and Hebrew
// need, characters of no standard.
func plain(s string) error {
	if len(s) > MaxBytes {
		return fmt.Errorf("has %d bytes, must have at most %d", len(s), MaxBytes)
	}
	if !utf8.ValidString(s) {
		return errors.New("is not UTF-8")
	}
	before := ' '
	for _, r := range s {
		switch {
		case isMark(r):
			continue // it carries no accent: the letter before it does
		case r == '\u00a0':
			r = ' '
		case r == ' ':
		case r == utf8.RuneError, !unicode.IsGraphic(r),
			unicode.In(r, unicode.Zs, unicode.Other_Default_Ignorable_Code_Point), blank(r),
			unicode.Is(unicode.Variation_Selector, r) && !varies(before):
			return fmt.Errorf("has the character %U, which is not seen: take it out", r)
		case unicode.Is(unicode.M, r) && (before == ' ' || before == '}'):
			return fmt.Errorf("has the accent %U without a letter before it: take it out", r)
		}
		before = r
	}
	return nil
}

// isMark reports whether a character is not seen itself, and is needed: a joiner, a non-joiner, a mark of direction.
func isMark(r rune) bool { return '\u200c' <= r && r <= '\u200f' }

// seen reports whether a name has more than spaces and marks.
func seen(name string) bool {
	return strings.Trim(name, " \u00a0\u200c\u200d\u200e\u200f") != ""
}

// blank reports whether a character counts as a graphic one and has no ink, or stands for something that a text lacks:
// the Braille pattern of no dots, the object replacement, the null note head.
func blank(r rune) bool { return strings.ContainsRune("\u2800\ufffc\U0001d159", r) }

// varies reports whether a variation selector behind a character can be seen. Letters of these scripts have no
// variants.
func varies(r rune) bool {
	return !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Arabic, unicode.Hebrew, unicode.M)
}

// harmless refuses a text, around a code, in which a phone or a person could find another
// code, or a line that binds a code to a site.
func harmless(text string) error {
	if digits := longestNumber(text); digits >= 4 {
		return fmt.Errorf("has a number of %d digits, which could be taken for the code: have at most 3", digits)
	}
	if siteLine(text) {
		return errors.New("has a part like \"@example.com #1\", which phones take for a code and its site: take it out")
	}
	return nil
}

// longestNumber counts the digits of the longest number in a text, in any script. Neither spaces nor a sign, such as a
// dot, a hyphen or a colon, end a number; a sign beside a space does. Marks on a digit, as in 1\u20e3, and invisible
// characters are skipped.
func longestNumber(text string) (most int) {
	digits, gap := 0, none
	for _, r := range text {
		switch {
		case unicode.Is(unicode.N, r):
			digits, gap = digits+1, none
			most = max(most, digits)
		case unicode.Is(unicode.M, r), isMark(r):
		case unicode.IsSpace(r) && gap != sign:
			gap = spaces
		case unicode.Is(unicode.P, r) && gap == none, r == '\u2212' && gap == none:
			gap = sign
		default:
			digits, gap = 0, none
		}
	}
	return most
}

// What is between two digits of a number.
const (
	none = iota
	spaces
	sign
)

// siteLine reports whether a text has what Chromium's parser takes for an origin-bound
// code anywhere in it: "@", a host, a space, "#" and something.
func siteLine(text string) bool {
	for {
		_, after, ok := strings.Cut(text, "@")
		if !ok {
			return false
		}
		text = after
		host := strings.IndexFunc(after, unicode.IsSpace)
		if host > 0 && strings.HasPrefix(strings.TrimLeftFunc(after[host:], unicode.IsSpace), "#") {
			return true
		}
	}
}
