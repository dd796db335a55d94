//go:build !race

// These tests compare some hundred thousand look-ups of one goroutine with the Go port.
// The race detector finds nothing in them and makes them twenty times slower, so that
// make test runs this package once more without it.

package plan_test

import (
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/nyaruka/phonenumbers"

	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/phone/plan"
)

var e164 = regexp.MustCompile(`\A\+[1-9][0-9]{4,14}\z`)

// port does what Lookup does, by the Go port of libphonenumber.
func port(s string) (phone.Number, bool) {
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
	kind := phone.Ordinary
	switch {
	case code == 870, 881 <= code && code <= 883:
		kind = phone.Satellite
	case code == 979, line == phonenumbers.PREMIUM_RATE:
		kind = phone.Premium
	}
	country := func(region string) string {
		if len(region) != 2 || region == "ZZ" {
			return ""
		}
		return region
	}
	valid := phonenumbers.IsValidNumber(n)
	return phone.Number{
		E164: otp.Phone(s), CC: cc, Mask: phone.Mask(cc, s[1+len(cc):]),
		Region:     country(phonenumbers.GetRegionCodeForNumber(n)),
		MainRegion: country(phonenumbers.GetRegionCodeForCountryCode(code)),
		Kind:       kind, Valid: valid,
		Mobile: valid && (line == phonenumbers.MOBILE || line == phonenumbers.FIXED_LINE_OR_MOBILE),
	}, true
}

// same compares Lookup with the port, and returns the result of Lookup.
func same(t *testing.T, s string) (phone.Number, bool) {
	t.Helper()
	got, ok := plan.Lookup(s)
	if want, there := port(s); ok != there || got != want {
		t.Errorf("%q: %v, %+v; the port returns %v, %+v", s, ok, got, there, want)
	}
	return got, ok
}

// Lookup agrees with the port on each of the port's examples, of each type of line in each
// country, and on numbers near them: each digit replaced, digits removed and added, and
// the trunk prefixes of the world put in front.
func TestPort(t *testing.T) {
	seen := map[string]int{}
	look := func(s string) {
		n, ok := same(t, s)
		switch {
		case !ok:
			seen["refused"]++
		case n.Mobile:
			seen["mobile"]++
		case n.Valid:
			seen["valid"]++
		default:
			seen["possible"]++
		}
		if ok && n.Kind != phone.Ordinary {
			seen["expensive"]++
		}
		if ok && n.Region != n.MainRegion {
			seen["shared"]++
		}
	}
	for _, example := range examples() {
		cc := len(strconv.Itoa(int(example.GetCountryCode()))) + 1
		s := phonenumbers.Format(example, phonenumbers.E164)
		look(s)
		look(s[:len(s)-1])
		look(s[:len(s)-2])
		look(s + "1")
		look(s + "12")
		for _, prefix := range []string{"0", "1", "8", "00", "01", "06", "15", "9", "44", "99"} {
			look(s[:cc] + prefix + s[cc:])
		}
		for i := cc; i < len(s); i++ {
			for _, d := range "0123456789" {
				look(s[:i] + string(d) + s[i+1:])
			}
		}
	}
	for _, what := range []string{"refused", "mobile", "valid", "possible", "expensive", "shared"} {
		if seen[what] < 1000 {
			t.Errorf("%d numbers compared that are %s, want thousands: %v", seen[what], what, seen)
		}
	}
}

// examples returns the port's examples: of each type of line in each country, and of each
// calling code of no country.
func examples() (all []*phonenumbers.PhoneNumber) {
	for region := range phonenumbers.GetSupportedRegions() {
		for _, line := range []phonenumbers.PhoneNumberType{
			phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.TOLL_FREE, phonenumbers.PREMIUM_RATE,
			phonenumbers.SHARED_COST, phonenumbers.VOIP, phonenumbers.PERSONAL_NUMBER, phonenumbers.PAGER,
			phonenumbers.UAN, phonenumbers.VOICEMAIL,
		} {
			if example := phonenumbers.GetExampleNumberForType(region, line); example != nil {
				all = append(all, example)
			}
		}
	}
	for code := range phonenumbers.GetSupportedGlobalNetworkCallingCodes() {
		if example := phonenumbers.GetExampleNumberForNonGeoEntity(code); example != nil {
			all = append(all, example)
		}
	}
	return all
}

// Lookup agrees with the port on random numbers of each length under each calling code.
func TestPortAtRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for code := range 1000 {
		if code > 0 && !phonenumbers.GetSupportedCallingCodes()[code] && code > 99 {
			continue // codes of one or two digits may be the beginning of a longer one
		}
		for length := 1; length <= 14; length++ {
			for range 8 {
				s := "+" + strconv.Itoa(code)
				for range length {
					s += string('0' + byte(random.IntN(10)))
				}
				same(t, s)
			}
		}
	}
}

func FuzzLookup(f *testing.F) {
	for in := range known {
		f.Add("+" + strings.ReplaceAll(in, "-", ""))
	}
	f.Add("+1206TYPEABC")
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := same(t, s)
		if !ok {
			return
		}
		national, ok := strings.CutPrefix(s, "+"+n.CC)
		if !ok || n.E164.E164() != s || n.Mask != phone.Mask(n.CC, national) {
			t.Fatalf("%q is returned as %s, %s", s, n.E164.E164(), n.Mask)
		}
	})
}
