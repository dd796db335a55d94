// Package plan looks phone numbers up in the numbering plans of the world. It uses the
// metadata of Google's libphonenumber.
//
// The metadata is in codes_gen.go. `go generate ./pkg/phone/plan` writes that file from
// the metadata of the Go port (github.com/nyaruka/phonenumbers) in the version that
// go.mod names. Only the tests link the port, and compare [Lookup] with it. The port
// unpacks and parses all plans at process start, which would cost each function that
// sends 7 ms and 7 MB, for the one plan that a call needs (docs/benchmarks.md).
package plan

//go:generate go test . -run TestCodes -update

import (
	"slices"
	"strings"

	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// Lookup implements [phone.Lookup]. It accepts a number that libphonenumber calls
// possible and that has the form of E.164: a plus, the calling code, and the national
// number without a trunk prefix. It may be called concurrently.
func Lookup(s string) (phone.Number, bool) {
	if !isE164(s) {
		return phone.Number{}, false
	}
	c := find(s[1:])
	if c == nil {
		return phone.Number{}, false
	}
	national := s[1+len(c.number):]
	if n := len(national); n < minNational || !c.national.has(n) && !c.local.has(n) || c.trunk(national) {
		return phone.Number{}, false
	}
	id, line := "", unknown
	if r := c.region(national); r != nil {
		id, line = r.id, r.kind(national)
	}
	return phone.Number{
		E164:       otp.Phone(s),
		CC:         c.number,
		Mask:       phone.Mask(c.number, national),
		Region:     country(id),
		MainRegion: country(c.regions[0].id),
		Kind:       c.kind(line),
		// libphonenumber's own rule: a number is valid if it matches some type of line.
		Valid:  line != unknown,
		Mobile: line == mobileLine,
	}, true
}

// minNational is the least number of digits after the calling code, by libphonenumber.
const minNational = 2

// isE164 reports whether s is a plus and 5 to 15 digits, the first of them not 0 (ITU-T
// E.164). libphonenumber alone accepts national numbers of up to 17 digits.
func isE164(s string) bool {
	if len(s) < 6 || len(s) > 16 || s[0] != '+' || s[1] == '0' {
		return false
	}
	for _, c := range []byte(s[1:]) {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// find returns the calling code at the beginning of a number, or nil. No calling code is
// the beginning of another one, so that the first match is the only one.
func find(digits string) *code {
	for n := 1; n <= 3; n++ {
		i, ok := slices.BinarySearchFunc(codes, digits[:n], func(c code, number string) int {
			return strings.Compare(c.number, number)
		})
		if ok {
			return &codes[i]
		}
	}
	return nil
}

// country returns the ISO 3166-1 code of a region, and "" for libphonenumber's 001, which
// stands for numbers of no country.
func country(region string) string {
	if len(region) != 2 {
		return ""
	}
	return region
}

// kind returns whether a message to the number is expensive. The calling codes 870 to 883
// belong to satellite networks (Inmarsat, the Global Mobile Satellite System,
// international networks); 979 is the international premium rate service (ITU-T E.164,
// list of assigned country codes).
func (c *code) kind(line kind) phone.Kind {
	switch c.number {
	case "870", "881", "882", "883":
		return phone.Satellite
	case "979":
		return phone.Premium
	}
	if line == premiumRate {
		return phone.Premium
	}
	return phone.Ordinary
}
