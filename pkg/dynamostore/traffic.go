package dynamostore

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	// current: the counter is of this window, or of a later one, begun by a machine
	// whose clock is ahead. A counter never goes back.
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

// Take counts n under key in a window of time, where that makes at most limit, and
// reports whether it did. Windows are numbered by the caller in the order of time,
// for example by the minute since 1970. A counter of an earlier window starts
// anew; a counter of a later one, whose clock is ahead, is counted in as it is. In
// no window more than limit are granted, however many calls there are at once. n
// outside 1 to limit is an error.
//
// Keys begin with "T#", which nothing else in the table does. ttl is when the
// counter may be deleted, in seconds since 1970: after the window's end for all
// clocks, or the window would start anew. It is written when a window begins.
//
// It takes one write, and up to three for the first call of a window. When the
// answer of a write is lost and the client repeats it, n may count twice, or be
// refused for the room that it took itself: less is granted, never more. One key
// bears about a thousand calls a second.
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

// takeMore counts n in the counter's own window. It reports whether that window,
// where there is a counter at all, is over.
func (s *Store) takeMore(ctx context.Context, key string, window int64, n, limit int) (ok, over bool, err error) {
	item, ok, err := s.update(ctx, key, takeMore, image{
		":window": number(window), ":n": number(int64(n)), ":room": number(int64(limit - n)),
	}, types.ReturnValueNone)
	if err != nil || ok || item == nil {
		return ok, err == nil && !ok, err
	}
	r := reader{kind: "traffic", item: item}
	over = r.number("window") < window
	return false, over && r.err == nil, r.err
}
