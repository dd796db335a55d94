package dynamostore

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	// current: the counter is of this window, or of a later one that a machine with a fast
	// clock began. A counter never goes back to an earlier window.
	current = "#window >= :window"
	// past: the counter is of an earlier window, which is over.
	past = "#window < :window"
	// room for n more below the limit.
	room = "#used <= :room"
)

var (
	takeMore  = when("SET #used = #used + :n", current, room)
	takeFirst = when("SET #window = :window, #used = :n, #ttl = :ttl", either(noItem, past))
)

// Take counts n under key in a window of time, if the count stays at or below limit. ok
// reports whether it did. The caller numbers windows in the order of time, for example by
// the minute since 1970. If the counter is of an earlier window, it starts again at 0. If
// it is of a later window, because another clock is fast, n counts in that one. A window
// never grants more than limit, also to many calls at once. n outside 1 to limit is an
// error.
//
// The prefix of key is "T#". ttl is the time after which the counter may be deleted, in
// seconds since 1970. It must lie after the window's end on all clocks, or the window would
// start again. The first call of a window writes it.
//
// Take makes one write, and up to three for the first call of a window. If an answer is
// lost and the client repeats the write, n may count twice, or the repetition may be
// refused. So a window may grant less than limit, never more. One key allows about a
// thousand calls a second.
func (s *Store) Take(ctx context.Context, key string, window int64, n, limit int, ttl int64) (ok bool, err error) {
	if n < 1 || n > limit {
		return false, fmt.Errorf("take: %d of at most %d, must be 1 or more and within the limit", n, limit)
	}
	ok, over, err := s.takeMore(ctx, key, window, n, limit)
	if err != nil || !over {
		return ok, err
	}
	_, ok, err = s.update(ctx, key, takeFirst, image{
		":window": number(window), ":n": number(int64(n)), ":ttl": number(ttl),
	}, types.ReturnValueNone)
	if err != nil || ok {
		return ok, err
	}
	// Another call began the window meanwhile.
	ok, over, err = s.takeMore(ctx, key, window, n, limit)
	if over {
		return false, errors.New("take: the counter was deleted meanwhile: is its ttl after the end of its window?")
	}
	return ok, err
}

// takeMore counts n in the counter's own window. over reports that this window has ended, or
// that there is no counter.
func (s *Store) takeMore(ctx context.Context, key string, window int64, n, limit int) (ok, over bool, err error) {
	item, ok, err := s.update(ctx, key, takeMore, image{
		":window": number(window), ":n": number(int64(n)), ":room": number(int64(limit - n)),
	}, types.ReturnValueNone)
	switch {
	case err != nil || ok:
		return ok, false, err
	case item == nil:
		return false, true, nil
	}
	r := reader{kind: "traffic", item: item}
	over = r.number("window") < window
	return false, over && r.err == nil, r.err
}
