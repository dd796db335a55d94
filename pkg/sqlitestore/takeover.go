package sqlitestore

import (
	"context"

	"countersign/pkg/otp"
)

// Only from the owner that the caller saw, so that of two callers one wins, and
// only once that owner cannot be sending any more.
const takeOverQuery = `UPDATE challenges SET owner = ?2, lease = ?3
WHERE pk = ?1 AND owner = ?4 AND state IN ('reserved', 'unclear') AND lease <= ?5 AND expiresAt > ?5
RETURNING ` + columns

// TakeOver implements [otp.Challenges].
func (s *Store) TakeOver(ctx context.Context, t otp.TakeOver) (otp.Write, error) {
	return in(ctx, s, "take over", func() (otp.Write, error) {
		s.takeOver.BindText(1, t.Key)
		s.takeOver.BindText(2, t.Owner)
		s.takeOver.BindInt64(3, int64(t.Lease))
		s.takeOver.BindText(4, t.From)
		s.takeOver.BindInt64(5, int64(t.Now))
		return s.returning(s.takeOver, t.Key)
	})
}
