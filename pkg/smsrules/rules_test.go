package smsrules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/filetest"
)

// Each list has the number of countries that the page had, each one once, by its code.
func TestLists(t *testing.T) {
	for name, c := range map[string]struct {
		list string
		want int
	}{
		"registered": {registered, 23}, "labelled": {labelled, 2}, "texts": {texts, 2}, "nameless": {nameless, 38},
		"short": {short, 10}, "shared": {shared, 16}, "inbound": {inbound, 5}, "unhyphened": {unhyphened, 1},
	} {
		seen := map[string]bool{}
		for _, code := range strings.Fields(c.list) {
			if len(code) != 2 || code != strings.ToUpper(code) || seen[code] {
				t.Errorf("%s: %q is no country code, or is there twice", name, code)
			}
			seen[code] = true
		}
		if len(seen) != c.want || !strings.HasPrefix(c.list, " ") || !strings.HasSuffix(c.list, " ") {
			t.Errorf("%s has %d countries, the page had %d; each must be between spaces", name, len(seen), c.want)
		}
	}
	if _, err := time.Parse(time.DateOnly, Read); err != nil {
		t.Error(err)
	}
}

// A country has at most one rule on the numbers of one's own, and one without numbers has no names either: what a
// message could come from is a shared route.
func TestListsAgree(t *testing.T) {
	for _, c := range Demanding() {
		if c.OnlyShortCodes() && c.OnlySharedRoutes() {
			t.Errorf("%s has short codes only, and has none", c)
		}
		if !c.ShowsNames() && c.RegistersNames() {
			t.Errorf("%s shows no names, and registers them", c)
		}
	}
	for _, list := range []string{short, shared} {
		for _, code := range strings.Fields(list) {
			if Country(code).ShowsNames() {
				t.Errorf("%s has no long numbers of one's own, and shows names: the page has no such country", code)
			}
		}
	}
}

func TestShowsName(t *testing.T) {
	for _, c := range []struct {
		region, name string
		want         bool
	}{
		{"GB", "Acme", true}, {"GB", "AC-ME", true}, {"FR", "Acme", true}, {"FR", "AC-ME", false},
		{"US", "Acme", false}, {"MY", "Acme", false}, {"DE", "Acme", true}, {"", "Acme", false},
		{"GB", "", false}, {"GB", "12345", false}, {"GB", "Acme Shop", false},
	} {
		if got := ShowsName(c.region, c.name); got != c.want {
			t.Errorf("%s shows %q: %v, want %v", c.region, c.name, got, c.want)
		}
	}
	for _, code := range []string{"", " ", "A", "AR BE", "us", "XX"} {
		c := Country(code)
		if !c.ShowsNames() || c.RegistersNames() || c.OnlySharedRoutes() || c.LongNumbersReceive() {
			t.Errorf("%q, which the page has not, has a rule", code)
		}
	}
}

// docs/senders.md has the same countries for each rule.
func TestPageHasEveryCountry(t *testing.T) {
	page := filetest.Read(t, "../../docs/senders.md")
	all := strings.Fields(registered + labelled)
	slices.Sort(all)
	names := strings.Join(slices.Compact(all), " ")
	for rule, list := range map[string]string{
		"a sender id must be registered":                                names,
		`phones show "Likely Scam" in place of a sender id that is not`: labelled,
		"a text must be registered":                                     texts,
		"phones show no sender ids":                                     nameless,
		"a number of one's own is a short code":                         short,
		"there is no number of one's own, only shared routes":           shared,
		"a phone number of one's own only receives":                     inbound,
		"a sender id has no hyphen":                                     unhyphened,
	} {
		if row := "| " + rule + " | " + strings.TrimSpace(list) + " |"; !strings.Contains(string(page), row) {
			t.Errorf("docs/senders.md lacks the row %s", row)
		}
	}
	if !strings.Contains(string(page), "read on "+Read) {
		t.Errorf("docs/senders.md does not state that the rules were read on %s", Read)
	}
}
