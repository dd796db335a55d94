package clients_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"

	"countersign/pkg/clocktest"
)

const age, unknownAge = time.Minute, 10 * time.Second

// source is the source of a cache, and counts the calls.
type source struct {
	asked  atomic.Int64
	answer func(ctx context.Context, id string) (*clients.Client, error)
}

func (s *source) find(ctx context.Context, id string) (*clients.Client, error) {
	s.asked.Add(1)
	return s.answer(ctx, id)
}

// real finds ids that begin with "real".
func real(_ context.Context, id string) (*clients.Client, error) {
	if !strings.HasPrefix(id, "real") {
		return nil, nil
	}
	return &clients.Client{ID: id}, nil
}

func newCache(size int, answer func(context.Context, string) (*clients.Client, error)) (*clients.Cache, *source,
	*clocktest.Clock) {
	s, c := &source{answer: answer}, clocktest.New(clientstest.Start)
	return clients.NewCache(s.find, c.Now, age, unknownAge, size), s, c
}

// finds checks one answer and the number of calls of the source so far.
func finds(t *testing.T, d clients.Directory, s *source, id string, want bool, asked int64) {
	t.Helper()
	c, err := d.Find(context.Background(), id)
	if err != nil || (c != nil) != want || c != nil && c.ID != id || s.asked.Load() != asked {
		t.Errorf("%q: %v, %v after %d questions, want %v after %d", id, c, err, s.asked.Load(), want, asked)
	}
}

// A client is used until the last millisecond of its age, and not one longer.
func TestCacheAge(t *testing.T) {
	var gone atomic.Bool
	cache, s, clock := newCache(10, func(ctx context.Context, id string) (*clients.Client, error) {
		if gone.Load() {
			return nil, nil
		}
		return real(ctx, id)
	})
	finds(t, cache, s, "real", true, 1)
	finds(t, cache, s, "real", true, 1)
	clock.Advance(age - time.Millisecond)
	finds(t, cache, s, "real", true, 1)
	clock.Advance(time.Millisecond)
	finds(t, cache, s, "real", true, 2)
	gone.Store(true)
	clock.Advance(age - time.Millisecond)
	finds(t, cache, s, "real", true, 2)
	clock.Advance(time.Millisecond)
	finds(t, cache, s, "real", false, 3)
	gone.Store(false)
	clock.Advance(unknownAge - time.Millisecond)
	finds(t, cache, s, "real", false, 3)
	clock.Advance(time.Millisecond)
	finds(t, cache, s, "real", true, 4)
}

// The age counts from before the read, so a slow read makes no client younger.
func TestCacheAgeOfSlowAnswers(t *testing.T) {
	var cache *clients.Cache
	var clock *clocktest.Clock
	cache, s, clock := newCache(10, func(ctx context.Context, id string) (*clients.Client, error) {
		clock.Advance(3 * time.Second)
		return real(ctx, id)
	})
	finds(t, cache, s, "real", true, 1)
	clock.Advance(age - 3*time.Second - time.Millisecond)
	finds(t, cache, s, "real", true, 1)
	clock.Advance(time.Millisecond)
	finds(t, cache, s, "real", true, 2)
}

// A clock that is set back makes no client younger.
func TestCacheClockSetBack(t *testing.T) {
	cache, s, clock := newCache(10, real)
	finds(t, cache, s, "real", true, 1)
	finds(t, cache, s, "none", false, 2)
	clock.Advance(-time.Millisecond)
	finds(t, cache, s, "real", true, 3)
	finds(t, cache, s, "none", false, 4)
}

// An operator's change works within the age, and not before the client is read again.
func TestCacheOverRegistry(t *testing.T) {
	r, ctx := clientstest.New(t), t.Context()
	cache := clients.NewCache(r.Lookup().Find, r.Clock.Now, age, unknownAge, 10)
	find := func() *clients.Client {
		t.Helper()
		c, err := cache.Find(ctx, "acme")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	if find() != nil {
		t.Error("found before it was added")
	}
	r.MustAdd(t, clients.Record{ID: "acme", Keys: []clients.Key{{PEM: clientstest.Public(clientstest.Key1())},
		{PEM: clientstest.Public(clientstest.Key2())}}}, "")
	r.Clock.Advance(unknownAge)
	if c := find(); c == nil || len(c.Keys) != 2 {
		t.Fatal("not found with both keys")
	}
	reads := r.Counted.Gets.Load()
	for range 1000 {
		find()
	}
	if n := r.Counted.Gets.Load() - reads; n != 0 {
		t.Errorf("1000 hits read the table %d times", n)
	}
	if err := r.RemoveKey(ctx, "acme", "1"); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(age)
	if c := find(); c == nil || c.Keys["1"] != nil || c.LatestKey != "2" {
		t.Error("a removed key works beyond the age")
	}
	if err := r.Disable(ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(age)
	if find() != nil {
		t.Error("a disabled client works beyond the age")
	}
	if err := r.Enable(ctx, "acme"); err != nil {
		t.Fatal(err)
	}
	r.Clock.Advance(unknownAge)
	if find() == nil {
		t.Error("an enabled client stays unknown")
	}
}

// When the source fails, a client within its age is used, and an older one is not.
func TestCacheFailsClosed(t *testing.T) {
	down := errors.New("down")
	var fails atomic.Bool
	cache, s, clock := newCache(10, func(ctx context.Context, id string) (*clients.Client, error) {
		if fails.Load() {
			return nil, down
		}
		return real(ctx, id)
	})
	finds(t, cache, s, "real", true, 1)
	fails.Store(true)
	finds(t, cache, s, "real", true, 1)
	clock.Advance(age)
	for range 300 { // failures are not kept, and known clients are not limited
		if c, err := cache.Find(t.Context(), "real"); c != nil || !errors.Is(err, down) {
			t.Errorf("%v, %v, want the source's error", c, err)
		}
	}
	fails.Store(false)
	finds(t, cache, s, "real", true, 302)
}

// Of ten thousand invented ids at once, only as many reach the source as the bucket
// allows. They push out no known client, and the rest get ErrBusy.
func TestCacheFlood(t *testing.T) {
	cache, s, clock := newCache(300, real)
	for i := range 100 {
		finds(t, cache, s, fmt.Sprint("real ", i), true, int64(i+1))
	}
	clock.Advance(10 * time.Second) // the bucket is full again
	flood := func(name string, n int, reach int64) {
		t.Helper()
		before := s.asked.Load()
		var busy atomic.Int64
		var group sync.WaitGroup
		for i := range n {
			group.Go(func() {
				c, err := cache.Find(t.Context(), fmt.Sprint(name, i))
				if c != nil || err != nil && err != clients.ErrBusy {
					t.Errorf("%v, %v", c, err)
				}
				if err != nil {
					busy.Add(1)
				}
			})
		}
		group.Wait()
		if asked := s.asked.Load() - before; asked != reach || busy.Load() != int64(n)-reach {
			t.Errorf("%s: %d of %d reach the source and %d are busy, want %d to reach it", name, asked, n, busy.Load(),
				reach)
		}
	}
	flood("first", 10_000, 500)
	asked := s.asked.Load()
	for i := range 100 {
		finds(t, cache, s, fmt.Sprint("real ", i), true, asked)
	}
	clock.Advance(time.Second)
	flood("second", 1_000, 100)
	flood("third", 1_000, 0)
	if known, unknown, reads := cache.Held(); known != 100 || unknown != 300 || reads != 0 {
		t.Errorf("%d known, %d unknown, %d reads are held", known, unknown, reads)
	}
	clock.Advance(age)
	flood("fourth", 1_000, 500)
	asked = s.asked.Load()
	for i := range 100 { // too old, and read again all the same: they are known
		finds(t, cache, s, fmt.Sprint("real ", i), true, asked+int64(i)+1)
	}
	if _, unknown, _ := cache.Held(); unknown > 300 {
		t.Errorf("%d unknown ids are held, of 300", unknown)
	}
}

// A client that is gone is limited like any unknown id.
func TestCacheGone(t *testing.T) {
	var gone atomic.Bool
	cache, s, clock := newCache(300, func(ctx context.Context, id string) (*clients.Client, error) {
		if gone.Load() {
			return nil, nil
		}
		return real(ctx, id)
	})
	finds(t, cache, s, "real", true, 1)
	gone.Store(true)
	clock.Advance(age)
	finds(t, cache, s, "real", false, 2)
	clock.Advance(unknownAge)
	for i := range 500 {
		finds(t, cache, s, fmt.Sprint(i), false, int64(i+3))
	}
	if c, err := cache.Find(t.Context(), "real"); c != nil || err != clients.ErrBusy {
		t.Errorf("%v, %v, want busy", c, err)
	}
}

func TestCacheSize(t *testing.T) {
	cache, s, _ := newCache(2, real)
	finds(t, cache, s, "real 1", true, 1)
	finds(t, cache, s, "real 2", true, 2)
	finds(t, cache, s, "real 1", true, 2)
	finds(t, cache, s, "real 3", true, 3) // pushes out 2, which was not used for longest
	finds(t, cache, s, "real 1", true, 3)
	finds(t, cache, s, "real 2", true, 4)
	finds(t, cache, s, "", false, 4)
	finds(t, cache, s, "a\x00", false, 4)
	finds(t, cache, s, strings.Repeat("a", 65), false, 4)
}

// gated finds one client for each token in the gate, and waits for a token until ctx is
// done.
func gated(gate chan struct{}) func(context.Context, string) (*clients.Client, error) {
	return func(ctx context.Context, id string) (*clients.Client, error) {
		select {
		case <-gate:
			return real(ctx, id)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// Callers that come together cause one read, and each waits as long as its context. The
// caller that caused the read may leave.
func TestCacheTogether(t *testing.T) {
	for name, stale := range map[string]bool{"new": false, "too old": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				gate := make(chan struct{}, 1)
				cache, s, clock := newCache(10, gated(gate))
				if stale {
					gate <- struct{}{}
					finds(t, cache, s, "real", true, 1)
					clock.Advance(age)
				}
				before := s.asked.Load()
				first, leave := context.WithCancel(t.Context())
				var left error
				var found atomic.Int64
				var group sync.WaitGroup
				group.Go(func() { _, left = cache.Find(first, "real") })
				synctest.Wait()
				for range 100 {
					group.Go(func() {
						if c, err := cache.Find(t.Context(), "real"); err == nil && c != nil {
							found.Add(1)
						}
					})
				}
				synctest.Wait()
				leave()
				synctest.Wait()
				if !errors.Is(left, context.Canceled) {
					t.Errorf("the first caller left with %v", left)
				}
				gate <- struct{}{}
				group.Wait()
				if asked := s.asked.Load() - before; found.Load() != 100 || asked != 1 {
					t.Errorf("%d of 100 found it after %d questions", found.Load(), asked)
				}
			})
		})
	}
}

// A read without an answer fails after five seconds for all callers, and the next caller
// reads again.
func TestCachePatience(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{}, 1)
		cache, s, _ := newCache(10, gated(gate))
		begun := time.Now()
		if c, err := cache.Find(t.Context(), "real"); c != nil || !errors.Is(err, context.DeadlineExceeded) ||
			time.Since(begun) != 5*time.Second {
			t.Errorf("%v, %v after %v", c, err, time.Since(begun))
		}
		gate <- struct{}{}
		finds(t, cache, s, "real", true, 2)
	})
}

// A read that Lambda froze serves no caller that comes after the age, and its late result
// is not kept.
func TestCacheFrozenQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gates := []chan struct{}{make(chan struct{}), make(chan struct{})}
		old, young := &clients.Client{ID: "real", Brand: "old"}, &clients.Client{ID: "real", Brand: "young"}
		var n atomic.Int64
		cache, _, clock := newCache(10, func(context.Context, string) (*clients.Client, error) {
			i := n.Add(1) - 1
			<-gates[i]
			return []*clients.Client{old, young}[i], nil
		})
		first, leave := context.WithCancel(t.Context())
		leave()
		if _, err := cache.Find(first, "real"); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		synctest.Wait()
		clock.Advance(age)
		var group sync.WaitGroup
		group.Go(func() {
			if c, err := cache.Find(t.Context(), "real"); c != young || err != nil {
				t.Errorf("%v, %v, want the answer to its own question", c, err)
			}
		})
		synctest.Wait()
		close(gates[1])
		group.Wait()
		close(gates[0])
		synctest.Wait()
		if c, err := cache.Find(t.Context(), "real"); c != young || err != nil || n.Load() != 2 {
			t.Errorf("%v, %v after %d questions", c, err, n.Load())
		}
	})
}

// A panic of the source becomes an error for all callers, without the panic's value.
func TestCachePanic(t *testing.T) {
	cache, _, _ := newCache(10, func(context.Context, string) (*clients.Client, error) { panic(clientstest.Secret) })
	c, err := cache.Find(t.Context(), "real")
	if clientstest.WantError(t, err, "panic of type string"); c != nil || strings.Contains(err.Error(), "canary") {
		t.Error(c, err)
	}
}

func TestNewCacheRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		age, unknownAge time.Duration
		size            int
	}{
		"an age beyond the promise":      {time.Minute + 1, time.Second, 1},
		"no age":                         {0, time.Second, 1},
		"absence remembered beyond it":   {time.Minute, time.Minute + 1, 1},
		"absence that is not remembered": {time.Minute, 0, 1},
		"no size":                        {time.Minute, time.Second, 0},
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			clients.NewCache(real, time.Now, c.age, c.unknownAge, c.size)
		})
	}
}

// With many callers, few places and a running clock, each caller gets its own client.
func TestCacheChurn(t *testing.T) {
	cache, _, clock := newCache(5, real)
	var group sync.WaitGroup
	for w := range 8 {
		group.Go(func() {
			for i := range 500 {
				id := fmt.Sprint("real ", (w+i)%10)
				if c, err := cache.Find(t.Context(), id); err != clients.ErrBusy &&
					(err != nil || c == nil || c.ID != id) {
					t.Errorf("%q: %v, %v", id, c, err)
				}
				clock.Advance(100 * time.Millisecond)
			}
		})
	}
	group.Wait()
}
