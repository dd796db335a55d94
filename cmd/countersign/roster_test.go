package main

import (
	"context"
	"path/filepath"
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
	"countersign/pkg/sqlitestore"
)

// TestListCompletesRoster: client list enters the clients of a version without a roster, for processes that start in a
// flood of strangers.
func TestListCompletesRoster(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme", "--country", "MY", "--generate-key")
	onTable := func(use func(documents.Table) error) {
		t.Helper()
		db, err := sqlitestore.Open(filepath.Join(c.data, "countersign.db"))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := use(db.Documents()); err != nil {
			t.Fatal(err)
		}
	}
	onTable(func(d documents.Table) error { return documents.Remove(context.Background(), d, clients.RosterKey) })
	c.ok("client", "list")
	onTable(func(d documents.Table) error {
		roster, err := clients.ReadRoster(d)(context.Background())
		if !roster.Has("acme") {
			t.Errorf("the roster has %d names, and not acme", len(roster))
		}
		return err
	})
}
