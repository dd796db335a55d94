// Package plan looks phone numbers up in the numbering plans of the world, by the
// metadata of Google's libphonenumber.
//
// The metadata is in codes.go, written from that of the Go port
// (github.com/nyaruka/phonenumbers) by `go test ./pkg/phone/plan -run TestCodes
// -update`. The port itself is linked by the tests only, which compare the two:
// it unpacks and parses all plans at process start, 7 ms and 7 MB of every
// function that sends, for the one plan that a call needs (docs/benchmarks.md).
package plan

import (
	"slices"
	"strings"

	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// Lookup implements [phone.Lookup]. A number is accepted when libphonenumber
// calls it possible and it is written as E.164 writes it: with its own calling
// code and without a trunk prefix.
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
		// libphonenumber's own rule: a number is valid when some type of line has it.
		Valid:  line != unknown,
		Mobile: line == mobileLine,
	}, true
}

// minNational is libphonenumber's least number of digits after the calling code.
const minNational = 2

// isE164 reports whether s has the form of a number: 5 to 15 digits after a plus.
// libphonenumber alone would let national numbers of up to 17 digits pass.
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

// find returns the calling code that a number begins with, nil where there is none
// such. No code is the beginning of another one.
func find(digits string) *code {
	for n := 1; n <= 3; n++ {
		if i, ok := slices.BinarySearchFunc(codes, digits[:n], func(c code, number string) int { return strings.Compare(c.number, number) }); ok {
			return &codes[i]
		}
	}
	return nil
}

// country keeps the codes of countries: libphonenumber also has 001 for numbers
// of no country.
func country(region string) string {
	if len(region) != 2 {
		return ""
	}
	return region
}

// kind tells what is dear. Codes of satellite networks are those of Inmarsat, the
// Global Mobile Satellite System and international networks, and 979 is premium as
// a whole, the international premium rate service (ITU-T E.164 assignments).
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
