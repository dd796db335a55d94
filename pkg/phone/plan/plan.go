// Package plan looks phone numbers up in the numbering plans of the world, by
// the metadata of Google's libphonenumber. Linking it costs megabytes and
// milliseconds at process start.
package plan

import (
	"regexp"
	"strconv"

	"github.com/nyaruka/phonenumbers"

	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// satellite lists the country calling codes of satellite networks (ITU-T E.164
// assignments): Inmarsat, Global Mobile Satellite System, international networks.
var satellite = map[int]bool{870: true, 881: true, 882: true, 883: true}

// premium lists the calling codes that are premium as a whole: international
// premium rate service.
var premium = map[int]bool{979: true}

// e164 is the form of a number. libphonenumber alone would let national numbers of
// up to 17 digits pass.
var e164 = regexp.MustCompile(`\A\+[1-9][0-9]{4,14}\z`)

// Lookup implements [phone.Lookup]. A number is accepted when libphonenumber
// calls it possible and it is written as E.164 writes it: with its own calling
// code and without a trunk prefix.
func Lookup(s string) (phone.Number, bool) {
	if !e164.MatchString(s) {
		return phone.Number{}, false
	}
	n, err := phonenumbers.Parse(s, "ZZ")
	if err != nil || phonenumbers.Format(n, phonenumbers.E164) != s || !phonenumbers.IsPossibleNumber(n) {
		return phone.Number{}, false
	}
	code := int(n.GetCountryCode())
	cc := strconv.Itoa(code)
	line := phonenumbers.GetNumberType(n)
	return phone.Number{
		E164:       otp.Phone(s),
		CC:         cc,
		Mask:       phone.Mask(cc, s[1+len(cc):]),
		Region:     country(phonenumbers.GetRegionCodeForNumber(n)),
		MainRegion: country(phonenumbers.GetRegionCodeForCountryCode(code)),
		Kind:       kind(code, line),
		// libphonenumber's own rule: a number is valid when some type of line has
		// it. Its IsValidNumber would look for the type once more.
		Valid:  line != phonenumbers.UNKNOWN,
		Mobile: line == phonenumbers.MOBILE || line == phonenumbers.FIXED_LINE_OR_MOBILE,
	}, true
}

// country keeps the codes of countries: libphonenumber also has 001 for numbers
// of no country and ZZ for not known.
func country(region string) string {
	if len(region) != 2 || region == "ZZ" {
		return ""
	}
	return region
}

func kind(code int, line phonenumbers.PhoneNumberType) phone.Kind {
	switch {
	case satellite[code]:
		return phone.Satellite
	case premium[code], line == phonenumbers.PREMIUM_RATE:
		return phone.Premium
	}
	return phone.Ordinary
}
