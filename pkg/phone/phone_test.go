package phone_test

import (
	"strings"
	"testing"

	"countersign/pkg/phone"
)

func TestSplit(t *testing.T) {
	for _, in := range []string{
		"", "-", "60", "60-", "-6543216353", "606543216353", "+60-6543216353", "60-6543-216353", "60--6543216353",
		"060-6543216353", "0-6543216353", "6000-6543216353", "60-654", "60-65432163531234", "60-654321635a",
		"60-６５４３２１６３５３",
		"٦٠-6543216353", "60-6543216353\n", " 60-6543216353", "60-6543216353 ", "60-654\x00216353", "60–6543216353",
		"60-6543216353\u200b",
	} {
		if cc, national, ok := phone.Split(in); ok {
			t.Errorf("%q: split into %q and %q", in, cc, national)
		}
	}
	if cc, national, ok := phone.Split("60-6543216353"); cc != "60" || national != "6543216353" || !ok {
		t.Error("the documented number was refused")
	}
}

func TestMask(t *testing.T) {
	for in, want := range map[string]string{
		"60-6543216353": "+60******6353", "1-4154567899": "+1******7899", "44-2044555666": "+44******5666",
		"290-1234": "+290****", "290-12345": "+290***45", "500-51234": "+500***34", "683-123456": "+683***456",
		"47-1234567": "+47****567", "47-12345678": "+47****5678", "1-123456789012": "+1********9012",
	} {
		cc, national, _ := strings.Cut(in, "-")
		if got := phone.Mask(cc, national); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// A mask shows at most half of the national digits, and at most four, of a number of any length.
// The digits of the numbers here are all different from the star, so that each one shown counts.
func TestMaskShowsLittle(t *testing.T) {
	for _, cc := range []string{"1", "44", "290"} {
		for n := 1; len(cc)+n <= 15; n++ {
			national := "123456789012345"[:n]
			mask := phone.Mask(cc, national)
			hidden, ok := strings.CutPrefix(mask, "+"+cc)
			shown := strings.TrimLeft(hidden, "*")
			if !ok || len(hidden) != n || !strings.HasSuffix(national, shown) || len(shown) > min(4, n/2) {
				t.Errorf("+%s%s: %s shows %q", cc, national, mask, shown)
			}
			if n >= 8 && len(shown) != 4 {
				t.Errorf("+%s%s: %s, want the last four digits as in the document", cc, national, mask)
			}
			if got := phone.MaskE164("+" + cc + national); got != mask && n > 3 { // shorter ones are no numbers
				t.Errorf("+%s%s: %s without its parts, want %s", cc, national, got, mask)
			}
		}
	}
}

// What is no number in E.164 form has no mask.
func TestMaskOfNoNumber(t *testing.T) {
	for _, in := range []string{
		"", "+", "+1", "+60", "60123456789", "+0123456789", "+60 123456789",
		"+6012345678901234", "+60x123456789", "+601234567８9",
	} {
		if got := phone.MaskE164(in); got != "" {
			t.Errorf("%q has the mask %s", in, got)
		}
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("60-6543216353")
	f.Add("1-٤154567899")
	f.Fuzz(func(t *testing.T, s string) {
		cc, national, ok := phone.Split(s)
		if !ok {
			return
		}
		if cc+"-"+national != s || len(phone.Mask(cc, national)) != len(s) {
			t.Errorf("%q does not come back", s)
		}
	})
}
