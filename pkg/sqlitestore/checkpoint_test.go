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

// While calls go on, checkpoints are made beside them: the log begins anew, so that it
// does not grow for ever, and no call fails or is lost.
func TestCheckpoint(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	const callers, each = 4, 400
	var calls sync.WaitGroup
	for c := range callers {
		calls.Go(func() {
			for n := range each {
				key := fmt.Sprintf("N#%d-%d", c, n)
				if got, err := s.Spend(t.Context(), otp.Spend{Key: key, ID: "a", Limits: otp.Limits{Unanswered: 9}}); err != nil || !got.Applied {
					t.Error(got, err)
				}
			}
		})
	}
	restarts := 0
	var most int
	ended := make(chan struct{})
	go func() { calls.Wait(); close(ended) }()
	for over := false; !over; {
		select {
		case <-ended:
			over = true
		default:
		}
		log, err := s.checkpointer.pass("PASSIVE")
		if err != nil {
			t.Fatal(err)
		}
		if most = max(most, log); log < most/2 {
			most, restarts = log, restarts+1
		}
		s.restartLog()
	}
	if restarts < 2 {
		t.Errorf("the log began anew %d times", restarts)
	}
	if log, err := s.checkpointer.pass("PASSIVE"); err != nil || log > 200 {
		t.Errorf("%d pages are in the log at the end, %v", log, err)
	}
	n, err := in(t.Context(), s, "test", func() (int, error) {
		found := 0
		for c := range callers {
			for n := range each {
				l, err := s.ledger(fmt.Sprintf("N#%d-%d", c, n))
				if err != nil {
					return 0, err
				}
				if l != nil {
					found++
				}
			}
		}
		return found, nil
	})
	if err != nil || n != callers*each {
		t.Errorf("%d ledgers, %v; want %d", n, err, callers*each)
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
