package sqlitestore_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"countersign/pkg/documents"
	"countersign/pkg/documents/documentstest"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
)

func TestDocuments(t *testing.T) {
	documentstest.Run(t, func(t testing.TB) (documentstest.Documents, documentstest.Counter) {
		s := sqlitetest.Open(t, filepath.Join(t.TempDir(), "countersign.db"))
		return s.Documents(), s
	})
}

// Documents outlive the process, and sweeping leaves them alone.
func TestDocumentsReopened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	s := sqlitetest.Open(t, path)
	if ok, err := s.Documents().Put(t.Context(), "a", []byte("kept"), 0); err != nil || !ok {
		t.Fatal(ok, err)
	}
	if ok, err := s.Take(t.Context(), "T#a", 1, 1, 1, 1<<40); err != nil || !ok {
		t.Fatal(ok, err)
	}
	for range 3 {
		if _, err := s.Sweep(t.Context(), 1<<50); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Documents().Get(t.Context(), "a"); err == nil {
		t.Error("a closed store answered")
	}
	s = sqlitetest.Open(t, path)
	text, revision, err := s.Documents().Get(t.Context(), "a")
	if err != nil || string(text) != "kept" || revision != 1 {
		t.Errorf("%q, revision %d, %v", text, revision, err)
	}
}

// A server and an administrator's command have the file open at the same time:
// each sees at once what the other wrote, and of two writers one wins.
func TestTwoStoresOnOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	server, admin := sqlitetest.Open(t, path), sqlitetest.Open(t, path)
	stores := []documents.Table{server.Documents(), admin.Documents()}
	for n := range int64(50) {
		text := fmt.Appendf(nil, "text %d", n)
		if ok, err := stores[n%2].Put(t.Context(), "a", text, n); err != nil || !ok {
			t.Fatalf("put over %d: ok %v, %v", n, ok, err)
		}
		for i, d := range stores {
			got, revision, err := d.Get(t.Context(), "a")
			if err != nil || revision != n+1 || string(got) != string(text) {
				t.Fatalf("store %d has %q, revision %d, %v after revision %d was written", i, got, revision, err, n+1)
			}
		}
	}
	for was := range int64(5) {
		won := race(t, stores, func(i int, d documents.Table) (bool, error) {
			return d.Put(t.Context(), "b", fmt.Appendf(nil, "of %d", i), was)
		})
		if won != 1 {
			t.Errorf("%d of 2 x 200 writers over revision %d wrote, want 1", won, was)
		}
	}
	takers := []*sqlitestore.Store{server, admin}
	won := race(t, stores, func(i int, _ documents.Table) (bool, error) {
		return takers[i%2].Take(t.Context(), "T#a", 1, 1, 100, 1<<40)
	})
	if won != 100 {
		t.Errorf("%d takes were granted by two processes, want 100", won)
	}
}

// race makes 200 calls on each store at once and counts those that return true.
func race(
	t *testing.T, stores []documents.Table, call func(i int, d documents.Table) (bool, error),
) int64 {
	t.Helper()
	var won atomic.Int64
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range 200 * len(stores) {
		wg.Go(func() {
			<-begin
			ok, err := call(i, stores[i%len(stores)])
			if err != nil {
				t.Error(err)
			}
			if ok {
				won.Add(1)
			}
		})
	}
	close(begin)
	wg.Wait()
	return won.Load()
}

// The same with a process of its own, whose memory the two do not share. Each
// counts up one document as often as it can; no count is lost.
func TestTwoProcessesOnOneFile(t *testing.T) {
	const child, each = "SQLITESTORE_CHILD", 200
	count := func(s *sqlitestore.Store) {
		for n := 0; n < each; {
			text, revision, err := s.Documents().Get(t.Context(), "count")
			if err != nil {
				t.Fatal(err)
			}
			ok, err := s.Documents().Put(t.Context(), "count", append(text, fmt.Sprint(os.Getpid(), " ")...), revision)
			if err != nil {
				t.Fatal(err)
			}
			if ok {
				n++
			}
		}
	}
	if path := os.Getenv(child); path != "" {
		count(sqlitetest.Open(t, path))
		return
	}
	path := filepath.Join(t.TempDir(), "countersign.db")
	s := sqlitetest.Open(t, path)
	other := exec.Command(os.Args[0], "-test.run=^TestTwoProcessesOnOneFile$")
	other.Env = append(os.Environ(), child+"="+path)
	var said strings.Builder
	other.Stdout, other.Stderr = &said, &said
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	count(s)
	if err := other.Wait(); err != nil {
		t.Fatalf("the other process: %v\n%s", err, said.String())
	}
	text, revision, err := s.Documents().Get(t.Context(), "count")
	if err != nil || revision != 2*each {
		t.Fatalf("revision %d, %v, want %d", revision, err, 2*each)
	}
	own := fmt.Sprint(os.Getpid(), " ")
	if n := strings.Count(string(text), own); n != each {
		t.Errorf("%d counts of this process, want %d", n, each)
	}
	if n := len(strings.Fields(string(text))); n != 2*each {
		t.Errorf("%d counts in all, want %d", n, 2*each)
	}
}

// Several processes start at once: on a file that is not there yet, and on one of
// an earlier version, which lacks tables.
func TestOpenAtOnce(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, path string){
		"new": func(*testing.T, string) {},
		"old": func(t *testing.T, path string) {
			if err := sqlitetest.Open(t, path).Close(); err != nil {
				t.Fatal(err)
			}
			conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
			if err != nil {
				t.Fatal(err)
			}
			err = sqlitex.ExecuteScript(conn, `DROP TABLE ledgers; DROP TABLE documents`, nil)
			if err := errors.Join(err, conn.Close()); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 5 {
				path := filepath.Join(t.TempDir(), "countersign.db")
				make(t, path)
				openAtOnce(t, path)
			}
		})
	}
}

func openAtOnce(t *testing.T, path string) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			s, err := sqlitestore.Open(path)
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if ok, err := s.Documents().Put(t.Context(), fmt.Sprint(i), nil, 0); err != nil || !ok {
				t.Error(ok, err)
			}
		})
	}
	wg.Wait()
}

// BenchmarkGet reads one of 1,000 documents of 2 KB, from one caller.
func BenchmarkGet(b *testing.B) {
	d, ctx := sqlitetest.Open(b, filepath.Join(b.TempDir(), "countersign.db")).Documents(), context.Background()
	fill(b, d)
	var n int
	b.ReportAllocs()
	for b.Loop() {
		n++
		if text, _, err := d.Get(ctx, fmt.Sprint("client#", n*7919%1000)); err != nil || len(text) != 2000 {
			b.Fatal(len(text), err)
		}
	}
}

// BenchmarkGetParallel is the same from 16 callers at once.
func BenchmarkGetParallel(b *testing.B) {
	d, ctx := sqlitetest.Open(b, filepath.Join(b.TempDir(), "countersign.db")).Documents(), context.Background()
	fill(b, d)
	var n atomic.Int64
	b.SetParallelism(8)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if text, _, err := d.Get(ctx, fmt.Sprint("client#", n.Add(7919)%1000)); err != nil || len(text) != 2000 {
				b.Error(len(text), err)
			}
		}
	})
}

func fill(b *testing.B, d documents.Table) {
	b.Helper()
	for n := range 1000 {
		text := []byte(strings.Repeat("x", 2000))
		if ok, err := d.Put(context.Background(), fmt.Sprint("client#", n), text, 0); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}
