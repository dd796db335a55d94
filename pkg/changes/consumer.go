package changes

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Events takes facts to whoever listens.
type Events interface {
	// Publish hands facts over, each at least once. It returns how many from the
	// first on are handed over for certain: all of them unless there is an error.
	Publish(ctx context.Context, facts []Fact) (done int, err error)
}

// Numbers is what a consumer does to the ledgers, see [otp.Ledgers].
type Numbers interface {
	Answered(ctx context.Context, key string) error
}

// Consumer works on what a stream delivers. All fields but Turn are required. It holds
// no state of its own; what it did twice, after a failure, is as good as done once.
type Consumer struct {
	Numbers  Numbers
	Counters Counters
	Events   Events
	// Turn is how much of the time before a deadline each kind of work leaves to each one
	// behind it: all of them have to get on, as a stream does only with the last of them.
	// With 0 the first may take all the time.
	Turn time.Duration
}

// Turns is how many kinds of work there are.
const Turns = 3

// Work does everything that follows from facts. It returns how many of them, from
// the first on, are done with: the stream has to go on from there. What fails in
// one way, or is slow, does not keep the rest from being done: while nobody takes
// events, numbers are cleared and counters go on.
func (c Consumer) Work(ctx context.Context, facts []Fact) (done int, err error) {
	done = len(facts)
	for i, step := range [Turns]struct {
		name string
		do   func(context.Context, []Fact) (int, error)
	}{{"answered", c.answered}, {"count", c.count}, {"publish", c.Events.Publish}} {
		turn, end := c.turn(ctx, i)
		n, failed := step.do(turn, facts)
		end()
		if failed != nil {
			done, err = min(done, n), errors.Join(err, fmt.Errorf("%s: %w", step.name, failed))
		}
	}
	return done, err
}

// turn returns the context of the i-th kind of work.
func (c Consumer) turn(ctx context.Context, i int) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, end.Add(-time.Duration(Turns-1-i)*c.Turn))
}

// answered begins the count of unanswered messages anew for the numbers of codes
// that passed. Verify does not do this itself, so that it stays one write. A pass
// that comes again later than messages that followed it clears them too: seldom,
// and then a person did answer.
func (c Consumer) answered(ctx context.Context, facts []Fact) (int, error) {
	for n, f := range facts {
		if f.Kind != Passed || f.ledger == "" {
			continue
		}
		if err := c.Numbers.Answered(ctx, f.ledger); err != nil {
			return n, err
		}
	}
	return len(facts), nil
}

// count counts the facts that are counted.
func (c Consumer) count(ctx context.Context, facts []Fact) (int, error) {
	var counts []Count
	var of []int // fact of each
	for n, f := range facts {
		if one, ok := f.count(); ok {
			counts, of = append(counts, one), append(of, n)
		}
	}
	if len(counts) == 0 {
		return len(facts), nil
	}
	done, err := c.Counters.Count(ctx, counts)
	if err != nil && done < len(of) {
		return of[done], err
	}
	return len(facts), err
}
