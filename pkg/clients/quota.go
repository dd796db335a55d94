package clients

import (
	"context"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"countersign/pkg/telemetry"
)

// Quota limits each client to its messages in a day of UTC, across all processes. It is [otp.Quota], and safe for
// concurrent use.
//
// A message is reserved before it goes out, so all processes together never exceed the limit. A process reserves a
// block at a time, so that most messages take no write: a quarter of what it has used today, up to a thousandth of the
// limit. What a process has reserved and not used is lost when it ends, which is up to a fifth. While all processes
// have less than a fifth of the limit, a block has at least a ten-thousandth of it: a process that ends after one
// message loses nearly all of that, and strangers who send floods make Lambda start many. Close to the limit a process
// reserves single messages. A call that sends nothing leaves what it reserved to the next one of its process.
//
// A refusal lasts until the day ends or the limit is raised, and costs no further write.
type Quota struct {
	Counter Counter
	Now     func() time.Time

	mu  sync.Mutex
	day int64             // since 1970
	of  map[string]*share // by client id: clients that sent in this day
}

// share is what one process has of a client's messages of one day.
type share struct {
	turn chan struct{} // a lock that a caller can stop waiting for: of a reservation
	left atomic.Int64  // reserved and not used
	used atomic.Int64
	busy atomic.Int64 // the limit of which a fifth is reserved, by all processes together
	low  atomic.Int64 // the limit of which four fifths are
	out  atomic.Int64 // the limit of which all is
}

// take uses a reserved message, if there is one.
func (s *share) take() bool {
	for {
		left := s.left.Load()
		if left == 0 {
			return false
		}
		if s.left.CompareAndSwap(left, left-1) {
			s.used.Add(1)
			return true
		}
	}
}

// giveBack undoes take.
func (s *share) giveBack() {
	s.used.Add(-1)
	s.left.Add(1)
}

// Take implements [otp.Quota]. The line of the request shows whether little or nothing is left.
func (q *Quota) Take(ctx context.Context, client string, perDay int) (giveBack func(), wait time.Duration, err error) {
	if perDay == 0 {
		return func() {}, 0, nil
	}
	s, day, wait := q.share(client)
	if s.take() {
		return s.giveBack, 0, nil
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return nil, 0, fmt.Errorf("count the client's messages: %w", context.Cause(ctx))
	}
	for !s.take() { // another call may have reserved a block meanwhile
		if s.out.Load() >= int64(perDay) {
			telemetry.From(ctx).QuotaOut = true
			return nil, wait, nil
		}
		if err := q.reserve(ctx, s, client, day, perDay); err != nil {
			return nil, 0, fmt.Errorf("count the client's messages: %w", err)
		}
	}
	telemetry.From(ctx).QuotaLow = s.low.Load() >= int64(perDay)
	return s.giveBack, 0, nil
}

// Stock implements [otp.Quota]: it reserves a block if no message is left of the last one.
func (q *Quota) Stock(client string, perDay int) (reserve func(context.Context)) {
	s, day, _ := q.share(client)
	stocked := func() bool { return s.left.Load() > 0 || s.out.Load() >= int64(perDay) }
	if stocked() {
		return nil
	}
	return func(ctx context.Context) {
		select {
		case s.turn <- struct{}{}:
			defer func() { <-s.turn }()
		case <-ctx.Done():
			return
		}
		if !stocked() { // another call may have reserved a block meanwhile
			_ = q.reserve(ctx, s, client, day, perDay) // Take asks again
		}
	}
}

// share returns a client's share of this day, its number, and the time until its end. It forgets earlier days.
func (q *Quota) share(client string) (s *share, day int64, left time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := q.Now()
	day = now.Unix() / (24 * 60 * 60)
	if q.of == nil || day != q.day {
		q.day, q.of = day, map[string]*share{}
	}
	if s = q.of[client]; s == nil {
		s = &share{turn: make(chan struct{}, 1)}
		q.of[client] = s
	}
	return s, day, time.Unix((day+1)*24*60*60, 0).Sub(now)
}

// reserve reserves a block, or a single message if there is no room for a block. It notes that nothing is left.
func (q *Quota) reserve(ctx context.Context, s *share, client string, day int64, perDay int) error {
	block, first := max(1, min(int(s.used.Load())/4, perDay/1000)), perDay/10_000
	key, ttl := "T#"+url.QueryEscape(client)+"#day", (day+2)*24*60*60 // well past the day on any clock
	take := func(n, limit int) (bool, error) { return q.Counter.Take(ctx, key, day, n, limit, ttl) }
	if block < first && s.busy.Load() < int64(perDay) {
		ok, err := take(first, perDay/5)
		if ok || err != nil {
			return s.reserved(first, ok, err)
		}
	}
	s.busy.Store(int64(perDay))
	if enough := perDay * 8 / 10; s.low.Load() < int64(perDay) && block <= enough {
		ok, err := take(block, enough)
		if ok || err != nil {
			return s.reserved(block, ok, err)
		}
	}
	s.low.Store(int64(perDay))
	ok, err := take(block, perDay)
	if !ok && err == nil && block > 1 {
		block = 1
		ok, err = take(block, perDay)
	}
	if !ok && err == nil {
		s.out.Store(int64(perDay))
	}
	return s.reserved(block, ok, err)
}

func (s *share) reserved(n int, ok bool, err error) error {
	if ok {
		s.left.Add(int64(n))
	}
	return err
}
