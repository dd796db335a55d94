package sqlitestore

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// The log begins anew while calls go on, and no call fails or is lost.
func TestRestartLog(t *testing.T) {
	s, err := Open(filepath.Join(t.TempDir(), "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const rounds, calls = 20, 40 // fewer commits than a checkpoint comes after by itself
	spend := func(key string) {
		got, err := s.Spend(t.Context(), otp.Spend{Key: key, ID: "a", Limits: otp.Limits{Unanswered: 9}})
		if err != nil || !got.Applied {
			t.Error(got, err)
		}
	}
	for round := range rounds {
		var under sync.WaitGroup
		for n := range calls {
			under.Go(func() { spend(fmt.Sprintf("N#%d-%d", round, n)) })
		}
		s.restartLog()
		under.Wait()
		spend(fmt.Sprintf("N#%d", round))
		log, err := s.checkpointer.pass("PASSIVE")
		if err != nil || log > 300 {
			t.Errorf("%d pages are in the log after round %d, %v", log, round, err)
		}
	}
	n, err := in(t.Context(), s, "test", func() (int, error) {
		all, err := s.list("SELECT pk FROM ledgers")
		return len(all), err
	})
	if err != nil || n != rounds*(calls+1) {
		t.Errorf("%d ledgers, %v; want %d", n, err, rounds*(calls+1))
	}
}

// A checkpoint comes by itself after enough commits.
func TestCheckpointIsMade(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	before := size(t, path)
	for n := range checkpointAfter + 1 {
		put := func() (int, error) { return 0, s.put(&otp.Ledger{Key: fmt.Sprintf("N#%d", n)}) }
		if _, err := in(t.Context(), s, "test", put); err != nil {
			t.Fatal(err)
		}
	}
	for patience := time.Now().Add(20 * time.Second); size(t, path) <= before; {
		if time.Now().After(patience) {
			t.Fatal("nothing was copied from the log into the file")
		}
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	f, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return f.Size()
}
