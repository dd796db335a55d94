package cognito

import (
	"strings"
	"unicode"
)

// maxTyped is the longest answer, in bytes, that [typed] changes. Eight digits of four bytes each with a
// separator of three after each digit are 56.
const maxTyped = 256

// typed returns an answer as the code that a person means: without white space, invisible characters and
// hyphens, and with the digits of any script as ASCII digits. Keyboards, clipboards and autofill add or use
// them. Everything else stays, so an answer with a letter still is no code.
func typed(answer string) string {
	if len(answer) > maxTyped {
		return answer
	}
	return strings.Map(func(r rune) rune {
		switch {
		case '0' <= r && r <= '9':
			return r
		case unicode.IsSpace(r), separates(r):
			return -1
		}
		if value, ok := digit(r); ok {
			return '0' + value
		}
		return r
	}, answer)
}

// separates reports whether r is a space without width, another invisible format character, a hyphen, a dash
// or a minus sign.
func separates(r rune) bool {
	switch r {
	case '\u2043', '\u02d7', '\u2212', '\u207b', '\u208b': // the hyphens and minus signs that are no dash to Unicode
		return true
	}
	return unicode.In(r, unicode.Cf, unicode.Pd, unicode.Zs)
}

// digit returns the value of a decimal digit of any script. Unicode has the ten digits of a script one after
// the other, so each range of the category Nd is of one or more groups of ten.
func digit(r rune) (value rune, ok bool) {
	for _, in := range unicode.Nd.R16 {
		if lo := rune(in.Lo); lo <= r && r <= rune(in.Hi) {
			return (r - lo) % 10, true
		}
	}
	for _, in := range unicode.Nd.R32 {
		if lo := rune(in.Lo); lo <= r && r <= rune(in.Hi) {
			return (r - lo) % 10, true
		}
	}
	return 0, false
}

// isTrue reports whether a boolean attribute of a user is true. Cognito keeps the text that was written:
// applications and the console write true, Python and the reference of AdminCreateUser write True, and
// spreadsheets for the import of users write TRUE. No other word is taken.
func isTrue(attribute string) bool {
	return strings.EqualFold(strings.TrimSpace(attribute), "true")
}
