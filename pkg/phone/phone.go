// Package phone holds what the contracts say about phone numbers. What a number
// is in the real numbering plans is looked up in package plan, which is large and
// linked only where a message may be sent.
package phone

import (
	"strings"

	"countersign/pkg/otp"
)

// Number is a number that is possible in its numbering plan.
type Number struct {
	E164       otp.Phone
	CC         string // country calling code, such as "60"
	Mask       string // see [Mask]
	Region     string // ISO 3166-1 alpha-2 of its country; "" where that cannot be told
	MainRegion string // of the countries that share CC the one it is known for ("US" for 1); "" where CC is no country's
	Kind       Kind
	Valid      bool // see [Strictness]
	Mobile     bool // Valid, and see [Strictness]
}

// Lookup finds a number by its E.164 form ("+606543216353"); ok is false where no
// such number is possible.
type Lookup func(e164 string) (n Number, ok bool)

// Split takes the form of the AMS/DWS contract apart: country calling code, one
// hyphen, national digits without a leading 0 of the area code ("44-2044555666").
// It allows 1 to 3 and 4 to 14 ASCII digits, 15 in all (E.164).
func Split(s string) (cc, national string, ok bool) {
	cc, national, ok = strings.Cut(s, "-")
	ok = ok && len(cc) <= 3 && len(national) >= 4 && len(cc)+len(national) <= 15 &&
		digits(cc) && digits(national) && cc[0] != '0'
	return cc, national, ok
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Mask returns the number as it may be shown: the calling code and the last four
// digits, a star for each digit between ("+60******6353"). A number of four
// digits or fewer is all stars.
func Mask(cc, national string) string {
	open := 4
	if len(national) <= open {
		open = 0
	}
	return "+" + cc + strings.Repeat("*", len(national)-open) + national[len(national)-open:]
}
