package openstore_test

import (
	"crypto/rand"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/config"
	"countersign/pkg/documents"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/guard"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// cacheAge is how long a function keeps a client.
const cacheAge = 30 * time.Second

// TestRuleIsSeen: what an operator decides about the guard holds in a process that has the client in memory as soon as
// it reads the client again, and not later; an end holds at its instant.
func TestRuleIsSeen(t *testing.T) {
	for name, table := range map[string]func() documents.Table{
		"sqlite": func() documents.Table { return sqlitetest.New(t).Documents() },
		"dynamodb": func() documents.Table {
			return dynamostore.NewDocuments(dynamotest.Client(t, nil), dynamotest.ClientsTable(t))
		},
	} {
		t.Run(name, func(t *testing.T) { ruleIsSeen(t, table()) })
	}
}

func ruleIsSeen(t *testing.T, table documents.Table) {
	now := time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)
	clock := func() time.Time { return now }
	cfg, err := config.Load(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	r := registry.Registry{Table: table, Defaults: cfg.Defaults(), Now: clock, Rand: rand.Reader}
	acme := clients.Record{ID: "acme", Unsigned: true, Countries: []string{"MY"}}
	if err := r.Add(t.Context(), acme, nil); err != nil {
		t.Fatal(err)
	}
	lookup := clients.NewLookup(table, nil, cfg.Defaults())
	cache := clients.NewCache(lookup.FindName, clock, cacheAge, time.Second, 10)
	want := func(step string, mode guard.Mode, verdict clients.GuardVerdict) {
		t.Helper()
		c, err := cache.Find(t.Context(), "acme")
		if err != nil || c == nil {
			t.Fatal(step, c, err)
		}
		rule, _ := c.Rule("+60123456789", "MY", now)
		if c.Guard.Mode != mode || rule.Verdict != verdict {
			t.Errorf("%s: mode %q and verdict %q, want %q and %q", step, c.Guard.Mode, rule.Verdict, mode, verdict)
		}
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	want("at first", guard.Enforce, "")
	block := clients.GuardRule{Countries: []string{"MY"}, Verdict: clients.Block, Until: now.Add(time.Hour)}
	must(r.AddGuardRule(t.Context(), "acme", block))
	want("before the process reads the client again", guard.Enforce, "")
	now = now.Add(cacheAge + time.Millisecond)
	want("after it", guard.Enforce, clients.Block)
	must(r.RemoveGuardRules(t.Context(), "acme", block))
	must(r.Edit(t.Context(), "acme", func(r *clients.Record) error { r.Guard.Mode = guard.Monitor; return nil }))
	now = now.Add(cacheAge + time.Millisecond)
	want("when it is taken back", guard.Monitor, "")
	must(r.AddGuardRule(t.Context(), "acme", block))
	now = block.Until.Add(-time.Millisecond)
	want("a moment before its end", guard.Monitor, clients.Block)
	now = block.Until
	want("at its end, from memory", guard.Monitor, "")
}
