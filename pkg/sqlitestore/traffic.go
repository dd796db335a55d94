package sqlitestore

import (
	"context"
	"fmt"
)

// :used is the most that may be used already for n more to be within the limit.
const takeQuery = `INSERT INTO traffic (pk, window, used, ttl) VALUES (:pk, :window, :n, :ttl)
ON CONFLICT (pk) DO UPDATE SET
  window = max(window, :window), used = iif(window < :window, 0, used) + :n, ttl = iif(window < :window, :ttl, ttl)
WHERE window < :window OR used <= :used`

// Take adds n to the counter under key in a window of time, if the sum is at most limit,
// and reports whether it did. The caller numbers windows in the order of time, for
// example by the minute since 1970. A counter of an earlier window starts anew. A
// counter of a later window, written by a caller whose clock is ahead, is used as it is.
// No window grants more than limit, however many calls there are at once. n outside 1 to
// limit is an error.
//
// ttl is when the counter may be swept, in seconds since 1970. It has to be after the
// end of the window on all clocks, or the window would start anew. It is written when a
// window begins.
func (s *Store) Take(ctx context.Context, key string, window int64, n, limit int, ttl int64) (ok bool, err error) {
	if n < 1 || n > limit {
		return false, fmt.Errorf("take: %d of at most %d, must be 1 or more and within the limit", n, limit)
	}
	return in(ctx, s, "take", func() (bool, error) {
		s.take.SetText(":pk", key)
		s.take.SetInt64(":window", window)
		s.take.SetInt64(":n", int64(n))
		s.take.SetInt64(":used", int64(limit-n))
		s.take.SetInt64(":ttl", ttl)
		err := step(s.take)
		return err == nil && s.conn.Changes() > 0, err
	})
}
