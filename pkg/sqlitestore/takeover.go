package sqlitestore

import (
	"context"

	"countersign/pkg/otp"
)

// A take-over names the owner that the caller saw, so that of two callers one wins, and
// it waits until that owner cannot be sending any more.
var takeOverQuery = `UPDATE challenges SET owner = :owner, lease = :lease
WHERE pk = :pk AND owner = :from AND state IN ('reserved', 'unclear') AND lease <= :now AND expiresAt > :now
RETURNING ` + columns

// TakeOver implements [otp.Challenges].
func (s *Store) TakeOver(ctx context.Context, t otp.TakeOver) (otp.Write, error) {
	return in(ctx, s, "take over", func() (otp.Write, error) {
		s.takeOver.SetText(":pk", t.Key)
		s.takeOver.SetText(":owner", t.Owner)
		s.takeOver.SetInt64(":lease", int64(t.Lease))
		s.takeOver.SetText(":from", t.From)
		s.takeOver.SetInt64(":now", int64(t.Now))
		return s.returning(s.takeOver, t.Key)
	})
}
