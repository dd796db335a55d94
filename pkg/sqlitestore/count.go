package sqlitestore

import (
	"context"
	"errors"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/changes"
)

var _ changes.Counters = (*Store)(nil)

const (
	rememberQuery = `INSERT INTO counted (id, ttl) VALUES (:id, :ttl) ON CONFLICT DO NOTHING`
	addQuery      = `INSERT INTO tallies (pk, what, n, ttl) VALUES (:pk, :what, :n, :ttl)
ON CONFLICT (pk, what) DO UPDATE SET n = n + :n, ttl = max(ttl, :ttl)`
	tallyQuery = `SELECT what, n FROM tallies WHERE pk = :pk`
)

// counter has the statements of the counters.
type counter struct{ remember, add, tally *sqlite.Stmt }

// number is one number of one counter.
type number struct{ key, what string }

// Count implements [changes.Counters], in one transaction.
func (s *Store) Count(ctx context.Context, facts []changes.Count) (done int, err error) {
	_, err = in(ctx, s, "count", func() (struct{}, error) {
		sums, ttl := map[number]int64{}, map[number]int64{}
		for _, f := range facts {
			s.counter.remember.SetText(":id", f.ID)
			s.counter.remember.SetInt64(":ttl", f.TTL)
			if err := step(s.counter.remember); err != nil {
				return struct{}{}, err
			}
			if s.conn.Changes() == 0 {
				continue // counted before
			}
			for _, key := range f.Keys {
				n := number{key, f.What}
				sums[n]++
				ttl[n] = max(ttl[n], f.TTL)
			}
		}
		for n, more := range sums {
			s.counter.add.SetText(":pk", n.key)
			s.counter.add.SetText(":what", n.what)
			s.counter.add.SetInt64(":n", more)
			s.counter.add.SetInt64(":ttl", ttl[n])
			if err := step(s.counter.add); err != nil {
				return struct{}{}, err
			}
		}
		return struct{}{}, nil
	})
	if err != nil {
		return 0, err
	}
	return len(facts), nil
}

// Tally implements [changes.Counters].
func (s *Store) Tally(ctx context.Context, key string) (map[string]int64, error) {
	return in(ctx, s, "tally", func() (map[string]int64, error) {
		var tally map[string]int64
		s.counter.tally.SetText(":pk", key)
		for {
			row, err := s.counter.tally.Step()
			if err != nil || !row {
				return tally, errors.Join(err, s.counter.tally.Reset())
			}
			if tally == nil {
				tally = map[string]int64{}
			}
			tally[s.counter.tally.ColumnText(0)] = s.counter.tally.ColumnInt64(1)
		}
	})
}
