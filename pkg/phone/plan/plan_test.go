package plan_test

import (
	"reflect"
	"strings"
	"testing"

	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/phone/plan"
)

// known maps numbers in the form of the AMS/DWS contract to their look-up. The first three
// are samples of Alipay's own pages. An empty value means that Lookup refuses the number.
var known = map[string]phone.Number{
	"60-6543216353": {Mask: "+60******6353", Region: "MY", MainRegion: "MY"},
	"44-2044555666": {Mask: "+44******5666", Region: "GB", MainRegion: "GB", Valid: true},
	"1-4154567899":  {Mask: "+1******7899", Region: "US", MainRegion: "US", Valid: true, Mobile: true},

	// The sample of the Unimatrix contract.
	"1-2068800123": {Mask: "+1******0123", Region: "US", MainRegion: "US", Valid: true, Mobile: true},
	"60-123456789": {Mask: "+60*****6789", Region: "MY", MainRegion: "MY", Valid: true, Mobile: true},
	// The leading 0 of an Italian number is part of it.
	"39-0612345678": {Mask: "+39******5678", Region: "IT", MainRegion: "IT", Valid: true},
	// A German mobile number with 0151 has one digit more than the second one here.
	"49-15112345678": {Mask: "+49*******5678", Region: "DE", MainRegion: "DE", Valid: true, Mobile: true},
	"49-1511234567":  {Mask: "+49******4567", Region: "DE", MainRegion: "DE"},
	"290-23456":      {Mask: "+290***56", Region: "SH", MainRegion: "SH", Valid: true},

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

	// Expensive numbers, and numbers of no country.
	"1-9002345678":   {Mask: "+1******5678", Region: "US", MainRegion: "US", Kind: phone.Premium, Valid: true},
	"44-9012345678":  {Mask: "+44******5678", Region: "GB", MainRegion: "GB", Kind: phone.Premium, Valid: true},
	"979-123456789":  {Mask: "+979*****6789", Kind: phone.Premium, Valid: true},
	"881-612345678":  {Mask: "+881*****5678", Kind: phone.Satellite, Valid: true, Mobile: true},
	"870-773111632":  {Mask: "+870*****1632", Kind: phone.Satellite, Valid: true, Mobile: true},
	"883-5100123456": {Mask: "+883******3456", Kind: phone.Satellite},
	"31-662345678":   {Mask: "+31*****5678", Region: "NL", MainRegion: "NL", Kind: phone.Pager, Valid: true},
	"30-8011234567":  {Mask: "+30******4567", Region: "GR", MainRegion: "GR", Kind: phone.SharedCost, Valid: true},
	"30-5005000123":  {Mask: "+30******0123", Region: "GR", MainRegion: "GR", Kind: phone.UAN, Valid: true},
	"353-8551234567": {Mask: "+353******4567", Region: "IE", MainRegion: "IE", Kind: phone.Voicemail, Valid: true},
	"800-12345678":   {Mask: "+800****5678", Valid: true},

	"44-02044555666":    {}, // trunk prefix
	"999-123456789":     {}, // no such calling code
	"60-65432163531234": {}, // too long for Malaysia
	"1-415456":          {}, // too short
	"60-6543":           {},

	// These plans changed in 2026.
	"220-833123456": {Mask: "+220*****3456", Region: "GM", MainRegion: "GM", Valid: true, Mobile: true},
	"61-496012345":  {Mask: "+61*****2345", Region: "AU", MainRegion: "AU", Valid: true, Mobile: true},

	// A range of no known line that begins as premium lines alone do.
	"1-9001345678":  {Mask: "+1******5678", MainRegion: "US", Kind: phone.Premium},
	"33-897999999":  {Mask: "+33*****9999", Region: "FR", MainRegion: "FR", Kind: phone.Premium, Valid: true},
	"49-9009123456": {Mask: "+49******3456", Region: "DE", MainRegion: "DE", Kind: phone.Premium},
	"44-9712345678": {Mask: "+44******5678", MainRegion: "GB", Kind: phone.Premium},
	"7-8091234567":  {Mask: "+7******4567", Region: "RU", MainRegion: "RU", Kind: phone.Premium, Valid: true},

	// Lengths that can be dialled within an area only.
	"54-50490000": {}, "60-654321": {}, "91-223344": {}, "62-12345": {}, "86-95588": {}, "1-5551234": {},
}

func TestLookup(t *testing.T) {
	for in, want := range known {
		cc, national, _ := strings.Cut(in, "-")
		if want.Mask != "" {
			want.E164, want.CC = otp.Phone("+"+cc+national), cc
		}
		got, ok := plan.Lookup("+" + cc + national)
		if shared := got.Region == "" && got.MainRegion != ""; shared != (len(got.Sharing) > 0) {
			t.Errorf("+%s%s: shared by %v, want countries if the country is not certain", cc, national, got.Sharing)
		}
		got.Sharing = nil
		if ok != (want.E164 != "") || !reflect.DeepEqual(got, want) {
			t.Errorf("+%s%s: %v, %+v (%s), want %+v (%s)",
				cc, national, ok, got, got.E164.E164(), want, want.E164.E164())
		}
	}
}

// Lookup refuses numbers that libphonenumber would understand but that are not E.164.
func TestLookupForm(t *testing.T) {
	for _, in := range []string{
		"", "+", "12068800123", "0012068800123", "++12068800123", "+012068800123",
		"+1 206 880 0123", "+1-206-880-0123", "+1(206)8800123", "tel:+12068800123",
		"+12068800123;ext=1", "+12068800123 x1", "+12068800123\n", " +12068800123", "+1206880012a", "+1206TYPEABC",
		"＋12068800123", "+１２０６８８００１２３", "+١٢٠٦٨٨٠٠١٢٣",
		"+12068800123\u200b", "+1206880\x000123", "+1\xff2068800123",
		"+4402044555666", "+2904", "+4915112345678901", // 16 digits, which Germany may have
		"+" + strings.Repeat("1", 1000),
	} {
		if n, ok := plan.Lookup(in); ok || !reflect.DeepEqual(n, phone.Number{}) {
			t.Errorf("%q: %v, %+v, want refused", in, ok, n)
		}
	}
}

// Whatever is accepted has one spelling that is looked up as itself, and a mask that shows little.
func FuzzLookup(f *testing.F) {
	for in := range known {
		f.Add("+" + strings.ReplaceAll(in, "-", ""))
	}
	f.Add("+1206TYPEABC")
	f.Add("+24106031299")
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := plan.Lookup(s)
		if !ok {
			return
		}
		given, ok := strings.CutPrefix(s, "+"+n.CC)
		if !ok || n.Mask != phone.Mask(n.CC, given) {
			t.Fatalf("%q is returned as %s, %s", s, n.E164.E164(), n.Mask)
		}
		again, ok := plan.Lookup(n.E164.E164())
		if !ok || again.E164 != n.E164 {
			t.Fatalf("%q is %s, which is %s", s, n.E164.E164(), again.E164.E164())
		}
	})
}
