package sqlitestore

import (
	"context"

	"zombiezen.com/go/sqlite/sqlitex"

	"countersign/pkg/guard"
)

// Writes returns how many rows were written since the file was opened.
func (s *Store) Writes(ctx context.Context) (int, error) {
	return in(ctx, s, "writes", func() (int, error) {
		return sqlitex.ResultInt(s.conn.Prep("SELECT total_changes()"))
	})
}

// PutEntry writes an entry as it is.
func (s *Store) PutEntry(ctx context.Context, e guard.Entry) error {
	_, err := in(ctx, s, "put", func() (struct{}, error) {
		s.entries.byKey[e.Key] = &heldEntry{e, true, true}
		return struct{}{}, nil
	})
	return err
}

// Entry reads the entry under a key; it is nil if there is none.
func (s *Store) Entry(ctx context.Context, key string) (*guard.Entry, error) {
	return in(ctx, s, "entry", func() (*guard.Entry, error) { return s.entry(key) })
}
