package clients_test

import (
	"cmp"
	"errors"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/documents"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// wrongGuards have a wrong mode, number or rule of the guard.
func wrongGuards() []recordCase {
	rule := func(r clients.GuardRule) clients.Record {
		return clients.Record{Guard: clients.Guard{Rules: []clients.GuardRule{r}}}
	}
	block := func(prefix string, countries ...string) clients.Record {
		return rule(clients.GuardRule{Prefix: prefix, Countries: countries, Verdict: clients.Block})
	}
	const prefix = "guard.rules[0].prefix must be a plus and 3 to 12 digits"
	end := clientstest.Start
	return []recordCase{
		{"another mode", clients.Record{Guard: clients.Guard{Mode: "Enforce"}},
			`guard.mode is "Enforce", must be enforce, monitor, off, or left out for monitor`},
		{"fewer than no new countries", clients.Record{Guard: clients.Guard{NewCountries: -1}},
			"guard.newCountries is -1, must be 1 to 1000000, or left out for 150"},
		{"too many of new countries", clients.Record{Guard: clients.Guard{NewCountries: 1_000_001}},
			"guard.newCountries is 1000001"},
		{"51 rules", clients.Record{Guard: clients.Guard{Rules: make([]clients.GuardRule, 51)}},
			"guard.rules has 51 entries, must have at most 50: remove some"},
		{"a rule about nothing", block(""), `guard.rules[0] is "about neither", must be about countries`},
		{"a rule about both", block("+60123", "MY"), `guard.rules[0] is "about both"`},
		{"a rule about a country in lower case", block("", "MY", "sg"), `guard.rules[0].countries[1] is "sg"`},
		{"a rule about all countries", block("", "*"), `guard.rules[0].countries[0] is "*"`},
		{"a prefix of two digits", block("+60"), prefix},
		{"a prefix without plus", block("60123"), prefix},
		{"a prefix with a zero", block("+0123"), prefix},
		{"a prefix with spaces", block("+60 123"), prefix},
		{"a prefix with a line feed", block("+60123\n"), prefix},
		{"a prefix in other digits", block("+٦٠١٢٣"), prefix},
		{"a prefix of 13 digits", block("+6012345678901"), prefix},
		{"a prefix of 12 digits", block("+601234567890"), ""},
		{"a prefix of three digits", block("+601"), ""},
		{"no verdict", rule(clients.GuardRule{Prefix: "+60123"}),
			`guard.rules[0].verdict is "", must be allow or block`},
		{"another verdict", rule(clients.GuardRule{Prefix: "+60123", Verdict: "deny", Until: end}),
			`guard.rules[0].verdict is "deny"`},
		{"allowed without end", rule(clients.GuardRule{Prefix: "+60123", Verdict: clients.Allow}),
			"guard.rules[0].until is"},
		{"allowed, and over", rule(clients.GuardRule{Prefix: "+60123", Verdict: clients.Allow, Until: end}), ""},
	}
}

// No error about a prefix shows it: it may be a whole number.
func TestErrorWithoutNumber(t *testing.T) {
	r := clients.Record{ID: "acme", Status: clients.StatusActive, Guard: clients.Guard{Rules: []clients.GuardRule{
		{Prefix: "+6065432163531", Verdict: clients.Block},
	}}}
	if err := check(r); err == nil || strings.Contains(err.Error(), "65432163531") {
		t.Error(err)
	}
}

// A record without the member watches. The mode off counts nothing, whatever else is set.
func TestGuardPolicy(t *testing.T) {
	watch := func(shards int) guard.Policy {
		return guard.Policy{Mode: guard.Monitor, Young: guard.DefaultYoung, Shards: shards}
	}
	for _, c := range []struct {
		guard     clients.Guard
		perMinute int
		want      guard.Policy
	}{
		{clients.Guard{}, 6000, watch(1)},
		{clients.Guard{}, 1, watch(1)},
		{clients.Guard{}, 30_000, watch(1)},
		{clients.Guard{}, 30_001, watch(2)},
		{clients.Guard{}, clients.MaxPerMinute, watch(guard.MaxShards)},
		{clients.Guard{}, 0, watch(2)},
		{clients.Guard{Mode: guard.Monitor}, 100, watch(1)},
		{clients.Guard{Mode: guard.Enforce, NewCountries: 1}, 100,
			guard.Policy{Mode: guard.Enforce, Young: 1, Shards: 1}},
		{clients.Guard{Mode: guard.Off, NewCountries: 300}, 100, guard.Policy{}},
	} {
		if got := c.guard.Policy(c.perMinute); got != c.want {
			t.Errorf("%+v with %d a minute: %+v, want %+v", c.guard, c.perMinute, got, c.want)
		}
	}
}

// The client of a rule's rate is the one that limits its requests: its own, or the deployment's.
func TestGuardOfDefaultRate(t *testing.T) {
	r := clientstest.New(t)
	r.Defaults.RequestsPerMinute = 90_000
	if got := r.MustAdd(t, clients.Record{ID: "acme"}, "").Guard.Shards; got != 3 {
		t.Errorf("%d shards, want 3", got)
	}
	if got := r.MustAdd(t, clients.Record{ID: "own", PerMinute: 120_000}, "").Guard.Shards; got != 4 {
		t.Errorf("%d shards, want 4", got)
	}
}

// The longest prefix decides, then the country, and a block before an allowance.
func TestGuardRule(t *testing.T) {
	now := clientstest.Start
	rule := func(target string, verdict clients.GuardVerdict, left time.Duration) (r clients.GuardRule) {
		if r.Verdict = verdict; target[0] == '+' {
			r.Prefix = target
		} else {
			r.Countries = strings.Fields(target)
		}
		if left != 0 {
			r.Until = now.Add(left)
		}
		return r
	}
	malaysia, tens := rule("SG MY", clients.Block, 0), rule("+6012", clients.Allow, time.Hour)
	block, over := rule("+60123", clients.Block, time.Hour), rule("+6012345", clients.Allow, 0-time.Second)
	same := rule("+60123", clients.Allow, time.Hour)
	c := &clients.Client{GuardRules: []clients.GuardRule{over, malaysia, tens, same, block}}
	for _, x := range []struct {
		to     otp.Phone
		region string
		want   string
	}{
		{"+60176543210", "MY", "SG, MY block"},
		{"+6590000000", "SG", "SG, MY block"},
		{"+601276543210", "MY", "+6012 allow"},
		{"+60123456789", "MY", "+60123 block"},
		{"+601276543210", "", "+6012 allow"}, // of an uncertain country
		{"+60176543210", "", ""},
		{"+447700900123", "GB", ""},
		{"+6012", "MY", "+6012 allow"},
		{"+601", "MY", "SG, MY block"},
	} {
		got, ok := c.Rule(x.to, x.region, now)
		text := ""
		if ok {
			text = decision(got)
		}
		if text != x.want {
			t.Errorf("%s of %q: %q, want %q", x.to.E164(), x.region, text, x.want)
		}
	}
	if r, _ := c.Rule("+60123456789", "MY", now.Add(time.Hour)); decision(r) != "SG, MY block" {
		t.Errorf("at its end, the rule is %q", decision(r))
	}
}

// decision is a rule as text: "MY, SG block".
func decision(r clients.GuardRule) string {
	return cmp.Or(r.Prefix, strings.Join(r.Countries, ", ")) + " " + string(r.Verdict)
}

// Rules are added, replaced and removed by what they are about; what is over goes with the next change.
func TestGuardRules(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	before := r.Raw(t, "client#acme")
	add := func(rule clients.GuardRule) {
		t.Helper()
		if err := r.AddGuardRule(ctx, "acme", rule); err != nil {
			t.Fatal(err)
		}
	}
	want := func(want ...string) {
		t.Helper()
		var got []string
		for _, rule := range r.MustFind(t, "acme").GuardRules {
			got = append(got, decision(rule))
		}
		if strings.Join(got, "; ") != strings.Join(want, "; ") {
			t.Errorf("%q, want %q", got, want)
		}
	}
	hour, day := r.Now().Add(time.Hour), r.Now().Add(24*time.Hour)
	add(clients.GuardRule{Countries: []string{"MY", "SG", "TH"}, Verdict: clients.Block})
	add(clients.GuardRule{Prefix: "+60123", Verdict: clients.Block, Until: hour})
	add(clients.GuardRule{Countries: []string{"SG"}, Verdict: clients.Allow, Until: day})
	want("MY, TH block", "+60123 block", "SG allow")
	add(clients.GuardRule{Prefix: "+60123", Verdict: clients.Allow, Until: hour})
	want("MY, TH block", "SG allow", "+60123 allow")
	if err := r.RemoveGuardRules(ctx, "acme", clients.GuardRule{Countries: []string{"TH"}}); err != nil {
		t.Fatal(err)
	}
	want("MY block", "SG allow", "+60123 allow")
	for _, missing := range []clients.GuardRule{
		{Countries: []string{"TH"}}, {Prefix: "+6012"}, {Countries: []string{"MY", "GB"}},
	} {
		err := r.RemoveGuardRules(ctx, "acme", missing)
		clientstest.WantError(t, err, `client "acme": rule about `, "not found")
		if !errors.Is(err, documents.ErrNotFound) {
			t.Error("not ErrNotFound")
		}
	}
	r.Clock.Advance(time.Hour)
	clientstest.WantError(t, r.RemoveGuardRules(ctx, "acme", clients.GuardRule{Prefix: "+60123"}), "not found")
	add(clients.GuardRule{Prefix: "+44770", Verdict: clients.Block})
	want("MY block", "SG allow", "+44770 block")
	for _, target := range []clients.GuardRule{{Countries: []string{"SG", "MY"}}, {Prefix: "+44770"}} {
		if err := r.RemoveGuardRules(ctx, "acme", target); err != nil {
			t.Fatal(err)
		}
	}
	if after := r.Raw(t, "client#acme"); after != before {
		t.Errorf("the record has changed: %s", after)
	}
}

// A refused change changes nothing, and names what is wrong.
func TestRefusedGuardChanges(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	before := r.Raw(t, "client#acme")
	far := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)
	for want, err := range map[string]error{
		"over: must be a time to come": r.AddGuardRule(ctx, "acme",
			clients.GuardRule{Prefix: "+60123", Verdict: clients.Block, Until: r.Now()}),
		"must be in the year 9999": r.AddGuardRule(ctx, "acme",
			clients.GuardRule{Prefix: "+60123", Verdict: clients.Block, Until: far}),
		"only a block may be without one": r.AddGuardRule(ctx, "acme",
			clients.GuardRule{Prefix: "+60123", Verdict: clients.Allow}),
		"about a prefix such as": r.AddGuardRule(ctx, "acme", clients.GuardRule{Verdict: clients.Block}),
		`client "eve": not found`: r.AddGuardRule(ctx, "eve",
			clients.GuardRule{Prefix: "+60123", Verdict: clients.Block}),
	} {
		clientstest.WantError(t, err, want)
	}
	if after := r.Raw(t, "client#acme"); after != before {
		t.Errorf("the record has changed: %s", after)
	}
}
