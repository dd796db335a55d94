package sqlitestore

import (
	"context"

	"countersign/pkg/otp"
)

// The key is free when nothing is there, when the memory of what was there is
// over, or when it is still what the caller looked at and found to be over.
const reserveQuery = `INSERT INTO challenges (` + columns + `)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, ?24, ?25, ?26)
ON CONFLICT (pk) DO UPDATE SET
  authId = ?2, print = ?3, state = ?4, result = ?5, owner = ?6, lease = ?7, seed = ?8, sealed = ?9, chosen = ?10, digits = ?11, kv = ?12, code = ?13,
  guess = ?14, op = ?15, attempts = ?16, max = ?17, sentAt = ?18, expiresAt = ?19, ledger = ?20, mask = ?21, user = ?22, client = ?23, region = ?24, block = ?25, ttl = ?26
WHERE ttl <= ?27
   OR owner = ?28 AND state = ?29 AND op = ?30 AND lease <= ?31`

// Reserve implements [otp.Challenges].
func (s *Store) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis) (otp.Write, error) {
	return in(ctx, s, "reserve", func() (otp.Write, error) {
		bind(s.insert, c)
		s.insert.BindInt64(27, int64(now)/1000)
		if over == nil {
			over = &otp.Challenge{} // no item has an empty op
		}
		s.insert.BindText(28, over.Owner)
		s.insert.BindText(29, string(over.State))
		s.insert.BindText(30, over.Op)
		s.insert.BindInt64(31, int64(now))
		return s.counting(s.insert, c.Key)
	})
}
