package sqlitestore

import (
	"context"

	"countersign/pkg/otp"
)

// Empty values are compared: a function, such as length, may fail, and SQLite would keep copies of the pages for that.
const settleQuery = `UPDATE OR FAIL challenges SET state = :state, result = :result, lease = :lease,
  sentAt = iif(:sentAt = 0, sentAt, :sentAt), mask = iif(:sentAt = 0, mask, :mask),
  messages = iif(:messages = x'', messages, :messages),
  g = iif(:guard = x'', g, :guard),
  ttl = iif(:forget, :lease / 1000, ttl)
WHERE pk = :pk AND owner = :owner`

// Settle implements [otp.Challenges].
func (s *Store) Settle(ctx context.Context, t otp.Settlement) (otp.Write, error) {
	return in(ctx, s, "settle", func() (otp.Write, error) {
		s.settle.SetText(":pk", t.Key)
		s.settle.SetText(":state", string(t.State))
		s.settle.SetText(":result", string(t.Result))
		s.settle.SetInt64(":lease", int64(t.Lease))
		s.settle.SetText(":owner", t.Owner)
		s.settle.SetInt64(":sentAt", int64(t.SentAt))
		s.settle.SetText(":mask", t.Mask)
		s.settle.SetBytes(":messages", t.Messages)
		s.settle.SetBytes(":guard", t.Guard)
		s.settle.SetBool(":forget", t.Forget)
		return s.counting(s.settle, t.Key)
	})
}
