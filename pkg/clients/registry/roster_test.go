package registry_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/clients/registry"
	"countersign/pkg/documents"
	"countersign/pkg/sqlitestore/sqlitetest"
)

func roster(t *testing.T, r *clientstest.Rig) clients.Roster {
	t.Helper()
	names, err := clients.ReadRoster(r.Table, "beside")(t.Context())
	if err != nil || !names.Has("beside") {
		t.Fatal(names, err)
	}
	return names
}

// The roster has each client that was added, and after the first edit also those of a version without a roster.
func TestRoster(t *testing.T) {
	r := clientstest.New(t)
	has := func(want bool, ids ...string) {
		t.Helper()
		for _, id := range ids {
			if got := roster(t, r).Has(id); got != want {
				t.Errorf("%q: %v, want %v", id, got, want)
			}
		}
	}
	has(false, "acme")
	r.MustAdd(t, clients.Record{ID: "acme"}, "")
	r.MustAdd(t, clients.Record{ID: "ein Händler"}, "")
	has(true, "acme", "ein Händler")
	r.Put(t, "client#late", `{"id":"late","status":"active","added":"2026-11-22T02:25:27Z"}`)
	has(false, "late")
	if err := r.Disable(t.Context(), "late"); err != nil {
		t.Fatal(err)
	}
	has(true, "acme", "late")
	if err := documents.Remove(t.Context(), r.Table, clients.RosterKey); err != nil {
		t.Fatal(err)
	}
	if err := r.Enable(t.Context(), "late"); err != nil {
		t.Fatal(err)
	}
	has(true, "acme", "ein Händler", "late")
	has(false, "other", "Acme", "")
	if text := r.Raw(t, clients.RosterKey); strings.Contains(text, "acme") {
		t.Errorf("a name is readable: %s", text)
	}
}

// A client that is refused is not in the roster, and a full roster stays readable.
func TestRosterBounds(t *testing.T) {
	r := clientstest.New(t)
	if err := r.Add(t.Context(), clients.Record{ID: "bad", PerMinute: -1}, nil); err == nil {
		t.Fatal("no error")
	}
	if roster(t, r).Has("bad") {
		t.Error("a refused client is in the roster")
	}
	var names []string
	for i := range registry.MaxRoster + 1000 {
		names = append(names, fmt.Sprint(i))
	}
	if err := r.Enrol(t.Context(), names...); err != nil {
		t.Fatal(err)
	}
	if got := len(roster(t, r)); got != registry.MaxRoster+1 {
		t.Errorf("%d names", got)
	}
	r.MustAdd(t, clients.Record{ID: "one more"}, "")
}

// Commands that run at once lose no name, also where they make the roster.
func TestRosterTogether(t *testing.T) {
	r := clientstest.New(t)
	other := r.Registry
	other.Table = sqlitetest.Open(t, r.Database).Documents()
	failed := make(chan error, 20)
	for i := range 20 {
		g := []registry.Registry{r.Registry, other}[i%2]
		go func() { failed <- g.Enrol(t.Context(), fmt.Sprint(i)) }()
	}
	for range 20 {
		if err := <-failed; err != nil {
			t.Error(err)
		}
	}
	names := roster(t, r)
	missing := slices.DeleteFunc([]string{"0", "1", "18", "19"}, names.Has)
	if len(names) != 21 || len(missing) > 0 {
		t.Errorf("%d names, without %q", len(names)-1, missing)
	}
}
