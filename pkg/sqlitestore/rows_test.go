package sqlitestore_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
)

func sqlrow(key string, ttl int64) otp.Challenge {
	return otp.Challenge{
		Key: key, State: otp.Delivered, Fingerprint: []byte{}, Seed: []byte{}, Code: []byte("right"),
		Guess: []byte("-"), Op: "-", Max: 5, SentAt: 1, ExpiresAt: 1 << 50, LedgerKey: "N#1", TTL: ttl,
	}
}

// Sweeping goes on where it stopped, round after round, in both tables.
func TestSweepGoesOn(t *testing.T) {
	ctx, s := t.Context(), open(t).(*sqlitestore.Store)
	sweep := func(want int) {
		t.Helper()
		for n := 1; ; n++ {
			round, err := s.Sweep(ctx, 100_000)
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
	put := func(key string, ttl int64, free bool) {
		t.Helper()
		if w, err := s.Reserve(ctx, sqlrow(key, ttl), nil, -1000); err != nil || w.Applied != free {
			t.Fatalf("%s: %+v %v, want free %v", key, w, err, free)
		}
	}
	put("C#1", 100, true)
	for n := range 1500 {
		spend := otp.Spend{Key: fmt.Sprint("N#", n), ID: "a", TTL: 100}
		if _, err := s.Spend(ctx, spend); err != nil {
			t.Fatal(err)
		}
	}
	put("C#0", 1<<40, true)
	sweep(16) // the ledgers take longer than the challenges
	put("C#1", 100, true)
	put("C#2", 101, true)
	spend := otp.Spend{Key: "N#new", ID: "a", TTL: 100}
	if got, err := s.Spend(ctx, spend); err != nil || !got.Applied {
		t.Fatal(got, err)
	}
	sweep(2)
	put("C#1", 1<<40, true)
	put("C#2", 1<<40, false)
	got, err := s.Spend(ctx, otp.Spend{Key: "N#new", ID: "a"})
	if err != nil || !got.Applied {
		t.Errorf("the ledger was not swept: %+v %v", got, err)
	}
}

func TestErrors(t *testing.T) {
	dir := t.TempDir()
	if _, err := sqlitestore.Open(filepath.Join(dir, "none", "x.db")); err == nil {
		t.Error("opened a file in no directory")
	}
	text := filepath.Join(dir, "text.db")
	os.WriteFile(text, []byte("this is no database, whatever its name may say of it\n"), 0o600)
	if _, err := sqlitestore.Open(text); err == nil {
		t.Error("opened a text file")
	}
	path := filepath.Join(dir, "x.db")
	s, err := sqlitestore.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if f, err := os.Stat(path); err != nil || f.Mode().Perm() != 0o600 {
		t.Error(f.Mode(), err)
	}
	if _, err := os.Stat(path + "-wal"); err != nil {
		t.Error("no write-ahead log:", err)
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	for range 20 { // either of the two selects may see it
		if w, err := s.Reserve(ended, sqlrow("C#1", 1<<40), nil, 0); err == nil && !w.Applied && w.Item == nil {
			t.Error("a call whose context is over: no error and no answer")
		}
	}
	s.Close()
	if _, err := s.Attempt(context.Background(), otp.Guess{Key: "C#1"}); err == nil {
		t.Error("a closed store answered")
	}
	if err := s.Refund(context.Background(), "N#1", "a"); err == nil {
		t.Error("a closed store answered")
	}
}
