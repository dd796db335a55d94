package sqlitestore

import (
	"context"
	"strings"

	"countersign/pkg/otp"
)

// The key is free when nothing is there, when the memory of the item there is over, or
// when it is still the item that the caller read and found to be over.
var reserveQuery = `INSERT OR FAIL INTO challenges (` + columns + `) VALUES (` + parameters + `)
ON CONFLICT (pk) DO UPDATE SET (` + columns + `) = (excluded.` + strings.ReplaceAll(columns, ", ", ", excluded.") + `)
WHERE ttl <= :seconds
   OR owner = :overOwner AND state = :overState AND op = :overOp AND lease <= :now`

// Reserve implements [otp.Challenges].
func (s *Store) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis) (otp.Write, error) {
	return in(ctx, s, "reserve", func() (otp.Write, error) {
		bind(s.insert, otp.ChallengeFields, &c)
		s.insert.SetInt64(":seconds", int64(now)/1000)
		if over == nil {
			over = &otp.Challenge{} // no item has an empty op
		}
		s.insert.SetText(":overOwner", over.Owner)
		s.insert.SetText(":overState", string(over.State))
		s.insert.SetText(":overOp", over.Op)
		s.insert.SetInt64(":now", int64(now))
		return s.counting(s.insert, c.Key)
	})
}
