package sqlitestore

import (
	"context"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/otp"
)

const (
	sweepChallengesQuery = `DELETE FROM challenges WHERE rowid IN (SELECT rowid FROM challenges WHERE ttl <= ?1 LIMIT ?2)`
	sweepLedgersQuery    = `DELETE FROM ledgers WHERE pk IN (SELECT pk FROM ledgers WHERE ttl <= ?1 LIMIT ?2)`
)

// sweepStep bounds one sweep, so that it delays no call for long.
const sweepStep = 500

// Sweep deletes items whose TTL has passed, a bounded number of each table, and
// reports whether there may be more. No rule depends on it.
func (s *Store) Sweep(ctx context.Context, now otp.Millis) (more bool, err error) {
	return in(ctx, s, "sweep", func() (bool, error) {
		for _, stmt := range []*sqlite.Stmt{s.sweepChallenges, s.sweepLedgers} {
			stmt.BindInt64(1, int64(now)/1000)
			stmt.BindInt64(2, sweepStep)
			if err := step(stmt); err != nil {
				return false, err
			}
			more = more || s.conn.Changes() == sweepStep
		}
		return more, nil
	})
}
