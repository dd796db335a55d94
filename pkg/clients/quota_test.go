package clients_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/sqlitestore/sqlitetest"
	"countersign/pkg/telemetry"

	"countersign/pkg/clocktest"
)

// sends takes messages one after the other, and returns how many it got.
func sends(t testing.TB, q *clients.Quota, client string, perDay, calls int) (n int) {
	t.Helper()
	for range calls {
		giveBack, wait, err := q.Take(t.Context(), client, perDay)
		if err != nil || giveBack == nil && (wait <= 0 || wait > 24*time.Hour) {
			t.Fatalf("wait %v, %v", wait, err)
		}
		if giveBack != nil {
			n++
		}
	}
	return n
}

// counting is a counter that counts what it is asked.
type counting struct {
	clients.Counter
	takes atomic.Int64
}

func (c *counting) Take(
	ctx context.Context, key string, window int64, n, limit int, ttl int64,
) (bool, error) {
	c.takes.Add(1)
	return c.Counter.Take(ctx, key, window, n, limit, ttl)
}

// Stock reserves a block ahead, so that a message takes no further write. What it cannot have is up to Take.
func TestQuotaStock(t *testing.T) {
	clock := clocktest.New(clientstest.Start)
	counter := &counting{Counter: sqlitetest.New(t)}
	q := &clients.Quota{Counter: counter, Now: clock.Now}
	asked := func(step string, want int64) {
		t.Helper()
		if n := counter.takes.Swap(0); n != want {
			t.Errorf("%s: asked %d times, want %d", step, n, want)
		}
	}
	var calls sync.WaitGroup
	var reserves []func(context.Context)
	for range 4 {
		reserves = append(reserves, q.Stock("acme", 20_000))
	}
	for _, reserve := range reserves {
		calls.Go(func() { reserve(t.Context()) })
	}
	calls.Wait()
	asked("stock", 1)
	if q.Stock("acme", 20_000) != nil {
		t.Error("a message is at hand, and more are to be reserved")
	}
	if n := sends(t, q, "acme", 20_000, 2); n != 2 { // a ten-thousandth
		t.Errorf("%d messages, want 2", n)
	}
	asked("messages", 0)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	q.Stock("acme", 20_000)(canceled)
	counter.takes.Store(0)
	if n := sends(t, q, "other", 3, 4); n != 3 {
		t.Errorf("%d messages, want 3", n)
	}
	counter.takes.Store(0)
	if q.Stock("other", 3) != nil {
		t.Error("all are used, and more are to be reserved")
	}
	asked("all are used", 0)
}

// All processes together never get more than the limit, whatever they give back and whenever they end, and at least
// four fifths of it unless nearly every message has a process of its own.
func TestQuotaExact(t *testing.T) {
	seed := rand.Uint64()
	t.Log("seed", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for _, limit := range []int{1, 7, 100, 1000, 20_000} {
		clock := clocktest.New(clientstest.Start)
		store := sqlitetest.New(t)
		process := func() *clients.Quota { return &clients.Quota{Counter: store, Now: clock.Now} }
		processes := []*clients.Quota{process(), process(), process()}
		for day := range 2 {
			got := 0
			for range 2 * limit {
				i := random.IntN(len(processes))
				giveBack, _, err := processes[i].Take(t.Context(), "acme", limit)
				switch {
				case err != nil:
					t.Fatal(err)
				case giveBack == nil:
				case random.IntN(10) == 0:
					giveBack()
				default:
					got++
				}
				if random.IntN(200) == 0 {
					processes[i] = process()
				}
			}
			if got > limit || got < limit*8/10 {
				t.Errorf("day %d: %d messages of %d", day, got, limit)
			}
			clock.Advance(24 * time.Hour)
		}
	}
}

// counts is a counter of one window in memory, for a test with a hundred thousand writes.
type counts struct{ used int }

func (c *counts) Take(_ context.Context, _ string, _ int64, n, limit int, _ int64) (bool, error) {
	if c.used+n > limit {
		return false, nil
	}
	c.used += n
	return true, nil
}

// Processes that end after few messages, as in a flood of strangers, leave four fifths of the limit.
func TestQuotaOfShortLives(t *testing.T) {
	const limit = 100_000
	for _, life := range []int{1, 2, 3, 5, 8, 11, 13, 25, 41, 100, 300} {
		counter, got := &counts{}, 0
		for {
			q := &clients.Quota{Counter: counter, Now: clocktest.New(clientstest.Start).Now}
			n := sends(t, q, "acme", limit, life)
			if got += n; n < life {
				break
			}
		}
		if got > limit || got < limit*8/10 {
			t.Errorf("%d messages of %d, in processes of %d each", got, limit, life)
		}
	}
}

// Calls at once, in two processes, get exactly the limit.
func TestQuotaAtOnce(t *testing.T) {
	clock := clocktest.New(clientstest.Start)
	store := sqlitetest.New(t)
	processes := []*clients.Quota{{Counter: store, Now: clock.Now}, {Counter: store, Now: clock.Now}}
	var got atomic.Int64
	var group sync.WaitGroup
	for i := range 400 {
		group.Go(func() {
			giveBack, _, err := processes[i%2].Take(t.Context(), "acme", 150)
			if err != nil {
				t.Error(err)
			}
			if giveBack != nil {
				got.Add(1)
			}
		})
	}
	group.Wait()
	if got.Load() != 150 {
		t.Errorf("%d messages, want 150", got.Load())
	}
}

// A process writes once for many messages, and never for those that are refused.
func TestQuotaWrites(t *testing.T) {
	for _, c := range []struct{ limit, calls, got, writes int }{
		{0, 1000, 1000, 0},
		{1, 100, 1, 2},          // one, and one refused
		{100, 200, 100, 102},    // single messages
		{100_000, 200, 200, 12}, // tens at first
		{100_000, 10_000, 10_000, 111},
	} {
		clock := clocktest.New(clientstest.Start)
		table := &taking{Counter: sqlitetest.New(t)}
		q := &clients.Quota{Counter: table, Now: clock.Now}
		if n := sends(t, q, "acme", c.limit, c.calls); n != c.got || int(table.writes.Load()) != c.writes {
			t.Errorf("limit %d: %d messages with %d writes, want %d with %d",
				c.limit, n, table.writes.Load(), c.got, c.writes)
		}
		before := table.writes.Load()
		if c.got < c.calls && (sends(t, q, "acme", c.limit, 1000) != 0 || table.writes.Load() != before) {
			t.Errorf("limit %d: refusals cost %d writes", c.limit, table.writes.Load()-before)
		}
	}
}

// The line of a request shows that four fifths of the messages are reserved, and that none is left. The day is one of
// UTC, and each client has its own.
func TestQuotaLines(t *testing.T) {
	clock := clocktest.New(clientstest.Start) // 02:25:27
	q := &clients.Quota{Counter: sqlitetest.New(t), Now: clock.Now}
	take := func(n int, low, out bool) (giveBack func()) {
		t.Helper()
		ctx, record := telemetry.Begin(t.Context(), clock.Now())
		giveBack, wait, err := q.Take(ctx, "acme", 10)
		if err != nil || record.QuotaLow != low || record.QuotaOut != out || (giveBack == nil) != out {
			t.Errorf("message %d: low %v, out %v, wait %v, %v", n, record.QuotaLow, record.QuotaOut, wait, err)
		}
		if end := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC); out && !clock.Now().Add(wait).Equal(end) {
			t.Errorf("the wait is %v", wait)
		}
		return giveBack
	}
	for n := range 12 {
		take(n, n == 8 || n == 9, n > 9)
	}
	if n := sends(t, q, "acme", 12, 10); n != 2 {
		t.Errorf("%d more messages after the number was raised by two", n)
	}
	if sends(t, q, "other", 10, 20) != 10 {
		t.Error("another client has too few")
	}
	clock.Advance(21*time.Hour + 34*time.Minute + 33*time.Second - time.Millisecond)
	take(12, false, true)
	clock.Advance(time.Millisecond)
	take(13, false, false)
}

// A message that is given back after midnight is none of the new day's.
func TestQuotaGivenBackLate(t *testing.T) {
	clock := clocktest.New(clientstest.Start)
	q := &clients.Quota{Counter: sqlitetest.New(t), Now: clock.Now}
	giveBack, _, err := q.Take(t.Context(), "acme", 3)
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(24 * time.Hour)
	if n := sends(t, q, "acme", 3, 1); n != 1 {
		t.Fatal(n)
	}
	giveBack()
	if n := sends(t, q, "acme", 3, 10); n != 2 {
		t.Errorf("%d more messages, want 2", n)
	}
}

// If the counter fails, no message goes out, and the next call tries again.
func TestQuotaFailsClosed(t *testing.T) {
	clock := clocktest.New(clientstest.Start)
	table := &taking{Counter: sqlitetest.New(t)}
	q := &clients.Quota{Counter: table, Now: clock.Now}
	down := errors.New("down")
	table.err.Store(&down)
	if giveBack, _, err := q.Take(t.Context(), "acme", 10); giveBack != nil || !errors.Is(err, down) {
		t.Errorf("%v", err)
	}
	table.err.Store(nil)
	if n := sends(t, q, "acme", 10, 20); n != 10 {
		t.Errorf("%d messages, want 10", n)
	}
}

// The deployment's rate costs no write in ordinary use, and each process serves a hundredth beside it.
func TestDefaultRate(t *testing.T) {
	m, table, clock := newMeter(t)
	c := &clients.Client{ID: "acme", PerMinute: 6000, Uncounted: 60}
	for range 5 {
		if n := allowed(t, m, c, 60); n != 60 || table.writes.Load() != 0 {
			t.Errorf("%d of 60 calls, %d writes", n, table.writes.Load())
		}
		clock.Advance(time.Minute)
	}
	if n := allowed(t, m, c, 10_000); n != 6060 || table.writes.Load() != 102 {
		t.Errorf("%d of 10,000 calls with %d writes, want 6060 with 102", n, table.writes.Load())
	}
	other := &clients.Meter{Counter: table, Now: clock.Now}
	if n := allowed(t, other, c, 10_000); n != 60 {
		t.Errorf("%d calls in another process, want 60", n)
	}
	for record, want := range map[string]clients.Client{
		`{}`:                      {PerMinute: 6000, Uncounted: 60, MessagesPerDay: 500},
		`{"perMinute":70}`:        {PerMinute: 70, MessagesPerDay: 500},
		`{"messagesPerDay":1000}`: {PerMinute: 6000, Uncounted: 60, MessagesPerDay: 1000},
	} {
		r := clientstest.New(t)
		r.Defaults.RequestsPerMinute, r.Defaults.MessagesPerDay = 6000, 500
		r.Put(t, "client#a", fmt.Sprintf(`{"id":"a","status":"active","added":"2026-11-22T02:25:27Z",%s`, record[1:]))
		if record == "{}" {
			r.Put(t, "client#a", `{"id":"a","status":"active","added":"2026-11-22T02:25:27Z"}`)
		}
		got := r.MustFind(t, "a")
		if got.PerMinute != want.PerMinute || got.Uncounted != want.Uncounted ||
			got.MessagesPerDay != want.MessagesPerDay {
			t.Errorf("%s: %d, %d, %d", record, got.PerMinute, got.Uncounted, got.MessagesPerDay)
		}
	}
}
