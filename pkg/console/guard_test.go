package console

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
	"countersign/pkg/guard"
	"countersign/pkg/guard/report"
	"countersign/pkg/keyring"
	"countersign/pkg/openstore"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// add adds a client.
func (s *site) add(t *testing.T, r clients.Record) {
	t.Helper()
	if err := s.registry.Add(t.Context(), r, nil); err != nil {
		t.Fatal(err)
	}
}

// breakRecord stores a record that no version can read.
func (s *site) breakRecord(t *testing.T, id string) {
	t.Helper()
	err := documents.Add(t.Context(), s.Store.Documents(), clients.DocumentKey(id), []byte(`{"id":"x","secretly":1}`))
	if err != nil {
		t.Fatal(err)
	}
}

// pump has the guard count messages to one block of a country, in this hour.
func (s *site) pump(t *testing.T, client, region string, messages int) {
	t.Helper()
	n := otp.GuardNumbers(client)
	n.Region, n.Block = region, []byte("0123456789abcdef"[:guard.DigestSize])
	m := guard.Message{
		Policy: clients.Guard{Mode: guard.Enforce}.Policy(s.Config.RequestsPerMinute), Numbers: n,
		Hour: otp.MillisOf(testNow).Hour(), Label: func() []byte { return []byte("no label of the ring") },
	}
	budgets, credit := s.Store.(guard.Budgets), func(c guard.Credit) error { return nil }
	switch store := s.Store.(type) {
	case *sqlitestore.Store:
		credit = func(c guard.Credit) error { return sqlitetest.Credit(t.Context(), store, []guard.Credit{c}) }
	case openstore.Tables:
		record := 1000
		credit = func(c guard.Credit) error {
			record++
			c.From, c.Record = fmt.Sprint(record), fmt.Sprint(record)
			return store.Credit(t.Context(), []guard.Credit{c})
		}
	}
	for range messages {
		v, err := guard.Admit(t.Context(), budgets, m)
		if err != nil {
			t.Fatal(err)
		}
		if !v.Refused(guard.Enforce) {
			continue
		}
		err = credit(guard.Credit{Key: n.CountryKey(), Hour: m.Hour, Block: n.Block, Event: guard.WasRefused})
		if err == nil {
			err = credit(guard.Credit{Key: n.BlockKey(), Hour: m.Hour, Event: guard.WasRefused})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// TestGuard: the page has what the command prints, with a plot, and each filter chooses.
func TestGuard(t *testing.T) {
	onEachSite(t, func(t *testing.T, s *site) {
		rules := []clients.GuardRule{
			{Countries: []string{"TH"}, Verdict: clients.Block},
			{Prefix: "+60123456789", Verdict: clients.Block},
			{Prefix: "+6013987", Verdict: clients.Allow, Until: testNow.Add(-time.Hour)},
		}
		s.add(t, clients.Record{ID: "shop", Countries: []string{"MY", "TH"}, Guard: clients.Guard{Rules: rules}})
		s.add(t, clients.Record{ID: "bank", Countries: []string{"MY"}})
		wants(t, s.get(t, 200, "/console/guard"), "In 24 hours no message was refused")
		s.pump(t, "shop", "MY", 12)
		page := s.get(t, 200, "/console/guard")
		wants(t, page, "In 24 hours 4 messages were refused", "MY, key retired",
			"sent 8, answered 0, refused 4, allowed 8", "TH, all",
			"refusing Messages to new numbers are refused. Since 2026-11-27 12:00 UTC.",
			"blocked A rule of the operator", "2026-11-27 12:00 8 0 4", "countersign guard unblock TH --client shop",
			"allowed +6013987, over since 2026-11-27 11:30:00 UTC", "blocked +60*****6789, until it is removed",
			"countersign guard mode shop monitor", "--price takes yours", "bank")
		lacks(t, page, "+60123456789")
		all := s.get(t, 200, "/console/guard?all=1&client=shop")
		wants(t, all, "all new ones, together", "countersign guard mode shop --new-countries 300")
		lacks(t, all, "bank")
		wants(t, page, "To let all out, and only watch:", "For a launch that needs more room:")
		wants(t, s.get(t, 200, "/console/guard?country=th"), "In 24 hours no message was refused", "TH, all")
		link := findLink(t, page, "/console/guard?budget=")
		wants(t, s.get(t, 200, link), "By the hour: shop, MY,")
		wants(t, s.get(t, 200, "/console/guard?budget=gone"), "The budget of this address has no messages any more.")
		s.badFilters(t)
	})
}

// TestGuardOfMoreRoom: the command that gives a client more room gives no less than it has.
func TestGuardOfMoreRoom(t *testing.T) {
	onEachSite(t, func(t *testing.T, s *site) {
		s.add(t, clients.Record{ID: "shop", Countries: []string{"MY"}, Guard: clients.Guard{NewCountries: 1000}})
		s.pump(t, "shop", "MY", 12)
		wants(t, s.get(t, 200, "/console/guard?all=1"), "countersign guard mode shop --new-countries 2000")
	})
}

// TestGuardOfRefusals: at night nobody takes the command that opens a budget for the one that ends an attack.
func TestGuardOfRefusals(t *testing.T) {
	row := report.Row{Client: "shop", Kind: report.Block, Block: "+6012345", Verdict: report.Refusing}
	reader, command := changeOf(row, guard.DefaultYoung)
	if !strings.Contains(reader, "honest people") || !strings.HasPrefix(command, "countersign guard allow +6012345 ") {
		t.Error(reader, command)
	}
}

// badFilters asks for what is no report.
func (s *site) badFilters(t *testing.T) {
	for query, want := range map[string]string{
		"client=nobody": "There is no client of this id.", "client=%00": "There is no client of this id.",
		"client=%ff":                  "There is no client of this id.",
		"country=XX":                  "The country must be a code such as MY.",
		"country=*":                   "Leave it out for all countries.",
		"country=%3Cb%3E&client=shop": "The country must be a code such as MY.",
		"country=Paste+this":          "The country must be a code such as MY.",
	} {
		page := s.get(t, 422, "/console/guard?"+query)
		wants(t, page, want)
		lacks(t, page, "In 24 hours", "<b>")
	}
	lacks(t, s.get(t, 422, "/console/guard?country=Paste+this"), "has no phone numbers")
	wants(t, s.get(t, 200, "/console/guard?page=999&all="), "In 24 hours")
}

// findLink returns the first link of a page that begins so.
func findLink(t *testing.T, page, begin string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, `href="`+begin)
	link, _, _ := strings.Cut(rest, `"`)
	if !ok {
		t.Fatalf("there is no link %s", begin)
	}
	link, _, _ = strings.Cut(strings.ReplaceAll(link, "&amp;", "&"), "#")
	return strings.ReplaceAll(begin, "&amp;", "&") + link
}

// TestGuardOfBrokenRecord: the others are shown, and the page names the broken one.
func TestGuardOfBrokenRecord(t *testing.T) {
	onEachSite(t, func(t *testing.T, s *site) {
		s.add(t, clients.Record{ID: "shop", Countries: []string{"MY"}})
		s.breakRecord(t, "torn <b>")
		s.pump(t, "shop", "MY", 10)
		page := s.get(t, 200, "/console/guard")
		wants(t, page, "2 messages were refused", `The record of "torn <b>" cannot be read`)
		lacks(t, page, "secretly")
		wants(t, s.get(t, 422, "/console/guard?client=torn+%3Cb%3E"), "The record of this client cannot be read.")
	})
}

// TestGuardWithoutKeys: without the keyring, the page has all but the beginnings of numbers.
func TestGuardWithoutKeys(t *testing.T) {
	s := localSite(t)
	s.add(t, clients.Record{ID: "shop", Countries: []string{"MY"}})
	s.Ring = func() (*keyring.Ring, error) { return nil, errors.New("canary of a cause") }
	s.get(t, 200, "/console/guard")
	s.pump(t, "shop", "MY", 10)
	page := s.get(t, 200, "/console/guard")
	wants(t, page, "2 messages were refused", "The keyring cannot be read")
	lacks(t, page, "canary")
}

// TestGuardPages: many clients are shown some at a time.
func TestGuardPages(t *testing.T) {
	s := localSite(t)
	for _, id := range strings.Fields("a b c d e f g h i j k l") {
		s.add(t, clients.Record{ID: "client-" + id, Countries: []string{"MY"}})
	}
	first := s.get(t, 200, "/console/guard?all=1&country=MY")
	wants(t, first, "Clients 1 to 10 of 13", "Next clients", "client-a")
	lacks(t, first, "Previous clients", "client-l")
	next := s.get(t, 200, findLink(t, first, "/console/guard?all=1&amp;country=MY&amp;page=2"))
	wants(t, next, "Clients 11 to 13 of 13", "Previous clients", "client-l", "demo")
	lacks(t, next, "Next clients", "client-a")
}
