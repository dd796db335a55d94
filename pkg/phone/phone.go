// Package phone has the rules of the contracts about phone numbers. Package plan has the
// numbering plans of the world. It is large, so only processes that send messages link it.
package phone

import (
	"strings"

	"countersign/pkg/otp"
)

// Number is a number that is possible in its numbering plan.
type Number struct {
	// E164 is the form that networks take. Every spelling of a line has the same one, so
	// messages are sent to it and counted under it.
	E164       otp.Phone
	CC         string   // country calling code, such as "60"
	Mask       string   // of the number as it was given, see [Mask]
	Region     string   // ISO 3166-1 alpha-2 code of its country; "" if that is uncertain
	Sharing    []string // if Region is uncertain: the countries that share CC
	MainRegion string   // the main one of the countries that share CC ("US" for 1); "" if CC belongs to no country
	Kind       Kind
	Valid      bool // see [Strictness]
	Mobile     bool // Valid, and see [Strictness]
	// Test is set for a test number of the client that asks. It is no part of a numbering plan.
	Test otp.Test
}

// Lookup finds a number by its E.164 form ("+606543216353"). ok is false if no such
// number is possible.
type Lookup func(e164 string) (n Number, ok bool)

// Split splits a number in the form of the AMS/DWS contract: country calling code, one
// hyphen, national digits without the leading 0 of the area code ("44-2044555666"). It
// allows 1 to 3 and 4 to 14 ASCII digits, 15 in all (E.164).
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

// Mask returns a form of the number that may be shown: the calling code, a star for each
// further digit, and the last four digits ("+60******6353"). Of a national number it shows
// at most half of the digits, and of one with four digits or fewer none.
func Mask(cc, national string) string {
	open := min(4, len(national)/2)
	if len(national) <= 4 {
		open = 0
	}
	return "+" + cc + strings.Repeat("*", len(national)-open) + national[len(national)-open:]
}

// MaskE164 returns the mask of a number in E.164 form ("+606543216353"), "" for another text. It needs no numbering
// plan: the length of a calling code follows from its first digits (ITU-T E.164.D).
func MaskE164(number string) string {
	all, ok := strings.CutPrefix(number, "+")
	cc := callingCode(all)
	if !ok || !digits(all) || len(all) > 15 || len(all) <= cc || all[0] == '0' {
		return ""
	}
	return Mask(all[:cc], all[cc:])
}

// twoDigits are the calling codes with two digits. 1 and 7 have one, all others three.
const twoDigits = "20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 " +
	"60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98"

// callingCode returns the length of the calling code that begins a number.
func callingCode(number string) int {
	switch {
	case number == "":
		return 0
	case number[0] == '1', number[0] == '7':
		return 1
	case len(number) > 2 && strings.Contains(twoDigits, number[:2]):
		return 2
	}
	return 3
}
