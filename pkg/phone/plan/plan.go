// Package plan looks phone numbers up in the numbering plans of the world. It uses the
// metadata of Google's libphonenumber.
//
// The metadata is in codes_gen.go. `make plan` writes that file from the newest release of
// libphonenumber's port for Python, which follows upstream every two weeks. .ci/plan
// compares the look-up with the answers of that port.
//
// A port in Go would unpack and parse all plans at process start, which would cost each
// function that sends 7 ms and 7 MB, for the one plan that a call needs
// (docs/benchmarks.md).
package plan

import (
	"slices"
	"strings"

	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// Lookup implements [phone.Lookup]. It accepts a number that libphonenumber calls
// possible and that has the form of E.164: a plus, the calling code, and the national
// number without a trunk prefix. A number in an older spelling of its line is looked up,
// and returned, in the spelling of today. It may be called concurrently.
func Lookup(s string) (phone.Number, bool) {
	if !isE164(s) {
		return phone.Number{}, false
	}
	c := find(s[1:])
	if c == nil {
		return phone.Number{}, false
	}
	given := s[1+len(c.number):]
	national := canonical(c.number, given)
	n, ok := c.lookup(national)
	if !ok {
		return phone.Number{}, false
	}
	n.E164, n.Mask = otp.Phone("+"+c.number+national), phone.Mask(c.number, given)
	return n, true
}

// lookup looks a national number up in the plan of its calling code, as upstream does. A
// length that can be dialled within an area only is not possible: no message reaches it.
func (c *code) lookup(national string) (phone.Number, bool) {
	if n := len(national); n < minNational || !c.national.has(n) || c.trunk(national) {
		return phone.Number{}, false
	}
	id, line := "", unknown
	if r := c.region(national); r != nil {
		id, line = r.id, r.kind(national)
	}
	n := phone.Number{
		CC:         c.number,
		Region:     country(id),
		MainRegion: country(c.regions[0].id),
		Kind:       c.kind(line, national),
		// libphonenumber's own rule: a number is valid if it matches some type of line.
		Valid:  line != unknown,
		Mobile: line == mobileLine,
	}
	if n.Region == "" {
		n.Sharing = c.countries()
	}
	return n, true
}

// countries returns the countries that share a calling code.
func (c *code) countries() (all []string) {
	for _, r := range c.regions {
		if id := country(r.id); id != "" {
			all = append(all, id)
		}
	}
	return all
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

// kind returns whether the number is one that its owner may earn from, or that no person reads messages at. The calling
// codes 870 to 883 belong to satellite networks (Inmarsat, the Global Mobile Satellite System, international networks);
// 979 is the international premium rate service (ITU-T E.164, list of assigned country codes).
//
// A number of no known line is taken for a premium one if its first digits are those of
// premium lines alone: ranges grow before the metadata does.
func (c *code) kind(line kind, national string) phone.Kind {
	switch c.number {
	case "870", "881", "882", "883":
		return phone.Satellite
	case "979":
		return phone.Premium
	}
	if line == unknown && c.isCostly(national) {
		return phone.Premium
	}
	return kinds[line]
}

// kinds has the kinds of lines that are not ordinary.
var kinds = map[kind]phone.Kind{
	premiumRate: phone.Premium, sharedCost: phone.SharedCost, pagerLine: phone.Pager, uanLine: phone.UAN,
	voicemailLine: phone.Voicemail,
}

// isCostly reports whether the first one to three digits are those of premium lines alone.
func (c *code) isCostly(national string) bool {
	for n := 1; n <= min(3, len(national)); n++ {
		if slices.Contains(strings.Fields(c.costly), national[:n]) {
			return true
		}
	}
	return false
}
