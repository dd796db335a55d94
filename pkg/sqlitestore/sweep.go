package sqlitestore

import (
	"context"
	"errors"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/otp"
)

// sweeper goes over a table in the order in which its rows were made. An index on ttl
// would find the rows at once, but takes a tenth of the time of every init.
type sweeper struct {
	window, sweep *sqlite.Stmt
	after         int64 // the row up to which this round has come
	done          bool  // with this round
}

// sweepStep is how many rows of each table one sweep looks at, so that it delays
// no call for long.
const sweepStep = "100"

func (s *Store) sweeper(table string) (w sweeper, err error) {
	w.window, err = s.conn.Prepare(`SELECT max(rowid) FROM
		(SELECT rowid FROM ` + table + ` WHERE rowid > :after ORDER BY rowid LIMIT ` + sweepStep + `)`)
	if err != nil {
		return w, err
	}
	w.sweep, err = s.conn.Prepare(`DELETE FROM ` + table + `
		WHERE rowid > :after AND rowid <= :last AND ttl <= :seconds`)
	return w, err
}

// Sweep deletes the items whose TTL has passed from a bounded number of rows of
// each table, and goes on from there at the next call. It reports whether a round
// over the whole of all tables is done. No rule depends on it.
func (s *Store) Sweep(ctx context.Context, now otp.Millis) (round bool, err error) {
	return in(ctx, s, "sweep", func() (bool, error) {
		err := s.flushEntries() // none that is held may come back once it is swept
		round := true
		for i := range s.sweepers {
			err = errors.Join(err, s.sweepers[i].step(now))
			round = round && s.sweepers[i].done
		}
		for i := range s.sweepers {
			s.sweepers[i].done = s.sweepers[i].done && !round
		}
		return round, err
	})
}

func (w *sweeper) step(now otp.Millis) error {
	if w.done {
		return nil
	}
	w.window.SetInt64(":after", w.after)
	last, err := one(w.window, func(stmt *sqlite.Stmt) *int64 { n := stmt.ColumnInt64(0); return &n })
	if err != nil {
		return err
	}
	if *last == 0 { // no rows behind after
		w.after, w.done = 0, true
		return nil
	}
	w.sweep.SetInt64(":after", w.after)
	w.sweep.SetInt64(":last", *last)
	w.sweep.SetInt64(":seconds", int64(now)/1000)
	w.after = *last
	return step(w.sweep)
}
