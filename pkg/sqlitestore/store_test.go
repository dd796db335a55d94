package sqlitestore_test

import (
	"context"
	"flag"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
)

func open(t testing.TB) storetest.Store { return sqlitetest.New(t) }

var races = flag.Int("races", 200, "challenges in the race for one right code; the promise names 1,000")

func TestConformance(t *testing.T) {
	storetest.Run(t, storetest.Opener{
		Open:  open,
		Lossy: func(t testing.TB, next func() storetest.Fate) storetest.Store { return storetest.Redo(open(t), next) },
		Credit: func(s storetest.Store, credits ...guard.Credit) error {
			return sqlitetest.Credit(context.Background(), storetest.Undecorated(s).(*sqlitestore.Store), credits)
		},
		Races: *races,
	})
}

// empty returns a challenge with a key and a TTL.
func empty(n, ttl int64) otp.Challenge {
	return otp.Challenge{
		Key: fmt.Sprint("C#demo#", n), Fingerprint: []byte{}, Seed: []byte{}, Code: []byte{}, Guess: []byte{}, TTL: ttl,
	}
}

// Items outlive their TTL until they are swept, and only they are swept.
func TestSweep(t *testing.T) {
	ctx, s := t.Context(), open(t).(*sqlitestore.Store)
	for n := range int64(1200) {
		c := empty(n, n)
		if w, err := s.Reserve(ctx, c, nil, -1000); err != nil || !w.Applied {
			t.Fatal(w, err)
		}
	}
	sweeps := 0
	for round := false; !round; sweeps++ {
		var err error
		if round, err = s.Sweep(ctx, otp.Millis(1099*1000)); err != nil {
			t.Fatal(err)
		}
	}
	if sweeps != 13 {
		t.Errorf("%d sweeps for a round over 1,200 rows, want 13", sweeps)
	}
	for n, want := range map[int]bool{0: true, 1099: true, 1100: false} {
		c := empty(int64(n), 1<<40)
		if w, err := s.Reserve(ctx, c, nil, -1000); err != nil || w.Applied != want {
			t.Errorf("key %d free: %v %v, want %v", n, w.Applied, err, want)
		}
	}
}

// Close finishes the calls that wait. Later calls fail and change nothing.
func TestClose(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	s, err := sqlitestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	var applied atomic.Int64
	for n := range 500 {
		wg.Go(func() {
			c := empty(int64(n), 1<<40)
			if w, err := s.Reserve(context.Background(), c, nil, 0); err == nil && w.Applied {
				applied.Add(1)
			}
		})
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	if err := s.Close(); err == nil {
		t.Error("a second Close succeeded")
	}
	if s, err = sqlitestore.Open(path); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	found := int64(0)
	for n := range 500 {
		w, err := s.Attempt(context.Background(), otp.Guess{Key: fmt.Sprint("C#demo#", n)})
		if err != nil {
			t.Fatal(err)
		}
		if w.Item != nil {
			found++
		}
	}
	if found != applied.Load() {
		t.Errorf("%d challenges after reopening, %d were answered", found, applied.Load())
	}
}
