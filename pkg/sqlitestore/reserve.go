package sqlitestore

import (
	"context"

	"countersign/pkg/otp"
)

// The key is free when nothing is there, when the memory of what was there is
// over, or when the caller may replace what the last caller left unfinished.
const reserveQuery = `INSERT INTO challenges (` + columns + `)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20)
ON CONFLICT (pk) DO UPDATE SET
  authId = ?2, print = ?3, state = ?4, result = ?5, owner = ?6, lease = ?7, seed = ?8, digits = ?9, kv = ?10,
  code = ?11, guess = ?12, op = ?13, attempts = ?14, max = ?15, sentAt = ?16, expiresAt = ?17, ledger = ?18, mask = ?19, ttl = ?20
WHERE ttl <= ?21
   OR ?22 <> '' AND owner = ?22 AND state IN ('reserved', 'unclear') AND expiresAt <= ?23`

// Reserve implements [otp.Challenges].
func (s *Store) Reserve(ctx context.Context, c otp.Challenge, over string, now otp.Millis) (otp.Write, error) {
	return in(ctx, s, "reserve", func() (otp.Write, error) {
		bind(s.insert, c)
		s.insert.BindInt64(21, int64(now)/1000)
		s.insert.BindText(22, over)
		s.insert.BindInt64(23, int64(now))
		return s.counting(s.insert, c.Key)
	})
}
