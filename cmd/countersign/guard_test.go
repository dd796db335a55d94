package main

import (
	"crypto/rand"
	"fmt"
	"math"
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
		if is.ID != "acme" || is.Mode != "enforce" || is.NewCountries != 150 || len(is.Rules) != 0 {
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
		badRules(c, of)
		c.warns("is sent to as +54911", slices.Concat([]string{"guard", "block", "+54 11-55"}, of)...)
		c.warns("none begins with +2101", slices.Concat([]string{"guard", "block", "+2101"}, of)...)
		c.ok(slices.Concat([]string{"guard", "unblock", "+541155"}, of)...)
		c.ok(slices.Concat([]string{"guard", "unblock", "+2101"}, of)...)
		c.no("nothing to change", "guard", "mode", "acme")
		c.no("must be one of", "guard", "mode", "acme", "on")
		c.no("newCountries", "guard", "mode", "acme", "--new-countries=-1")
		var after report.Client
		c.json(&after, "guard", "mode", "acme", "monitor", "--new-countries", "1000")
		if after.Mode != "monitor" || after.NewCountries != 1000 || len(after.Rules) != 2 {
			t.Errorf("%+v", after)
		}
		c.prints([]string{"guard", "unblock", "MY", "--client", "acme"}, "monitor", "GB,TH, until it is removed")
		c.json(&after, slices.Concat([]string{"guard", "unblock", "GB", "TH"}, of)...)
		if len(after.Rules) != 1 || after.Rules[0].Prefix == "" {
			t.Errorf("%+v", after.Rules)
		}
	})
}

// badRules asks for what is no decision.
func badRules(c tool, of []string) {
	c.t.Helper()
	for want, args := range map[string][]string{
		"which is over":       {"block", "MY", "--until", "2020-01-01"},
		"+24h or +7d":         {"block", "MY", "--until", "+0d"},
		"such as 2026-12-31":  {"block", "MY", "--until", "tomorrow"},
		"from now such as":    {"block", "MY", "--until", "yesterday"},
		"up to +3650d":        {"block", "MY", "--until", "+99999999999d"},
		"up to +3650":         {"block", "MY", "--until", "+87601h"},
		"with its plus":       {"block", "6012345"},
		"without countries":   {"block", "MY", "+6012345"},
		`"+6012345 MY": must`: {"block", "+6012345", "MY"},
		"one beginning":       {"block", "+6012345", "+6012346"},
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
}

// TestGuardReportFlags: what the report cannot use is refused.
func TestGuardReportFlags(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme", "--country", "*")
	c.prints([]string{"guard", "report"}, "no message was refused")
	var r report.Report
	if c.json(&r, "guard", "report", "demo"); len(r.Clients) != 1 || r.Clients[0].Mode != "enforce" {
		t.Errorf("the client of the local server, which enforces: %+v", r.Clients)
	}
	c.ok("guard", "report", "acme", "--country", "MY", "--price", "0.05", "--price", "MY=0.1", "--all")
	c.ok("guard", "report", "--country", "ZZ")
	c.no("not found", "guard", "report", "nobody")
	c.no("no phone numbers", "guard", "report", "--country", "XX")
	c.no("leave it out", "guard", "report", "--country", "*")
	c.no("a price in USD", "guard", "report", "--price", "much")
	c.no("no phone numbers", "guard", "report", "--price", "XX=1")
}

// numberAt returns the n-th number of a block.
func numberAt(n int) string { return fmt.Sprintf("60-12345%04d", n) }

// sendAs asks for a code as a client, and returns the id and the result.
func (p *process) sendAs(client, number string) (id, result string) {
	p.t.Helper()
	id = rand.Text()
	return id, code(p.t, p.postAs(client, "/v1/customers/initAuthentication", initBody(id, number)))
}

// until asks for codes of new numbers until a result comes, as a change of a client is seen after a second.
func (p *process) until(client, want string, number func() string) {
	p.t.Helper()
	var got string
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); {
		if _, got = p.sendAs(client, number()); got == want {
			return
		}
	}
	p.t.Errorf("init answers %s for ten seconds, want %s", got, want)
}

// TestGuard: the budget of a new country holds at the service, the report has what was refused, and what the operator
// decides holds for the next messages. A number that answered is known, also after it was cleared.
func TestGuard(t *testing.T) { onEachWith(t, testGuard) }

func testGuard(t *testing.T, c tool, serve func(flags ...string) *process) {
	c.ok("client", "add", "acme", "--unsigned", "--country", "MY", "--country", "GB")
	c.ok("guard", "mode", "acme", "--new-countries", "20")
	p := serve()
	n := 0
	next := func() string { n++; return numberAt(n) }
	id, _ := p.sendAs("acme", next())
	verify := verifyBody(id, p.messages("+60123450001")[0].Code)
	if got := p.postAs("acme", "/v1/users/verifyAuthentication", verify); !strings.Contains(got, `"isPassed":true`) {
		t.Fatal(got)
	}
	sent, refused := 1, 0
	for range 80 {
		if _, got := p.sendAs("acme", next()); got == "TIMES_EXCEED_LIMIT" {
			refused++
		} else {
			sent++
		}
	}
	// The budget, the message that was answered, and what its answer gives: 2.5 to all new countries, and with the half
	// that a country has in each of two shards 3 to its own.
	if sent < 20 || sent > 26 {
		t.Errorf("%d messages went out, want some 20", sent)
	}
	var r report.Report
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && r.Refused < refused; {
		c.json(&r, "guard", "report", "acme", "--price", "0.05", "--all") // refusals are followed later
	}
	my := rowOf(r, report.Country)
	if r.Refused < refused || my.Verdict != report.Refusing || my.Answered != 1 || my.Country != "MY" ||
		my.Sent != sent || math.Abs(r.CostUSD-0.05*float64(r.Refused)) > 0.001 ||
		rowOf(r, report.NewCountries).Verdict != report.Refusing {
		t.Errorf("%d were refused: %+v", refused, r)
	}
	decide(t, c, p, next)
	var s shown
	for range 2 {
		c.json(&s, "number", "show", "+60123450001", "--client", "acme")
		if s.Guard != "known" || s.Answered.IsZero() || s.KnownUntil.Sub(s.Answered) != 180*24*time.Hour {
			t.Errorf("a number that answered: %+v", s.Guarded)
		}
		c.ok("number", "clear", "+60123450001", "--client", "acme")
	}
	if _, got := p.sendAs("acme", numberAt(1)); got != "SUCCESS" {
		t.Errorf("a known number while its country is refused: %s", got)
	}
}

// decide allows and blocks beside a country without room.
func decide(t *testing.T, c tool, p *process, next func() string) {
	t.Helper()
	want := func(guard, result string) {
		t.Helper()
		p.until("acme", result, next)
		var s shown
		c.json(&s, "number", "show", "+60123459999", "--client", "acme")
		if s.Guard != guard || !s.KnownUntil.IsZero() {
			t.Errorf("the guard makes %+v of a new number, want %s", s.Guarded, guard)
		}
	}
	want("client", "TIMES_EXCEED_LIMIT")
	c.ok("guard", "allow", "+6012345", "--client", "acme", "--until", "+1h")
	want("allowed", "SUCCESS")
	c.ok("guard", "block", "+6012345", "--client", "acme")
	want("blocked", "TIMES_EXCEED_LIMIT")
	c.ok("guard", "unblock", "+6012345", "--client", "acme")
	c.ok("guard", "allow", "MY", "--client", "acme", "--until", "+1h")
	want("allowed", "SUCCESS")
	c.ok("guard", "unblock", "MY", "--client", "acme")
	want("client", "TIMES_EXCEED_LIMIT")
	c.ok("guard", "mode", "acme", "off")
	want("off", "SUCCESS")
	c.ok("guard", "mode", "acme", "enforce")
	want("client", "TIMES_EXCEED_LIMIT")
	show := []string{"number", "show", "+60123459999", "--client", "acme"}
	c.prints(show, "no room in new countries, for ", "at most\n")
	c.ok("guard", "mode", "acme", "monitor")
	c.prints(show, "no room in new countries, for ", "at most; messages go out all the same")
	c.ok("guard", "mode", "acme", "enforce")
	c.prints([]string{"guard", "report", "acme"}, "all new ones  together", "refusing", "were refused", "--price")
}

// rowOf returns the first row of a kind.
func rowOf(r report.Report, kind report.Kind) report.Row {
	for _, row := range r.Rows {
		if row.Kind == kind {
			return row
		}
	}
	return report.Row{}
}

// TestGuardOfChosenCodes: a message with a code that the client chose counts, and its right code gives no room back and
// makes no number known. Codes that the service made do.
func TestGuardOfChosenCodes(t *testing.T) {
	onEachWith(t, func(t *testing.T, c tool, serve func(flags ...string) *process) {
		var h handover
		c.json(&h, "client", "add", "acme", "--unimatrix=simple", "--custom-codes", "--country=MY")
		p := keyTour{t: t, process: serve()}
		number := func(n int) string { return fmt.Sprintf("+6012345%04d", n) }
		send := func(want string, n int) {
			p.request(want, h.AccessKey, "otp.send", fmt.Sprintf(`{"to":%q,"code":"246810"}`, number(n)))
		}
		verify := func(to, code string) {
			p.request("0", h.AccessKey, "otp.verify", fmt.Sprintf(`{"to":%q,"code":%q}`, to, code))
		}
		for n := range 8 {
			send("0", n)
			verify(number(n), "246810")
		}
		send("105300", 8)
		const made = "+60136789012"
		p.request("0", h.AccessKey, "otp.send", fmt.Sprintf(`{"to":%q}`, made))
		verify(made, p.messages(made)[0].Code)
		if strings.Count(p.seen, `"valid":true`) != 9 {
			t.Errorf("%s", p.seen)
		}
		var s shown
		eventually(t, "the made code", func() bool { // and with it all before it
			c.json(&s, "number", "show", made, "--client", "acme")
			return !s.KnownUntil.IsZero()
		})
		c.json(&s, "number", "show", number(0), "--client", "acme")
		var r report.Report
		c.json(&r, "guard", "report", "acme", "--all")
		if row := rowOf(r, report.Country); row.Sent != 9 || row.Answered != 1 || s.Guard != "block" {
			t.Errorf("%+v, and a number that answered a chosen code: %+v", row, s.Guarded)
		}
	})
}
