package inquiry

import (
	"strings"
	"unicode"
)

// Ungrouped returns a number that begins with "+" without what groups its digits: blanks, hyphens, dots, brackets, and
// the invisible marks that address books copy with it. "(0)" stays, and no number has it: whether that 0 belongs to the
// number is up to the country. Any other text is returned as it is.
func Ungrouped(number string) string {
	plain := strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Z, unicode.Pd, unicode.Cf) || strings.ContainsRune("\t.()", r) {
			return -1
		}
		return r
	}, number)
	if !strings.HasPrefix(plain, "+") || strings.Contains(number, "(0)") {
		return number
	}
	return plain
}
