package clients_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
)

// In a flood of invented access keys, every real one finds its client on a cold process: one that is in the roster, and
// the id of a client from before access keys. The roster alone does not let anybody try access keys.
func TestFloodOfAccessKeys(t *testing.T) {
	r := clientstest.New(t)
	r.Put(t, "client#old", `{"id":"old","status":"active","added":"2026-11-22T02:25:27Z","unimatrix":"simple"}`)
	r.MustAdd(t, clients.Record{ID: "acme", Unimatrix: "simple"}, "")
	if err := r.AddAccessKey(t.Context(), "acme", "later", false); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"later", clients.AccessKeyName("later")} {
		if strings.Contains(r.Raw(t, clients.RosterKey), clients.RosterEntry(name)) {
			t.Errorf("the roster has a digest of %q without a key", name)
		}
	}
	cache := clients.NewCache(r.Lookup().FindName, r.Clock.Now, age, unknownAge, 1000)
	cache.UseRoster(clients.ReadRoster(r.Table), &clients.Digests{Table: r.Table, Sealer: r.Sealer})
	busy := 0
	for i := range 1000 {
		if _, err := cache.FindAccessKey(t.Context(), fmt.Sprint("nobody", i)); errors.Is(err, clients.ErrBusy) {
			busy++
		}
	}
	for _, key := range []string{"later", "acme" + clientstest.KeySuffix, "old"} {
		if c, err := cache.FindAccessKey(t.Context(), key); c == nil || err != nil {
			t.Errorf("%s: %v, %v", key, c, err)
		}
	}
	if reads := r.Counted.Gets.Load(); busy < 400 || reads > 3*600 {
		t.Errorf("%d of 1000 were refused, with %d reads", busy, reads)
	}
}

// Access keys and ids are apart in a cache, even if they are equal, and share its limit of reads.
func TestCacheOfAccessKeys(t *testing.T) {
	r := clientstest.New(t)
	r.MustAdd(t, clients.Record{ID: "acme", Unimatrix: "simple"}, "")
	if err := r.Add(t.Context(), clients.Record{ID: "other", Unimatrix: "simple"}, nil, "acme"); err != nil {
		t.Fatal(err)
	}
	cache := clients.NewCache(r.Lookup().FindName, r.Clock.Now, age, unknownAge, 10)
	id, _ := cache.Find(t.Context(), "acme")
	key, _ := cache.FindAccessKey(t.Context(), "acme")
	if id == nil || id.ID != "acme" || key == nil || key.ID != "other" {
		t.Fatalf("the id finds %v, the access key %v", id, key)
	}
	reads := r.Counted.Gets.Load()
	for range 3 {
		cache.FindAccessKey(t.Context(), "acme")
	}
	if n := r.Counted.Gets.Load() - reads; n != 0 {
		t.Errorf("%d reads for a key in memory", n)
	}
	c, err := cache.FindAccessKey(t.Context(), "no\x00key")
	if c != nil || err != nil || r.Counted.Gets.Load() != reads {
		t.Error("a key that nobody can have is looked up", c, err)
	}
	for i := range 1000 {
		if i%2 == 0 {
			_, err = cache.Find(t.Context(), fmt.Sprint("nobody", i))
		} else {
			_, err = cache.FindAccessKey(t.Context(), fmt.Sprint("nobody", i))
		}
		if err != nil {
			break
		}
	}
	if !errors.Is(err, clients.ErrBusy) {
		t.Errorf("%v after 1000 unknown ids and keys, want ErrBusy", err)
	}
	if err := r.AddAccessKey(t.Context(), "other", "new", true); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(age)
	if c, err := cache.FindAccessKey(t.Context(), "acme"); c != nil || err != nil {
		t.Errorf("a removed access key finds %v, %v after the age of the cache", c, err)
	}
}

// A look-up of an access key takes two reads, known or not, and one more in a new process: docs/contracts.md states it.
func TestReadsOfAccessKeys(t *testing.T) {
	r := clientstest.New(t)
	r.MustAdd(t, clients.Record{ID: "acme", Unimatrix: "simple"}, "")
	lookup := r.Lookup()
	for i, step := range []struct {
		key   string
		reads int64
	}{{"acme" + clientstest.KeySuffix, 3}, {"acme" + clientstest.KeySuffix, 2}, {"nobody", 2}, {"acme", 2}} {
		before := r.Counted.Gets.Load()
		c, err := lookup.FindAccessKey(t.Context(), step.key)
		if n := r.Counted.Gets.Load() - before; n != step.reads || err != nil || (c != nil) != (i < 2) {
			t.Errorf("step %d: %d reads, want %d; %v, %v", i, n, step.reads, c, err)
		}
	}
}
