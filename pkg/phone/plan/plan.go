// Package plan looks phone numbers up in the numbering plans of the world, by
// the metadata of Google's libphonenumber. Linking it costs megabytes and
// milliseconds at process start.
package plan

import (
	"strconv"

	"github.com/nyaruka/phonenumbers"

	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// satellite lists the country calling codes of satellite networks (ITU-T E.164
// assignments): Inmarsat, Global Mobile Satellite System, international networks.
var satellite = map[int32]bool{870: true, 881: true, 882: true, 883: true}

// premium lists the calling codes that are premium as a whole: international
// premium rate service.
var premium = map[int32]bool{979: true}

// Lookup implements [phone.Lookup]. A number is accepted when libphonenumber
// calls it possible and it is written as E.164 writes it: with its own calling
// code and without a trunk prefix.
func Lookup(cc, national string) (phone.Number, bool) {
	e164 := "+" + cc + national
	n, err := phonenumbers.Parse(e164, "ZZ")
	if err != nil || phonenumbers.Format(n, phonenumbers.E164) != e164 {
		return phone.Number{}, false
	}
	if strconv.Itoa(int(n.GetCountryCode())) != cc || !phonenumbers.IsPossibleNumber(n) {
		return phone.Number{}, false
	}
	return phone.Number{
		E164:   otp.Phone(e164),
		Mask:   phone.Mask(cc, national),
		Region: region(n),
		Kind:   kind(n),
	}, true
}

func region(n *phonenumbers.PhoneNumber) string {
	if r := phonenumbers.GetRegionCodeForNumber(n); len(r) == 2 && r != "ZZ" {
		return r
	}
	return "" // shared by several countries and in none of their plans, or no country at all
}

func kind(n *phonenumbers.PhoneNumber) phone.Kind {
	switch code := n.GetCountryCode(); {
	case satellite[code]:
		return phone.Satellite
	case premium[code], phonenumbers.GetNumberType(n) == phonenumbers.PREMIUM_RATE:
		return phone.Premium
	}
	return phone.Ordinary
}
