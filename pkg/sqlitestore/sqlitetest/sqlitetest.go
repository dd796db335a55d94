// Package sqlitetest opens SQLite stores for tests of other packages.
package sqlitetest

import (
	"path/filepath"
	"testing"

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
