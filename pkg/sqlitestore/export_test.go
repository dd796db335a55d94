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
