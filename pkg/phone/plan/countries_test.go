package plan

import (
	"strings"
	"testing"
)

// What Lookup may tell is a country, and nothing else is one.
func TestCheckCountries(t *testing.T) {
	all := []string{"*"}
	for _, c := range codes {
		for _, r := range c.regions {
			if id := country(r.id); id != "" {
				all = append(all, id)
			}
		}
	}
	if err := CheckCountries(all); err != nil || len(all) < 240 {
		t.Errorf("%d countries: %v", len(all), err)
	}
	for _, s := range []string{"XX", "AA", "001", "gb", "", "GBR"} {
		if err := CheckCountries([]string{"MY", s, "GB"}); err == nil || !strings.Contains(err.Error(), `"`+s+`" has no phone numbers`) {
			t.Errorf("%q: %v", s, err)
		}
	}
	if err := CheckCountries([]string{"UK"}); err == nil || !strings.Contains(err.Error(), `the United Kingdom is "GB"`) {
		t.Errorf("UK: %v", err)
	}
}
