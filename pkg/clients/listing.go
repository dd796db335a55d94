package clients

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// rosterAge is the shortest time between two reads of the roster. A client that was added during a flood is
	// let through after that time.
	rosterAge = 30 * time.Second
	// rosterRetry is that time after a read that failed.
	rosterRetry = time.Second
)

// listing is the roster in memory. It is read in a flood only, once for all callers that wait. It is safe for
// concurrent use.
type listing struct {
	source func(context.Context) (Roster, error)
	now    func() time.Time

	mu     sync.Mutex
	roster Roster      // the latest that was read
	latest *rosterRead // under way or over; nil before the first one
}

// rosterRead is a call of the source that several callers may wait for.
type rosterRead struct {
	at   time.Time
	done chan struct{} // closed after err is set
	err  error
}

// has reports whether a client may have one of some names. A name that the latest roster has is known at once, however
// old the roster is, because names are not removed. For any other one it waits for a roster of this moment, until ctx
// is done. If that cannot be read, no further name is known. names is called again for each roster.
func (l *listing) has(ctx context.Context, names func() []string) bool {
	known, r := l.look(ctx, names)
	if known || r == nil {
		return known
	}
	select {
	case <-r.done:
		l.mu.Lock()
		defer l.mu.Unlock()
		return slices.ContainsFunc(names(), l.roster.Has)
	case <-ctx.Done():
		return false
	}
}

// look looks names up in memory, and returns the read to wait for if there is one.
func (l *listing) look(ctx context.Context, names func() []string) (known bool, r *rosterRead) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if slices.ContainsFunc(names(), l.roster.Has) {
		return true, nil
	}
	now := l.now()
	if l.latest != nil && fresh(l.latest.at, now, l.latest.age()) {
		return false, l.latest // its channel may be closed already: then there is nothing to wait for
	}
	l.latest = &rosterRead{at: now, done: make(chan struct{})}
	go l.read(context.WithoutCancel(ctx), l.latest) // the first caller may leave before the others
	return false, l.latest
}

// age is how long a read stands for those that might follow it. One that has no end after [patience] was frozen by
// Lambda.
func (r *rosterRead) age() time.Duration {
	select {
	case <-r.done:
		if r.err != nil {
			return rosterRetry
		}
		return rosterAge
	default:
		return patience
	}
}

// read calls the source for all callers that wait.
func (l *listing) read(ctx context.Context, r *rosterRead) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	roster, err := l.ask(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	if err == nil {
		l.roster = roster
	}
	r.err = err
	close(r.done)
}

// ask turns a panic into an error, as [Cache.ask] does.
func (l *listing) ask(ctx context.Context) (roster Roster, err error) {
	defer func() {
		if v := recover(); v != nil {
			roster, err = nil, fmt.Errorf("read the roster: panic of type %T", v)
		}
	}()
	return l.source(ctx)
}
