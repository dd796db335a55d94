package clients_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/clients"
)

// flood is a cold process under 1,000 invented ids a second, in the virtual time of a synctest bubble. A read of a
// client takes 5 ms.
type flood struct {
	cache   *clients.Cache
	clients source
	rosters atomic.Int64 // reads of the roster
	group   sync.WaitGroup
	mu      sync.Mutex
	waits   []time.Duration // of real clients, from their first request to their first answer
}

// newFlood makes a process. roster answers each read of the roster, in its order from 1.
func newFlood(roster func(ctx context.Context, n int64) (clients.Roster, error)) *flood {
	f := &flood{clients: source{answer: func(ctx context.Context, id string) (*clients.Client, error) {
		time.Sleep(5 * time.Millisecond)
		return real(ctx, id)
	}}}
	f.cache = clients.NewCache(f.clients.find, time.Now, age, unknownAge, 10_000)
	f.cache.UseRoster(func(ctx context.Context) (clients.Roster, error) { return roster(ctx, f.rosters.Add(1)) }, nil)
	return f
}

// strangers sends invented ids for so long. Each id comes so many times.
func (f *flood) strangers(length time.Duration, times int) {
	f.group.Go(func() {
		for i := range int(length / time.Millisecond) {
			f.group.Go(func() { f.cache.Find(context.Background(), fmt.Sprint("invented ", i/times)) })
			time.Sleep(time.Millisecond)
		}
	})
}

// arrive lets a real client come after a time, and try again ten times a second while the process is busy.
func (f *flood) arrive(t *testing.T, id string, after time.Duration) {
	f.group.Go(func() {
		time.Sleep(after)
		begin := time.Now()
		for {
			c, err := f.cache.Find(context.Background(), id)
			if err == nil && c != nil {
				break
			}
			if !errors.Is(err, clients.ErrBusy) || time.Since(begin) > time.Minute {
				t.Errorf("%s: %v, %v", id, c, err)
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		f.waits = append(f.waits, time.Since(begin))
	})
}

var errDown = errors.New("down")

func rosterOf(ids ...string) clients.Roster {
	r := clients.Roster{}
	for _, id := range ids {
		r[clients.RosterEntry(id)] = struct{}{}
	}
	return r
}

// At 1,000 invented ids a second, new ones or each of them again and again, every real client is in within a second
// of its first request, at the cost of one read of the roster for each half minute and one of each client.
func TestFloodKeepsNobodyOut(t *testing.T) {
	seed := time.Now().UnixNano()
	t.Log("seed", seed)
	for _, c := range []struct {
		real, times int
		slow        time.Duration // a read of the roster
	}{{20, 1, 5 * time.Millisecond}, {100, 1, 5 * time.Millisecond}, {100, 3, 500 * time.Millisecond}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				random := rand.New(rand.NewPCG(uint64(seed), 0))
				var ids []string
				for i := range c.real {
					ids = append(ids, fmt.Sprint("real ", i))
				}
				f := newFlood(func(context.Context, int64) (clients.Roster, error) {
					time.Sleep(c.slow)
					return rosterOf(ids...), nil
				})
				f.strangers(10*time.Second, c.times)
				for _, id := range ids {
					f.arrive(t, id, time.Duration(random.Int64N(int64(10*time.Second))))
				}
				f.group.Wait()
				if len(f.waits) != c.real || slices.Max(f.waits) > time.Second {
					t.Errorf("%d of %d are in, the last one after %v", len(f.waits), c.real, slices.Max(f.waits))
				}
				if n := f.rosters.Load(); n != 1 {
					t.Errorf("the roster was read %d times", n)
				}
				if n, most := f.clients.asked.Load(), int64(500+100*10+c.real+1); n > most {
					t.Errorf("%d reads of clients, want at most %d", n, most)
				}
			})
		})
	}
}

// Without a flood nothing but the client is read.
func TestNoRosterInQuietTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFlood(func(context.Context, int64) (clients.Roster, error) { return nil, nil })
		for i := range 100 {
			f.arrive(t, fmt.Sprint("real ", i), 0)
		}
		f.group.Wait()
		if n := f.rosters.Load(); n != 0 || f.clients.asked.Load() != 100 {
			t.Errorf("%d reads of the roster, %d of clients", n, f.clients.asked.Load())
		}
	})
}

// A client that is added in a flood is in half a minute later. A roster that cannot be read is read again a second
// later, and not for each request.
func TestRosterIsReadAgain(t *testing.T) {
	for name, c := range map[string]struct {
		first func(context.Context) (clients.Roster, error)
		most  time.Duration
		reads int64
	}{
		"added later": {func(context.Context) (clients.Roster, error) { return rosterOf(), nil }, 31 * time.Second, 2},
		"fails":       {func(context.Context) (clients.Roster, error) { return nil, errDown }, 2 * time.Second, 2},
		"panics":      {func(context.Context) (clients.Roster, error) { panic("canary") }, 2 * time.Second, 2},
		"hangs": {func(ctx context.Context) (clients.Roster, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}, 7 * time.Second, 2},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFlood(func(ctx context.Context, n int64) (clients.Roster, error) {
					if n == 1 {
						return c.first(ctx)
					}
					return rosterOf("real"), nil
				})
				f.strangers(40*time.Second, 1)
				f.arrive(t, "real", 5*time.Second)
				f.group.Wait()
				if len(f.waits) != 1 || f.waits[0] > c.most {
					t.Errorf("in after %v, want at most %v", f.waits, c.most)
				}
				if n := f.rosters.Load(); n < c.reads || n > 4 {
					t.Errorf("%d reads of the roster", n)
				}
			})
		})
	}
}

// Whoever names a client whose record cannot be read causes few reads, whether or not it could be read before; and the
// client is back a second after its record is mended, also in a flood.
func TestFloodOfABrokenClient(t *testing.T) {
	for _, before := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			broken, reads := !before, 0
			c := clients.NewCache(func(ctx context.Context, id string) (*clients.Client, error) {
				if reads++; broken {
					return nil, errDown
				}
				return real(ctx, id)
			}, time.Now, age, unknownAge, 10_000)
			listed := func(context.Context) (clients.Roster, error) { return rosterOf("real 1"), nil }
			c.UseRoster(listed, nil)
			c.Find(t.Context(), "real 1")
			time.Sleep(age)
			broken, reads = true, 0
			for range 5000 {
				if got, err := c.Find(t.Context(), "real 1"); got != nil || err == nil {
					t.Fatal(got, err)
				}
			}
			if reads < 500 || reads > 510 {
				t.Errorf("known before %v: %d reads, want about 500", before, reads)
			}
			time.Sleep(time.Second)
			broken = false
			for i := range 200 { // the bucket has 100 more
				c.Find(t.Context(), fmt.Sprint("invented ", i))
			}
			if got, err := c.Find(t.Context(), "real 1"); got == nil {
				t.Errorf("known before %v: %v", before, err)
			}
		})
	}
}
