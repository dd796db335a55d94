package sqlitestore

import (
	"context"

	"countersign/pkg/otp"
)

// One statement decides the whole of verify; see the port for each clause.
const attemptQuery = `UPDATE challenges SET guess = ?2, op = ?3, attempts = attempts + 1
WHERE pk = ?1 AND state IN ('sent', 'unclear') AND attempts < max AND expiresAt > ?4
  AND guess <> code AND op <> ?3 AND kv = ?5 AND user = ?7 AND (chosen OR sentAt > ?8)
  AND (?6 = '' OR authId = ?6)
RETURNING ` + columns

// Attempt implements [otp.Challenges].
func (s *Store) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	return in(ctx, s, "attempt", func() (otp.Write, error) {
		s.attempt.BindText(1, g.Key)
		s.attempt.BindBytes(2, g.Digest)
		s.attempt.BindText(3, g.Op)
		s.attempt.BindInt64(4, int64(g.Now))
		s.attempt.BindInt64(5, int64(g.KeyVersion))
		s.attempt.BindText(6, g.AuthID)
		s.attempt.BindText(7, g.User)
		s.attempt.BindInt64(8, int64(g.SentAfter))
		return s.returning(s.attempt, g.Key)
	})
}
