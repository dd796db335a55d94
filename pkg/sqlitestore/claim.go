package sqlitestore

import (
	"context"

	"countersign/pkg/otp"
)

// A code is sent once more only while somebody can still use it, only by one call at a
// time, and not for a replay of a signed request.
var claimQuery = `UPDATE challenges SET owner = :owner, lease = :lease
WHERE pk = :pk AND state IN ('sent', 'unclear') AND lease <= :now AND expiresAt > :now
  AND guess <> code AND attempts < max AND (:authId = '' OR authId = :authId)
  AND (:after = '' OR substr(owner, 1, 1) <> :signed OR owner < :after)
RETURNING ` + columns

// Claim implements [otp.Challenges].
func (s *Store) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	return in(ctx, s, "claim", func() (otp.Write, error) {
		s.claim.SetText(":pk", c.Key)
		s.claim.SetText(":owner", c.Owner)
		s.claim.SetInt64(":lease", int64(c.Lease))
		s.claim.SetInt64(":now", int64(c.Now))
		s.claim.SetText(":authId", c.AuthID)
		s.claim.SetText(":after", c.After)
		s.claim.SetText(":signed", otp.SignedMark)
		return s.returning(s.claim, c.Key)
	})
}
