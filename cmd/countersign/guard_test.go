package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/guard/report"
)

// TestGuardRules: an operator decides about countries and numbers, and takes it back. A bad request changes nothing.
func TestGuardRules(t *testing.T) {
	onEachWith(t, func(t *testing.T, c tool, _ func(...string) *process) {
		c.ok("client", "add", "acme", "--country", "MY")
		var is report.Client
		c.json(&is, "guard", "mode", "acme", "enforce")
		if is.ID != "acme" || is.Mode != "enforce" || is.NewCountries != 200 || len(is.Rules) != 0 {
			t.Fatalf("%+v", is)
		}
		of := []string{"--client", "acme"}
		c.json(&is, slices.Concat([]string{"guard", "block", "MY,GB", "TH"}, of)...)
		c.json(&is, slices.Concat([]string{"guard", "allow", "+60 123-45", "--until", "2099-12-31"}, of)...)
		if len(is.Rules) != 2 || is.Rules[0].Verdict != report.Blocked || !is.Rules[0].Until.IsZero() ||
			strings.Join(is.Rules[0].Countries, " ") != "GB MY TH" || is.Rules[1].Prefix != "+6012345" ||
			is.Rules[1].Verdict != report.Allowed || is.Rules[1].Until.Year() != 2100 {
			t.Fatalf("%+v", is.Rules)
		}
		c.json(&is, slices.Concat([]string{"guard", "block", "+6012345", "--until", "+7d"}, of)...)
		if len(is.Rules) != 2 || is.Rules[1].Verdict != report.Blocked ||
			time.Until(is.Rules[1].Until).Round(time.Hour) != 7*24*time.Hour {
			t.Errorf("the second decision about numbers: %+v", is.Rules)
		}
		for want, args := range map[string][]string{
			"which is over":       {"block", "MY", "--until", "2020-01-01"},
			"+24h or +7d":         {"block", "MY", "--until", "+0d"},
			"such as 2026-12-31":  {"block", "MY", "--until", "tomorrow"},
			"--until":             {"allow", "MY"},
			"no phone numbers":    {"block", "XX"},
			"the United Kingdom":  {"block", "UK"},
			"client disable":      {"block", "*"},
			"3 to 12 digits":      {"block", "+6"},
			"rule about SG":       {"unblock", "SG"},
			"rule about +6012346": {"unblock", "+6012346"},
		} {
			c.no(want, slices.Concat([]string{"guard"}, args, of)...)
		}
		c.no("not found", "guard", "block", "MY", "--client", "nobody")
		c.no("nothing to change", "guard", "mode", "acme")
		c.no("must be one of", "guard", "mode", "acme", "on")
		c.no("newCountries", "guard", "mode", "acme", "--new-countries=-1")
		var after report.Client
		c.json(&after, "guard", "mode", "acme", "monitor", "--new-countries", "1000")
		if after.Mode != "monitor" || after.NewCountries != 1000 || len(after.Rules) != 2 {
			t.Errorf("%+v", after)
		}
		c.prints([]string{"guard", "unblock", "MY", "--client", "acme"}, "mode ", "monitor", "GB,TH, until it is removed")
		c.json(&after, slices.Concat([]string{"guard", "unblock", "GB", "TH"}, of)...)
		if len(after.Rules) != 1 || after.Rules[0].Prefix == "" {
			t.Errorf("%+v", after.Rules)
		}
	})
}

// TestGuardReportFlags: what the report cannot use is refused.
func TestGuardReportFlags(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme", "--country", "*")
	c.prints([]string{"guard", "report"}, "no message was refused")
	c.ok("guard", "report", "acme", "--country", "MY", "--price", "0.05", "--price", "MY=0.1", "--all")
	c.ok("guard", "report", "--country", "ZZ")
	c.no("not found", "guard", "report", "nobody")
	c.no("no phone numbers", "guard", "report", "--country", "XX")
	c.no("leave it out", "guard", "report", "--country", "*")
	c.no("a price in USD", "guard", "report", "--price", "much")
	c.no("no phone numbers", "guard", "report", "--price", "XX=1")
}
