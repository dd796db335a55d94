package sqlitestore_test

import (
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"

	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// A counter is swept at its ttl, which is that of the window it is in.
func TestSweepTraffic(t *testing.T) {
	s := sqlitetest.Open(t, filepath.Join(t.TempDir(), "countersign.db"))
	take := func(key string, window, ttl int64, want bool) {
		t.Helper()
		if ok, err := s.Take(t.Context(), key, window, 1, 1, ttl); err != nil || ok != want {
			t.Fatalf("take of %s in window %d: ok %v, %v, want ok %v", key, window, ok, err, want)
		}
	}
	sweep := func(seconds int64, want int) {
		t.Helper()
		for n := 1; ; n++ {
			round, err := s.Sweep(t.Context(), otp.Millis(seconds*1000))
			if err != nil {
				t.Fatal(err)
			}
			if round {
				if n != want {
					t.Errorf("%d sweeps for a round, want %d", n, want)
				}
				return
			}
		}
	}
	for n := range 1100 {
		take(fmt.Sprint("T#", n), 1, 100, true)
	}
	take("T#next", 1, 100, true)
	take("T#next", 2, 160, true)
	// A late clock does not shorten its life.
	if ok, err := s.Take(t.Context(), "T#next", 1, 1, 2, 100); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if ok, err := s.Documents().Put(t.Context(), "T#document", nil, 0); err != nil || !ok {
		t.Fatal(ok, err)
	}
	sweep(99, 13)
	take("T#0", 1, 100, false)
	sweep(100, 13)
	for n := range 1100 {
		take(fmt.Sprint("T#", n), 1, 100, true)
	}
	take("T#next", 2, 160, false)
	sweep(160, 13)
	take("T#next", 2, 160, true)
	if _, revision, err := s.Documents().Get(t.Context(), "T#document"); err != nil || revision != 1 {
		t.Errorf("revision %d, %v: documents have no ttl", revision, err)
	}
}

// BenchmarkTake counts the requests of 100 clients, from 16 callers at once.
func BenchmarkTake(b *testing.B) {
	s := sqlitetest.Open(b, filepath.Join(b.TempDir(), "countersign.db"))
	var n atomic.Int64
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			i := n.Add(1)
			if ok, err := s.Take(b.Context(), fmt.Sprint("T#", i%100), i/10_000, 1, 1000, 1<<40); err != nil || !ok {
				b.Error(ok, err)
			}
		}
	})
}
