package sqlitestore

import (
	"context"

	"countersign/pkg/otp"
)

// Only a code that somebody can still use is sent once more, and only by one call
// at a time.
const claimQuery = `UPDATE challenges SET owner = ?2, lease = ?3
WHERE pk = ?1 AND state IN ('sent', 'unclear') AND lease <= ?4 AND expiresAt > ?4
  AND guess <> code AND attempts < max AND (?5 = '' OR authId = ?5)
RETURNING ` + columns

// Claim implements [otp.Challenges].
func (s *Store) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	return in(ctx, s, "claim", func() (otp.Write, error) {
		s.claim.BindText(1, c.Key)
		s.claim.BindText(2, c.Owner)
		s.claim.BindInt64(3, int64(c.Lease))
		s.claim.BindInt64(4, int64(c.Now))
		s.claim.BindText(5, c.AuthID)
		return s.returning(s.claim, c.Key)
	})
}
