package localserver

import (
	"context"
	"time"

	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
)

// sweep deletes expired items once a minute, as DynamoDB's TTL does.
func sweep(ctx context.Context, db *sqlitestore.Store) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		for round := false; !round && ctx.Err() == nil; {
			var err error
			if round, err = db.Sweep(ctx, otp.MillisOf(time.Now())); err != nil {
				break // the next sweep tries again
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}
