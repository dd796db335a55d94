package clients

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"time"
)

// Meter holds clients to their rate of requests, over all processes together. It
// is safe for concurrent use.
//
// It counts by itself because API Gateway cannot: usage plans belong to REST APIs
// and API keys, know nothing of direct invocations, and answer 429 with a body of
// their own, where the contract wants 200, its own body and a signature.
//
// Minutes are those of the clock, so that around the turn of one twice the rate
// may come in a shorter time. In each of them no more requests than the rate are
// let through, by the clock of the process that they reach. A process takes one
// request at first and then more at a time, up to a hundredth of the rate, to save
// writes; what it does not use by the end of the minute is lost to the others. A refusal holds until then without asking
// again, so a flood costs no writes.
type Meter struct {
	Table Traffic
	Now   func() time.Time

	mu     sync.Mutex
	minute int64                 // that allowed is of
	of     map[string]*allowance // by client: those with a rate that called in this minute
}

// allowance is what one process has of a client's rate in one minute.
type allowance struct {
	minute int64
	turn   chan struct{} // holds one token while somebody uses what is below
	left   int           // taken from the table, and not used
	chunk  int           // how many to take next
	over   bool          // there is no more to take
}

// Allow reports whether a client may make one more request now, and counts it. An
// error means that nobody could tell, and that the request must not be served. It
// gives up waiting when ctx is done.
func (m *Meter) Allow(ctx context.Context, c *Client) (bool, error) {
	if c.PerMinute == 0 {
		return true, nil
	}
	a := m.allowance(c)
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return false, named(c.ID, fmt.Errorf("count the request: %w", context.Cause(ctx)))
	}
	if a.left == 0 && !a.over {
		if err := m.take(ctx, a, c); err != nil {
			return false, named(c.ID, fmt.Errorf("count the request: %w", err))
		}
	}
	if a.left == 0 {
		return false, nil
	}
	a.left--
	return true, nil
}

// allowance returns the client's of this minute. Those of the last one are
// forgotten, so that there are never more than clients that call within one.
func (m *Meter) allowance(c *Client) *allowance {
	m.mu.Lock()
	defer m.mu.Unlock()
	minute := m.Now().Unix() / 60
	if m.of == nil || minute != m.minute {
		m.minute, m.of = minute, map[string]*allowance{}
	}
	a := m.of[c.ID]
	if a == nil {
		a = &allowance{minute: minute, turn: make(chan struct{}, 1), chunk: 1}
		m.of[c.ID] = a
	}
	return a
}

// take takes a chunk from the table. Where there is no room for one, it goes on
// with single requests, so that the rate is used up to the last.
func (m *Meter) take(ctx context.Context, a *allowance, c *Client) error {
	key, ttl := "T#"+url.QueryEscape(c.ID), (a.minute+10)*60 // long after the minute's end for any clock
	for {
		chunk := min(a.chunk, c.PerMinute) // the rate may have been lowered meanwhile
		ok, err := m.Table.Take(ctx, key, a.minute, chunk, c.PerMinute, ttl)
		switch {
		case err != nil:
			return err
		case ok:
			a.left = chunk
			a.chunk = min(2*chunk, max(1, c.PerMinute/100)) // who asks often asks for more
			return nil
		case chunk == 1:
			a.over = true
			return nil
		}
		a.chunk = 1
	}
}
