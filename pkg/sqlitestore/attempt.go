package sqlitestore

import (
	"context"

	"countersign/pkg/otp"
)

// One statement decides the whole of verify; see the port for each clause.
var attemptQuery = `UPDATE challenges SET guess = :digest, op = :op, attempts = attempts + 1
WHERE pk = :pk AND state IN ('sent', 'unclear') AND attempts < max AND expiresAt > :now
  AND guess <> code AND op <> :op AND kv = :kv AND user = :user AND (chosen OR sentAt > :sentAfter)
  AND (:authId = '' OR authId = :authId)
RETURNING ` + columns

// Attempt implements [otp.Challenges].
func (s *Store) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	return in(ctx, s, "attempt", func() (otp.Write, error) {
		s.attempt.SetText(":pk", g.Key)
		s.attempt.SetBytes(":digest", g.Digest)
		s.attempt.SetText(":op", g.Op)
		s.attempt.SetInt64(":now", int64(g.Now))
		s.attempt.SetInt64(":kv", int64(g.KeyVersion))
		s.attempt.SetText(":authId", g.AuthID)
		s.attempt.SetText(":user", g.User)
		s.attempt.SetInt64(":sentAfter", int64(g.SentAfter))
		return s.returning(s.attempt, g.Key)
	})
}
