package sqlitestore

import (
	"context"
	"strings"

	"countersign/pkg/otp"
)

// Most keys are new: then a plain insertion does. It copies no pages to undo its statement, as one with a clause for
// conflicts does because of the triggers.
var insertQuery = `INSERT OR IGNORE INTO challenges (` + columns + `) VALUES (` + parameters + `)`

// The key is free when nothing is there, when the memory of the item there is over, or
// when it is still the item that the caller read and found to be over.
var reserveQuery = `INSERT OR FAIL INTO challenges (` + columns + `) VALUES (` + parameters + `)
ON CONFLICT (pk) DO UPDATE SET (` + columns + `) = (excluded.` + strings.ReplaceAll(columns, ", ", ", excluded.") + `)
WHERE ttl <= :seconds
   OR owner = :overOwner AND state = :overState AND op = :overOp AND lease <= :now`

// Reserve implements [otp.Challenges].
func (s *Store) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis) (otp.Write, error) {
	return in(ctx, s, "reserve", func() (otp.Write, error) {
		if over == nil {
			bind(s.insert, otp.ChallengeFields, &c)
			if err := step(s.insert); err != nil || s.conn.Changes() > 0 {
				return otp.Write{Applied: err == nil}, err
			}
			over = &otp.Challenge{} // no item has an empty op
		}
		bind(s.reserve, otp.ChallengeFields, &c)
		s.reserve.SetInt64(":seconds", int64(now)/1000)
		s.reserve.SetText(":overOwner", over.Owner)
		s.reserve.SetText(":overState", string(over.State))
		s.reserve.SetText(":overOp", over.Op)
		s.reserve.SetInt64(":now", int64(now))
		return s.counting(s.reserve, c.Key)
	})
}
