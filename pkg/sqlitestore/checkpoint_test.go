package sqlitestore

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// The log begins anew although calls never pause, and no call fails or is lost.
func TestRestartLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	s, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var made atomic.Int64
	spend := func() {
		spend := otp.Spend{Key: fmt.Sprintf("N#%d", made.Add(1)), ID: "a"}
		if got, err := s.Spend(t.Context(), spend); err != nil || !got.Applied {
			t.Error(got, err)
		}
	}
	stop := make(chan struct{})
	var calls sync.WaitGroup
	for range 8 {
		calls.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
					spend()
				}
			}
		})
	}
	for round := range 5 {
		before := restarts(t, path)
		s.restartLog()
		spend() // one of the commits after it begins the log anew
		if restarts(t, path) == before {
			t.Errorf("round %d: the log went on", round)
		}
	}
	close(stop)
	calls.Wait()
	all, err := in(t.Context(), s, "test", func() ([]string, error) { return s.list("SELECT pk FROM ledgers") })
	if err != nil || len(all) != int(made.Load()) {
		t.Errorf("%d ledgers, %v; want %d", len(all), err, made.Load())
	}
}

// restarts returns how often the log of a file began anew: its checkpoint sequence number,
// see https://sqlite.org/fileformat2.html#walformat.
func restarts(t *testing.T, path string) uint32 {
	t.Helper()
	header := make([]byte, 32)
	log, err := os.Open(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if _, err := io.ReadFull(log, header); err != nil {
		t.Fatal(err)
	}
	return binary.BigEndian.Uint32(header[12:])
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
