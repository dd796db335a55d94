package clients

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

const (
	// MaxAge is the oldest that a [Cache] may let a client become: within it, a
	// client that is disabled and a key that is removed stop working everywhere.
	MaxAge = time.Minute
	// burst and perSecond bound the reads for ids that are not in memory.
	burst, perSecond = 500, 100
	// patience with one read, whoever waits for it.
	patience = 5 * time.Second
)

// Cache is a [Directory] in front of one that has to be asked over the network.
// What it holds it answers from memory; who else is asked for is bounded, so that
// a flood of invented ids reaches no table. It is safe for concurrent use.
//
// A client in memory is used while it is younger than the age, counted from
// before it was read. Then one caller has it read again while the others wait; if
// that fails, so do they: the age is a promise.
type Cache struct {
	source func(ctx context.Context, id string) (*Client, error)
	now    func() time.Time
	age    time.Duration
	absent time.Duration

	mu      sync.Mutex
	known   *simplelru.LRU[string, entry]     // may be too old to use; its ids are known to be real
	unknown *simplelru.LRU[string, time.Time] // when each was found to be none
	reads   map[string]*read                  // under way
	bucket  *rate.Limiter
}

type entry struct {
	client *Client
	at     time.Time
}

// read is a question to the source that several callers may wait for.
type read struct {
	at     time.Time
	done   chan struct{} // closed when the rest is set
	client *Client
	err    error
}

// NewCache makes a cache of size clients, and as many ids that were found to be
// unknown, apart from each other so that the latter cannot push out the former.
// source is the Find method of a [Lookup]; its calls may outlive the caller that
// caused them. A client is held for age and an unknown id for unknownAge, both
// above 0 and at most [MaxAge]; anything else is a mistake of the program, and
// panics.
func NewCache(source func(ctx context.Context, id string) (*Client, error), now func() time.Time, age, unknownAge time.Duration, size int) *Cache {
	if age <= 0 || age > MaxAge || unknownAge <= 0 || unknownAge > MaxAge {
		panic(fmt.Sprintf("clients: a cache holds for %v and %v, must be above 0 and at most %v", age, unknownAge, MaxAge))
	}
	known, err := simplelru.NewLRU[string, entry](size, nil)
	unknown, _ := simplelru.NewLRU[string, time.Time](size, nil)
	if err != nil {
		panic(fmt.Sprintf("clients: a cache of %d clients: %v", size, err))
	}
	return &Cache{
		source: source, now: now, age: age, absent: unknownAge,
		known: known, unknown: unknown, reads: map[string]*read{},
		bucket: rate.NewLimiter(perSecond, burst),
	}
}

// Find returns a client, nil where it is unknown or disabled. It gives up waiting
// when ctx is done. From memory it takes about 0.15 µs.
func (c *Cache) Find(ctx context.Context, id string) (*Client, error) {
	if !ValidID(id) {
		return nil, nil
	}
	client, r, err := c.look(ctx, id)
	if r == nil {
		return client, err
	}
	select {
	case <-r.done:
		return r.client, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("read a client: %w", context.Cause(ctx)) // not which: a caller may have invented it
	}
}

// look answers from memory, or returns the read to wait for.
func (c *Cache) look(ctx context.Context, id string) (*Client, *read, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now() // under the lock: no entry is then younger than now
	held, known := c.known.Get(id)
	if known && fresh(held.at, now, c.age) {
		return held.client, nil, nil
	}
	if at, ok := c.unknown.Get(id); ok && fresh(at, now, c.absent) {
		return nil, nil, nil
	}
	if r := c.reads[id]; r != nil && fresh(r.at, now, c.age) {
		return nil, r, nil // not one that Lambda froze on its way
	}
	if !known && !c.bucket.AllowN(now, 1) {
		return nil, nil, ErrBusy
	}
	r := &read{at: now, done: make(chan struct{})}
	c.reads[id] = r
	go c.read(context.WithoutCancel(ctx), id, r) // not to fail with the one that came first
	return nil, r, nil
}

// fresh reports whether what was read at an instant may be used at another. A
// clock that was set back makes nothing younger.
func fresh(at, now time.Time, age time.Duration) bool {
	past := now.Sub(at)
	return 0 <= past && past < age
}

// read asks the source, for everybody who waits.
func (c *Cache) read(ctx context.Context, id string, r *read) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r.client, r.err = c.ask(ctx, id)
	defer close(r.done)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reads[id] != r {
		return // a later one was begun, and knows better
	}
	delete(c.reads, id)
	switch {
	case r.err != nil: // what is held stays: too old to use, but known to be real
	case r.client == nil:
		c.known.Remove(id)
		c.unknown.Add(id, r.at)
	default:
		c.known.Add(id, entry{r.client, r.at})
	}
}

// ask makes an error of a panic, which nobody above could recover from.
func (c *Cache) ask(ctx context.Context, id string) (client *Client, err error) {
	defer func() {
		if v := recover(); v != nil { // its value could hold anything, so it is not told
			client, err = nil, fmt.Errorf("read a client: panic of type %T", v)
		}
	}()
	return c.source(ctx, id)
}

var _ Directory = (*Cache)(nil)
