// Package sqlitetest opens SQLite stores for tests of other packages.
package sqlitetest

import (
	"path/filepath"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
)

// New returns an empty store in a file of its own. It is closed when the test ends.
func New(t testing.TB) *sqlitestore.Store {
	t.Helper()
	db, err := sqlitestore.Open(filepath.Join(t.TempDir(), "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// Facts reads the feed of a store to its end, in pieces of at most limit changes, finishes each, and returns the facts.
func Facts(t testing.TB, s *sqlitestore.Store, limit int) (facts []changes.Fact) {
	t.Helper()
	for {
		p, err := s.Feed().Next(t.Context(), limit, time.Now())
		if err == nil {
			err = s.Feed().Finish(t.Context(), p)
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(p.List) == 0 {
			return facts
		}
		if len(p.List) > limit {
			t.Errorf("a piece of %d changes, at most %d are wanted", len(p.List), limit)
		}
		for _, change := range p.List {
			facts = append(facts, changes.Facts(change)...)
		}
	}
}

// Sweep deletes all rows that are over at an instant.
func Sweep(t testing.TB, s *sqlitestore.Store, now otp.Millis) {
	t.Helper()
	for round := false; !round; {
		var err error
		if round, err = s.Sweep(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
}
