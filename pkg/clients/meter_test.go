package clients_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/sqlitestore/sqlitetest"

	"countersign/pkg/clocktest"
)

// taking counts the writes to a counter. It fails while it has an error.
type taking struct {
	clients.Counter
	writes atomic.Int64
	err    atomic.Pointer[error]
}

func (c *taking) Take(ctx context.Context, key string, window int64, n, limit int, ttl int64) (bool, error) {
	c.writes.Add(1)
	if err := c.err.Load(); err != nil {
		return false, *err
	}
	return c.Counter.Take(ctx, key, window, n, limit, ttl)
}

func newMeter(t testing.TB) (*clients.Meter, *taking, *clocktest.Clock) {
	clock := clocktest.New(clientstest.Start)
	table := &taking{Counter: sqlitetest.New(t)}
	return &clients.Meter{Counter: table, Now: clock.Now}, table, clock
}

// allowed makes calls one after the other, and returns how many were allowed.
func allowed(t testing.TB, m *clients.Meter, c *clients.Client, calls int) (n int) {
	t.Helper()
	for range calls {
		ok, err := m.Allow(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		if ok {
			n++
		}
	}
	return n
}

// Of 500 calls at once in two processes, exactly the rate is allowed in each minute.
func TestMeterExact(t *testing.T) {
	for _, rate := range []int{1, 99, 100, 200, 249} {
		database, clock := filepath.Join(t.TempDir(), "countersign.db"), clocktest.New(clientstest.Start)
		client := &clients.Client{ID: "acme", PerMinute: rate}
		meters := []*clients.Meter{{Counter: sqlitetest.Open(t, database), Now: clock.Now},
			{Counter: sqlitetest.Open(t, database), Now: clock.Now}}
		for minute := range 2 {
			var let atomic.Int64
			var group sync.WaitGroup
			for i := range 500 {
				group.Go(func() {
					ok, err := meters[i%2].Allow(t.Context(), client)
					if err != nil {
						t.Error(err)
					}
					if ok {
						let.Add(1)
					}
				})
			}
			group.Wait()
			if let.Load() != int64(rate) {
				t.Errorf("minute %d: %d of 500 calls are let through, want %d", minute, let.Load(), rate)
			}
			clock.Advance(time.Minute)
		}
	}
}

// A minute is a minute of the clock, and the next one starts from zero.
func TestMeterMinutes(t *testing.T) {
	m, _, clock := newMeter(t) // at second 27
	c := &clients.Client{ID: "acme", PerMinute: 3}
	if n := allowed(t, m, c, 5); n != 3 {
		t.Errorf("%d calls are let through, want 3", n)
	}
	clock.Advance(33*time.Second - time.Millisecond)
	if n := allowed(t, m, c, 5); n != 0 {
		t.Errorf("%d more in the same minute", n)
	}
	clock.Advance(time.Millisecond)
	if n := allowed(t, m, c, 5); n != 3 {
		t.Errorf("%d calls in the next minute, want 3", n)
	}
	other := &clients.Client{ID: "other", PerMinute: 2}
	if n := allowed(t, m, other, 5); n != 2 {
		t.Errorf("%d calls of another client, want 2", n)
	}
}

// The meter writes a few times at first, then once for each hundredth of the rate, and
// never for a flood above it.
func TestMeterWrites(t *testing.T) {
	for _, c := range []struct{ rate, calls, let, writes int }{
		{0, 1000, 1000, 0},
		{1, 1000, 1, 2},
		{50, 1000, 50, 51},
		{10_000, 1000, 1000, 16}, // 1, 2, 4 ... 64, then hundreds
		{1000, 1500, 1000, 111},
		{250, 1000, 250, 129},
		{299, 1000, 299, 152}, // 149 chunks of two, one refused, the last request alone, one refused
	} {
		m, table, _ := newMeter(t)
		client := &clients.Client{ID: "acme", PerMinute: c.rate}
		if n := allowed(t, m, client, c.calls); n != c.let || int(table.writes.Load()) != c.writes {
			t.Errorf("rate %d: %d of %d let through with %d writes, want %d with %d", c.rate, n, c.calls,
				table.writes.Load(), c.let, c.writes)
		}
		before := table.writes.Load()
		if n := allowed(t, m, client, 1000); c.let < c.calls && (n != 0 || table.writes.Load() != before) {
			t.Errorf("rate %d: a flood above it costs %d writes", c.rate, table.writes.Load()-before)
		}
	}
}

// A rate that is lowered within the minute applies from the next chunk on.
func TestMeterLowered(t *testing.T) {
	m, _, _ := newMeter(t)
	if n := allowed(t, m, &clients.Client{ID: "acme", PerMinute: 10_000}, 100); n != 100 {
		t.Errorf("%d of 100", n)
	}
	// the rest of 127 that were taken
	if n := allowed(t, m, &clients.Client{ID: "acme", PerMinute: 50}, 100); n != 27 {
		t.Errorf("%d further calls, want 27", n)
	}
}

// While the counter fails no request is allowed, and the next one tries again.
func TestMeterFailsClosed(t *testing.T) {
	m, table, _ := newMeter(t)
	c, down := &clients.Client{ID: "acme", PerMinute: 2}, errors.New("down")
	table.err.Store(&down)
	for range 3 {
		if ok, err := m.Allow(t.Context(), c); ok || !errors.Is(err, down) {
			t.Errorf("%v, %v, want the counter's error", ok, err)
		}
	}
	table.err.Store(nil)
	if n := allowed(t, m, c, 5); n != 2 {
		t.Errorf("%d let through after the failure, want 2", n)
	}
}

// slow is a counter that answers when the gate opens.
type slow struct{ gate chan struct{} }

func (s slow) Take(ctx context.Context, _ string, _ int64, _, _ int, _ int64) (bool, error) {
	select {
	case <-s.gate:
		return true, nil
	case <-ctx.Done():
		return false, ctx.Err()
	}
}

// A caller behind a slow counter waits as long as its context, and leaves without effect
// on the others.
func TestMeterWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		m := &clients.Meter{Counter: slow{gate}, Now: clocktest.New(clientstest.Start).Now}
		c := &clients.Client{ID: "acme", PerMinute: 1000}
		leaving, leave := context.WithCancel(t.Context())
		var left, let atomic.Int64
		var group sync.WaitGroup
		group.Go(func() { // counts for all
			if _, err := m.Allow(leaving, c); errors.Is(err, context.Canceled) {
				left.Add(1)
			}
		})
		synctest.Wait()
		for i := range 10 {
			group.Go(func() {
				ctx := t.Context()
				if i%2 == 0 {
					ctx = leaving
				}
				ok, err := m.Allow(ctx, c)
				switch {
				case errors.Is(err, context.Canceled):
					left.Add(1)
				case ok:
					let.Add(1)
				}
			})
		}
		synctest.Wait()
		leave()
		synctest.Wait()
		close(gate)
		group.Wait()
		if left.Load() != 6 || let.Load() != 5 {
			t.Errorf("%d left and %d were let through, want 6 and 5", left.Load(), let.Load())
		}
	})
}

// The meter keeps the clients of this minute only, and never those without a rate.
func TestMeterMemory(t *testing.T) {
	m, _, clock := newMeter(t)
	for _, id := range []string{"a", "b", "c"} {
		allowed(t, m, &clients.Client{ID: id, PerMinute: 1}, 2)
	}
	allowed(t, m, &clients.Client{ID: "d"}, 2)
	if m.Held() != 3 {
		t.Errorf("%d clients are held, want 3", m.Held())
	}
	clock.Advance(time.Minute)
	allowed(t, m, &clients.Client{ID: "a", PerMinute: 1}, 2)
	if m.Held() != 1 {
		t.Errorf("%d clients are held in the next minute, want 1", m.Held())
	}
}
