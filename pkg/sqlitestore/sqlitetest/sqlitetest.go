// Package sqlitetest opens SQLite stores for tests of other packages.
package sqlitetest

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
)

// New returns an empty store in a file of its own. It is closed when the test ends.
func New(t testing.TB) *sqlitestore.Store {
	t.Helper()
	return Open(t, filepath.Join(t.TempDir(), "countersign.db"))
}

// Open opens a file until the end of the test.
func Open(t testing.TB, path string) *sqlitestore.Store {
	t.Helper()
	db, err := sqlitestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() }) // a test may have closed it
	return db
}

// Facts reads the feed of a store to its end, in pieces of at most limit changes, finishes each, and returns the facts.
func Facts(t testing.TB, s *sqlitestore.Store, limit int) (facts []changes.Fact) {
	t.Helper()
	for {
		p, err := s.Feed().Next(t.Context(), limit, time.Now())
		if err == nil {
			err = s.Feed().Finish(t.Context(), p)
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(p.List) == 0 {
			return facts
		}
		if len(p.List) > limit {
			t.Errorf("a piece of %d changes, at most %d are wanted", len(p.List), limit)
		}
		for _, change := range p.List {
			facts = append(facts, changes.Facts(change)...)
		}
	}
}

// Sweep deletes all rows that are over at an instant.
func Sweep(t testing.TB, s *sqlitestore.Store, now otp.Millis) {
	t.Helper()
	for round := false; !round; {
		var err error
		if round, err = s.Sweep(t.Context(), now); err != nil {
			t.Fatal(err)
		}
	}
}

var (
	following sync.Mutex
	credited  int
)

// Credit gives credits in the transaction that finishes a change, as the follower of a file does.
func Credit(ctx context.Context, s *sqlitestore.Store, credits []guard.Credit) error {
	following.Lock()
	defer following.Unlock()
	credited++
	change := otp.Receipt{MessageID: fmt.Sprint("credit ", credited), Reason: otp.ReasonFailed}
	if _, err := s.Receive(ctx, change); err != nil {
		return err
	}
	p, err := s.Feed().Next(ctx, math.MaxInt32, time.Time{})
	if err != nil {
		return err
	}
	own := slices.Clone(credits)
	for i := range own { // those of the latest change
		own[i].From, own[i].Record = "", p.List[len(p.List)-1].Record
	}
	if err := p.Credit(ctx, own); err != nil {
		return err
	}
	return s.Feed().Finish(ctx, p)
}
