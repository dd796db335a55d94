package sqlitestore

import (
	"context"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/otp"
)

const settleQuery = `UPDATE challenges SET state = ?2, result = ?3, lease = ?4,
  sentAt = iif(?6 = 0, sentAt, ?6), mask = iif(?6 = 0, mask, ?7), ttl = iif(?8, ?4 / 1000, ttl)
WHERE pk = ?1 AND owner = ?5`

// Settle implements [otp.Challenges].
func (s *Store) Settle(ctx context.Context, t otp.Settlement) (otp.Write, error) {
	return in(ctx, s, "settle", func() (otp.Write, error) {
		s.settle.BindText(1, t.Key)
		s.settle.BindText(2, string(t.State))
		s.settle.BindText(3, string(t.Result))
		s.settle.BindInt64(4, int64(t.Lease))
		s.settle.BindText(5, t.Owner)
		s.settle.BindInt64(6, int64(t.SentAt))
		s.settle.BindText(7, t.Mask)
		s.settle.BindBool(8, t.Forget)
		return s.counting(s.settle, t.Key)
	})
}

// counting runs a conditional write that returns nothing, or finds the item
// that refused it.
func (s *Store) counting(stmt *sqlite.Stmt, key string) (otp.Write, error) {
	if err := step(stmt); err != nil {
		return otp.Write{}, err
	}
	if s.conn.Changes() > 0 {
		s.written = append(s.written, key)
		return otp.Write{Applied: true}, nil
	}
	s.find.BindText(1, key)
	item, err := one(s.find, read)
	return otp.Write{Item: item}, err
}
