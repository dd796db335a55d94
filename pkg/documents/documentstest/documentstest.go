// Package documentstest is the conformance suite of the stores of configuration
// documents and of request counters. A store's own test calls [Run].
package documentstest

import (
	"context"
	"slices"
	"sync"
	"testing"

	"countersign/pkg/documents"
)

// Documents is the table under test.
type Documents = documents.Table

// Counter is the request counter under test, see clients.Counter.
type Counter interface {
	Take(ctx context.Context, key string, window int64, n, limit int, ttl int64) (ok bool, err error)
}

// Run runs the whole suite. open makes new, empty stores and closes them by t.Cleanup.
// Both may be the same store.
func Run(t *testing.T, open func(t testing.TB) (Documents, Counter)) {
	table := func(t *testing.T) Documents { d, _ := open(t); return d }
	counter := func(t *testing.T) Counter { _, c := open(t); return c }
	t.Run("life", func(t *testing.T) { testLife(t, table(t)) })
	t.Run("refusals", func(t *testing.T) { testRefusals(t, table(t)) })
	t.Run("repetitions", func(t *testing.T) { testRepetitions(t, table(t)) })
	t.Run("keys", func(t *testing.T) { testKeys(t, table(t)) })
	t.Run("texts", func(t *testing.T) { testTexts(t, table(t)) })
	t.Run("list", func(t *testing.T) { testList(t, table(t)) })
	t.Run("list of many", func(t *testing.T) { testListOfMany(t, table(t)) })
	t.Run("200 puts at once", func(t *testing.T) { testPutsAtOnce(t, table(t)) })
	t.Run("windows", func(t *testing.T) { testWindows(t, counter(t)) })
	t.Run("takes out of bounds", func(t *testing.T) { testBounds(t, counter(t)) })
	t.Run("takes at once", func(t *testing.T) { testTakesAtOnce(t, counter(t)) })
}

// put writes a document. want is the expected ok.
func put(t testing.TB, d Documents, key, text string, was int64, want bool) {
	t.Helper()
	if ok, err := d.Put(t.Context(), key, []byte(text), was); err != nil || ok != want {
		t.Fatalf("put of %q over %d: ok %v, %v, want ok %v", key, was, ok, err, want)
	}
}

// remove deletes a document. want is the expected ok.
func remove(t testing.TB, d Documents, key string, was int64, want bool) {
	t.Helper()
	if ok, err := d.Delete(t.Context(), key, was); err != nil || ok != want {
		t.Fatalf("delete of %q at %d: ok %v, %v, want ok %v", key, was, ok, err, want)
	}
}

// wantDocument fails the test unless the document has this text and this revision.
func wantDocument(t testing.TB, d Documents, key, text string, revision int64) {
	t.Helper()
	got, at, err := d.Get(t.Context(), key)
	if err != nil || string(got) != text || at != revision || (got == nil) != (revision == 0) {
		t.Fatalf("the document %q has %d bytes, %.60q, revision %d, %v; want %d bytes, %.60q, revision %d",
			key, len(got), got, at, err, len(text), text, revision)
	}
}

// keys lists the keys that begin with prefix.
func keys(t testing.TB, d Documents, prefix string) (found []string) {
	t.Helper()
	err := d.List(t.Context(), prefix, func(key string, _ []byte, _ int64) error {
		found = append(found, key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !slices.IsSorted(found) {
		t.Errorf("the list of %q is not in order: %q", prefix, found)
	}
	return found
}

// together makes n calls at once and returns the numbers of those that returned ok.
func together(t testing.TB, n int, call func(i int) (bool, error)) (won []int) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-begin
			ok, err := call(i)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Errorf("call %d: %v", i, err)
			}
			if ok {
				won = append(won, i)
			}
		})
	}
	close(begin)
	wg.Wait()
	return won
}
