package clients

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"
)

// Counter counts requests in windows of time. It is safe for concurrent use.
type Counter interface {
	// Take adds n to the count of a key in a window if that makes at most limit, and
	// reports whether it did. Concurrent calls never exceed the limit together. ttl
	// is when the count may be deleted, in seconds since 1970.
	Take(ctx context.Context, key string, window int64, n, limit int, ttl int64) (ok bool, err error)
}

// Meter limits each client to its requests per minute, across all processes. It is
// safe for concurrent use.
//
// API Gateway cannot do this: its usage plans need REST APIs and API keys, do not
// see direct invocations, and answer 429 with their own body. The contract demands
// status 200, its own body and a signature.
//
// A minute is a minute of the clock, so twice the rate may pass around the end of a
// minute. To save writes, a process takes one request from the counter at first and
// then more at a time, up to a hundredth of the rate. Requests that it has taken and
// not used by the end of the minute are lost to other processes. A refusal lasts
// until the minute ends, so a flood causes no writes.
//
// The deployment's rate, which holds for clients without one of their own, costs no
// write in ordinary use: each process serves [Client].Uncounted requests in a minute
// before it counts. So all processes together serve that many more.
type Meter struct {
	Counter Counter
	Now     func() time.Time

	mu     sync.Mutex
	minute int64                 // since 1970
	of     map[string]*allowance // by client id: clients with a rate that called in this minute
}

// allowance is the share of one process in a client's rate for one minute.
type allowance struct {
	minute int64
	turn   chan struct{} // a lock that a caller can stop waiting for; guards the fields below
	left   int           // taken from the counter and not used
	chunk  int           // how many to take next
	over   bool          // the counter has no more
}

// Allow counts one request of a client and reports whether it is within the rate.
// After an error the request must not be served. Allow stops waiting when ctx is done.
func (m *Meter) Allow(ctx context.Context, c *Client) (bool, error) {
	if c.PerMinute == 0 {
		return true, nil
	}
	a := m.allowance(c)
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return false, Named(c.ID, fmt.Errorf("count the request: %w", context.Cause(ctx)))
	}
	if a.left == 0 && !a.over {
		if err := m.take(ctx, a, c); err != nil {
			return false, Named(c.ID, fmt.Errorf("count the request: %w", err))
		}
	}
	if a.left == 0 {
		return false, nil
	}
	a.left--
	return true, nil
}

// allowance returns the client's allowance of this minute. It forgets those of
// earlier minutes.
func (m *Meter) allowance(c *Client) *allowance {
	m.mu.Lock()
	defer m.mu.Unlock()
	minute := m.Now().Unix() / 60
	if m.of == nil || minute != m.minute {
		m.minute, m.of = minute, map[string]*allowance{}
	}
	a := m.of[c.ID]
	if a == nil {
		a = &allowance{minute: minute, turn: make(chan struct{}, 1), left: c.Uncounted, chunk: max(1, c.Uncounted)}
		m.of[c.ID] = a
	}
	return a
}

// take takes a chunk from the counter. If a chunk exceeds the rate it tries a single
// request, so that the rate can be used completely.
func (m *Meter) take(ctx context.Context, a *allowance, c *Client) error {
	key, ttl := "T#"+url.QueryEscape(c.ID), (a.minute+10)*60 // well past the minute on any clock
	for {
		chunk := min(a.chunk, c.PerMinute) // the rate may have been lowered since
		ok, err := m.Counter.Take(ctx, key, a.minute, chunk, c.PerMinute, ttl)
		switch {
		case err != nil:
			return err
		case ok:
			a.left = chunk
			a.chunk = min(2*chunk, max(1, c.PerMinute/100)) // a busy process takes more
			return nil
		case chunk == 1:
			a.over = true
			return nil
		}
		a.chunk = 1
	}
}
