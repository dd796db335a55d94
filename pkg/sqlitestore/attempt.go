package sqlitestore

import (
	"context"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/otp"
)

// One condition decides the whole of verify; see the port for each clause. It is read with
// the item, and the write follows in the same transaction. One UPDATE with a RETURNING
// clause would take a fifth longer, because SQLite makes a table for its answer.
var (
	guessQuery = `SELECT ` + columns + `, rowid, state IN ('sent', 'unclear') AND attempts < max AND expiresAt > :now
  AND guess <> code AND op <> :op AND kv = :kv AND user = :user AND (chosen OR sentAt > :sentAfter)
  AND (:authId = '' OR authId = :authId)
FROM challenges WHERE pk = :pk`
	attemptQuery = `UPDATE OR FAIL challenges SET guess = :digest, op = :op, attempts = :attempts, source = :source
WHERE rowid = :row`
)

// Attempt implements [otp.Challenges].
func (s *Store) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	return in(ctx, s, "attempt", func() (otp.Write, error) {
		s.guess.SetText(":pk", g.Key)
		s.guess.SetText(":op", g.Op)
		s.guess.SetInt64(":now", int64(g.Now))
		s.guess.SetInt64(":kv", int64(g.KeyVersion))
		s.guess.SetText(":authId", g.AuthID)
		s.guess.SetText(":user", g.User)
		s.guess.SetInt64(":sentAfter", int64(g.SentAfter))
		var row int64
		var allowed bool
		c, err := one(s.guess, func(stmt *sqlite.Stmt) *otp.Challenge {
			row, allowed = stmt.ColumnInt64(len(otp.ChallengeFields)), stmt.ColumnBool(len(otp.ChallengeFields)+1)
			return read(stmt)
		})
		if err != nil || !allowed {
			return otp.Write{Item: c}, err
		}
		c.Guess, c.Op, c.Attempts = g.Digest, g.Op, c.Attempts+1
		if !g.KeepSource {
			c.Source = g.Source
		}
		s.attempt.SetInt64(":row", row)
		s.attempt.SetBytes(":source", c.Source)
		s.attempt.SetBytes(":digest", c.Guess)
		s.attempt.SetText(":op", c.Op)
		s.attempt.SetInt64(":attempts", int64(c.Attempts))
		return otp.Write{Applied: true, Item: c}, step(s.attempt)
	})
}
