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

// known are numbers as the AMS/DWS contract writes them, with what they are. The
// first three are samples of Alipay's own pages.
var known = map[string]phone.Number{
	"60-6543216353": {Mask: "+60******6353", Region: "MY", MainRegion: "MY"},
	"44-2044555666": {Mask: "+44******5666", Region: "GB", MainRegion: "GB", Valid: true},
	"1-4154567899":  {Mask: "+1******7899", Region: "US", MainRegion: "US", Valid: true, Mobile: true},

	"1-2068800123":   {Mask: "+1******0123", Region: "US", MainRegion: "US", Valid: true, Mobile: true}, // the Unimatrix contract's
	"60-123456789":   {Mask: "+60*****6789", Region: "MY", MainRegion: "MY", Valid: true, Mobile: true},
	"39-0612345678":  {Mask: "+39******5678", Region: "IT", MainRegion: "IT", Valid: true},                // its 0 is part of the number
	"49-15112345678": {Mask: "+49*******5678", Region: "DE", MainRegion: "DE", Valid: true, Mobile: true}, // 0151 is one digit longer
	"49-1511234567":  {Mask: "+49******4567", Region: "DE", MainRegion: "DE"},
	"290-23456":      {Mask: "+290*3456", Region: "SH", MainRegion: "SH", Valid: true},

	// Calling codes of several countries.
	"1-6045551234":  {Mask: "+1******1234", Region: "CA", MainRegion: "US", Valid: true, Mobile: true},
	"1-8765551234":  {Mask: "+1******1234", Region: "JM", MainRegion: "US", Valid: true, Mobile: true},
	"1-2003456789":  {Mask: "+1******6789", MainRegion: "US"}, // in no country's plan
	"1-8005551234":  {Mask: "+1******1234", Region: "US", MainRegion: "US", Valid: true},
	"7-9123456789":  {Mask: "+7******6789", Region: "RU", MainRegion: "RU", Valid: true, Mobile: true},
	"7-7012345678":  {Mask: "+7******5678", Region: "KZ", MainRegion: "RU", Valid: true, Mobile: true},
	"44-7911123456": {Mask: "+44******3456", Region: "GG", MainRegion: "GB", Valid: true, Mobile: true},
	"44-1481960194": {Mask: "+44******0194", Region: "GG", MainRegion: "GB", Valid: true},
	"44-7400123456": {Mask: "+44******3456", Region: "GB", MainRegion: "GB", Valid: true, Mobile: true},
	"262-269601234": {Mask: "+262*****1234", Region: "YT", MainRegion: "RE", Valid: true},
	"358-181234567": {Mask: "+358*****4567", Region: "AX", MainRegion: "FI", Valid: true},

	// Dear ones, and those of no country.
	"1-9002345678":   {Mask: "+1******5678", Region: "US", MainRegion: "US", Kind: phone.Premium, Valid: true},
	"44-9012345678":  {Mask: "+44******5678", Region: "GB", MainRegion: "GB", Kind: phone.Premium, Valid: true},
	"979-123456789":  {Mask: "+979*****6789", Kind: phone.Premium, Valid: true},
	"881-612345678":  {Mask: "+881*****5678", Kind: phone.Satellite, Valid: true, Mobile: true},
	"870-773111632":  {Mask: "+870*****1632", Kind: phone.Satellite, Valid: true, Mobile: true},
	"883-5100123456": {Mask: "+883******3456", Kind: phone.Satellite},
	"800-12345678":   {Mask: "+800****5678", Valid: true},

	"44-02044555666":    {}, // trunk prefix
	"999-123456789":     {}, // no such calling code
	"60-65432163531234": {}, // too long for Malaysia
	"1-415456":          {}, // too short
	"60-6543":           {},
}

func TestLookup(t *testing.T) {
	for in, want := range known {
		cc, national, _ := strings.Cut(in, "-")
		if want.Mask != "" {
			want.E164, want.CC = otp.Phone("+"+cc+national), cc
		}
		if got, ok := plan.Lookup("+" + cc + national); ok != (want.E164 != "") || got != want {
			t.Errorf("+%s%s: %v, %+v (%s), want %+v (%s)", cc, national, ok, got, got.E164.E164(), want, want.E164.E164())
		}
	}
}

// Numbers that libphonenumber could make sense of, in another form than the
// contract's.
func TestLookupForm(t *testing.T) {
	for _, in := range []string{
		"", "+", "12068800123", "0012068800123", "++12068800123", "+012068800123", "+1 206 880 0123", "+1-206-880-0123", "+1(206)8800123",
		"tel:+12068800123", "+12068800123;ext=1", "+12068800123 x1", "+12068800123\n", " +12068800123", "+1206880012a", "+1206TYPEABC",
		"＋12068800123", "+１２０６８８００１２３", "+١٢٠٦٨٨٠٠١٢٣", "+12068800123\u200b", "+1206880\x000123", "+1\xff2068800123",
		"+4402044555666", "+2904", "+4915112345678901", // 16 digits, which Germany may have
		"+" + strings.Repeat("1", 1000),
	} {
		if n, ok := plan.Lookup(in); ok || n != (phone.Number{}) {
			t.Errorf("%q: %v, %+v, want refused", in, ok, n)
		}
	}
}

var e164 = regexp.MustCompile(`\A\+[1-9][0-9]{4,14}\z`)

// port is Lookup by the Go port of libphonenumber.
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
		Region: country(phonenumbers.GetRegionCodeForNumber(n)), MainRegion: country(phonenumbers.GetRegionCodeForCountryCode(code)),
		Kind: kind, Valid: valid, Mobile: valid && (line == phonenumbers.MOBILE || line == phonenumbers.FIXED_LINE_OR_MOBILE),
	}, true
}

// same compares the two, and returns what both say.
func same(t *testing.T, s string) (phone.Number, bool) {
	t.Helper()
	got, ok := plan.Lookup(s)
	if want, there := port(s); ok != there || got != want {
		t.Errorf("%q: %v, %+v; the port says %v, %+v", s, ok, got, there, want)
	}
	return got, ok
}

// Lookup says what the port does about each of its examples, of each type of line in
// each country, and about what is near them: each digit replaced, one less, one more,
// and the trunk prefixes of the world put before.
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
			seen["dear"]++
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
			for _, d := range "058" { // all ten take a minute under the race detector
				look(s[:i] + string(d) + s[i+1:])
			}
		}
	}
	for _, what := range []string{"refused", "mobile", "valid", "possible", "dear", "shared"} {
		if seen[what] < 1000 {
			t.Errorf("%d numbers compared that are %s, want thousands: %v", seen[what], what, seen)
		}
	}
}

// examples are the port's, of each type of line in each country and of each code
// that is no country's.
func examples() (all []*phonenumbers.PhoneNumber) {
	for region := range phonenumbers.GetSupportedRegions() {
		for _, line := range []phonenumbers.PhoneNumberType{
			phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.TOLL_FREE, phonenumbers.PREMIUM_RATE, phonenumbers.SHARED_COST,
			phonenumbers.VOIP, phonenumbers.PERSONAL_NUMBER, phonenumbers.PAGER, phonenumbers.UAN, phonenumbers.VOICEMAIL,
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

// Lookup says what the port does about numbers at random under each calling code,
// of each length.
func TestPortAtRandom(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for code := range 1000 {
		if code > 0 && !phonenumbers.GetSupportedCallingCodes()[code] && code > 99 {
			continue // shorter ones may begin a longer one
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
			t.Fatalf("%q comes back as %s, %s", s, n.E164.E164(), n.Mask)
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, ok := plan.Lookup("+606543216353"); !ok {
			b.Fatal("refused")
		}
	}
}
