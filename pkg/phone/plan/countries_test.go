package plan

import (
	"slices"
	"strings"
	"testing"

	"countersign/pkg/phone"
)

// Each region that Lookup returns is a country, and no other text is one.
func TestCheckCountries(t *testing.T) {
	all := append([]string{"*"}, Countries()...)
	if err := CheckCountries(all); err != nil || len(all) < 240 {
		t.Errorf("%d countries: %v", len(all), err)
	}
	for _, listed := range []string{"MY", "GB", "XK", "AC"} {
		if !slices.Contains(all, listed) {
			t.Errorf("%s is not listed", listed)
		}
	}
	for _, s := range []string{"XX", "AA", "001", "gb", "", "GBR"} {
		refused(t, []string{"MY", s, "GB"}, `"`+s+`" has no phone numbers`)
	}
	refused(t, []string{"UK"}, `the United Kingdom is "GB"`)
}

// A mask needs no plan to find the calling code.
func TestMaskWithoutThePlan(t *testing.T) {
	for _, c := range codes {
		if got, want := phone.MaskE164("+"+c.number+"2345678"), phone.Mask(c.number, "2345678"); got != want {
			t.Errorf("+%s: %s, want %s", c.number, got, want)
		}
	}
}

func refused(t *testing.T, list []string, reason string) {
	t.Helper()
	if err := CheckCountries(list); err == nil || !strings.Contains(err.Error(), reason) {
		t.Errorf("%q: %v, want an error with %q", list, err, reason)
	}
}
