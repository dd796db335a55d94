package clients

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

const (
	// MaxAge is the longest time that a [Cache] may use a client. Within it, a disabled
	// client and a removed key stop working everywhere.
	MaxAge = time.Minute
	// burst and perSecond limit the reads for ids that are not in memory.
	burst, perSecond = 500, 100
	// patience is the longest time of one read.
	patience = 5 * time.Second
	// again is how long the read of a client that failed is limited like that of an invented id. Else whoever names a
	// client whose record cannot be read would cause a read and a line of a fault with each request.
	again = time.Second
)

// Cache is a [Directory] that keeps clients of another one in memory. It limits the
// reads for other ids, so that a flood of invented ids does not reach the table. It is
// safe for concurrent use.
//
// When that limit is reached, a flood is on, and clients that are not in memory must not
// wait for its end: the cache then reads the [Roster], if it has one, and reads the
// clients whose ids are in it beyond the limit.
//
// Ids and access keys share its memory and its limit. Both are names there: an access key
// has a prefix that no id can have.
//
// A client is used from memory while it is younger than the age, counted from before its
// read. Then it is read again, once for all callers that wait. If that read fails, they
// get its error: no client is used beyond its age.
type Cache struct {
	source func(ctx context.Context, name string) (*Client, error)
	now    func() time.Time
	age    time.Duration
	absent time.Duration

	mu      sync.Mutex
	known   *simplelru.LRU[string, entry]     // clients, also those that are too old to use
	unknown *simplelru.LRU[string, time.Time] // when an id was found to be unknown
	failed  *simplelru.LRU[string, time.Time] // when a read failed
	reads   map[string]*read                  // under way, by name
	bucket  *rate.Limiter

	roster  *listing // nil: there is none
	digests *Digests // with a roster only
}

type entry struct {
	client *Client
	at     time.Time
}

// read is a call of the source that several callers may wait for.
type read struct {
	at     time.Time
	done   chan struct{} // closed after client and err are set
	client *Client
	err    error
}

// NewCache makes a cache of size clients, and of as many unknown ids, which do not push
// out clients. source is the FindName method of a [Lookup]; its calls may outlive the
// caller that caused them. A client is kept for age and an unknown id for unknownAge. Both are
// above 0 and at most [MaxAge]; NewCache panics otherwise.
func NewCache(
	source func(ctx context.Context, name string) (*Client, error), now func() time.Time, age, unknownAge time.Duration,
	size int,
) *Cache {
	if age <= 0 || age > MaxAge || unknownAge <= 0 || unknownAge > MaxAge {
		panic(fmt.Sprintf("clients: the ages of a cache are %v and %v, must be above 0 and at most %v",
			age, unknownAge, MaxAge))
	}
	known, err := simplelru.NewLRU[string, entry](size, nil)
	unknown, _ := simplelru.NewLRU[string, time.Time](size, nil)
	failed, _ := simplelru.NewLRU[string, time.Time](size, nil)
	if err != nil {
		panic(fmt.Sprintf("clients: a cache of %d clients: %v", size, err))
	}
	return &Cache{
		source: source, now: now, age: age, absent: unknownAge,
		known: known, unknown: unknown, failed: failed, reads: map[string]*read{},
		bucket: rate.NewLimiter(perSecond, burst),
	}
}

// UseRoster gives the cache a way to read the roster, such as one of [ReadRoster], and
// the digests by which the roster has access keys. It is called before the cache is used.
func (c *Cache) UseRoster(read func(ctx context.Context) (Roster, error), digests *Digests) {
	c.digests = digests
	c.roster = &listing{now: c.now, source: func(ctx context.Context) (Roster, error) {
		if err := digests.load(ctx); err != nil {
			return nil, err
		}
		return read(ctx)
	}}
}

// listedNames returns the names by which the roster may have a name. An access key may
// be the id of a client from before access keys.
func (c *Cache) listedNames(name string) []string {
	key, ok := strings.CutPrefix(name, namePrefix)
	if !ok {
		return []string{name}
	}
	if digest, ok := c.digests.inMemory(key); ok {
		return []string{rosterName(digest), key}
	}
	return []string{key}
}

// Find implements [Directory]. It stops waiting when ctx is done. From memory it takes
// about 0.15 µs.
func (c *Cache) Find(ctx context.Context, id string) (*Client, error) {
	if !ValidID(id) {
		return nil, nil
	}
	return c.find(ctx, id)
}

// FindAccessKey implements [Directory], as Find does.
func (c *Cache) FindAccessKey(ctx context.Context, key string) (*Client, error) {
	if !ValidID(key) {
		return nil, nil
	}
	return c.find(ctx, AccessKeyName(key))
}

// find finds the client of a name.
func (c *Cache) find(ctx context.Context, name string) (*Client, error) {
	client, r, err := c.look(ctx, name, false)
	if err != nil && c.roster != nil && c.roster.has(ctx, func() []string { return c.listedNames(name) }) {
		client, r, err = c.look(ctx, name, true)
	}
	if r == nil {
		return client, err
	}
	select {
	case <-r.done:
		return r.client, r.err
	case <-ctx.Done():
		return nil, fmt.Errorf("read a client: %w", context.Cause(ctx)) // without the name: it may be an access key
	}
}

// look returns a client from memory, or the read to wait for, or [ErrBusy]. Reads for
// listed ids, and for those of clients in memory, are not limited, except after a read that failed.
func (c *Cache) look(ctx context.Context, id string, listed bool) (*Client, *read, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now() // under the lock, so that no entry is younger than now
	held, known := c.known.Get(id)
	if known && fresh(held.at, now, c.age) {
		return held.client, nil, nil
	}
	if at, ok := c.unknown.Get(id); ok && fresh(at, now, c.absent) {
		return nil, nil, nil
	}
	if r := c.reads[id]; r != nil && fresh(r.at, now, c.age) {
		return nil, r, nil // an older read may have been frozen by Lambda
	}
	failed, ok := c.failed.Get(id)
	limited := !known && !listed || ok && fresh(failed, now, again)
	if limited && !c.bucket.AllowN(now, 1) {
		return nil, nil, ErrBusy
	}
	r := &read{at: now, done: make(chan struct{})}
	c.reads[id] = r
	go c.read(context.WithoutCancel(ctx), id, r) // the first caller may leave before the others
	return nil, r, nil
}

// fresh reports whether a value that was read at one time may be used at another. If the
// clock was set back it may not.
func fresh(at, now time.Time, age time.Duration) bool {
	past := now.Sub(at)
	return 0 <= past && past < age
}

// read calls the source for all callers that wait.
func (c *Cache) read(ctx context.Context, id string, r *read) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	r.client, r.err = c.ask(ctx, id)
	defer close(r.done)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.reads[id] != r {
		return // a later read has replaced this one
	}
	delete(c.reads, id)
	switch {
	case r.err != nil: // an old client stays, because its id is known to be real
		c.failed.Add(id, r.at)
	case r.client == nil:
		c.known.Remove(id)
		c.unknown.Add(id, r.at)
	default:
		c.known.Add(id, entry{r.client, r.at})
	}
}

// ask turns a panic into an error. In a goroutine of its own, nothing else would.
func (c *Cache) ask(ctx context.Context, id string) (client *Client, err error) {
	defer func() {
		if v := recover(); v != nil { // without its value, which could hold a secret
			client, err = nil, fmt.Errorf("read a client: panic of type %T", v)
		}
	}()
	return c.source(ctx, id)
}

var _ Directory = (*Cache)(nil)
