package sqlitestore

import (
	"context"

	"countersign/pkg/guard"
)

// PutEntry writes an entry as it is.
func (s *Store) PutEntry(ctx context.Context, e guard.Entry) error {
	_, err := in(ctx, s, "put", func() (struct{}, error) {
		s.putEntry(e)
		return struct{}{}, nil
	})
	return err
}

// Entry reads the entry under a key; it is nil if there is none.
func (s *Store) Entry(ctx context.Context, key string) (*guard.Entry, error) {
	return in(ctx, s, "entry", func() (*guard.Entry, error) { return s.entry(key) })
}
