package changes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/pkg/otp"
)

// Events publishes facts.
type Events interface {
	// Publish hands facts over, each at least once. It returns how many from the
	// first on are handed over for certain: all of them unless there is an error.
	Publish(ctx context.Context, facts []Fact) (done int, err error)
}

// Numbers is the part of [otp.Ledgers] that a consumer uses.
type Numbers interface {
	Answered(ctx context.Context, a otp.Answer) error
}

// Verdict is what a challenge shows about one of its messages: a right code means that the
// message was received.
type Verdict struct {
	Message  string // the provider's id
	Received bool
}

// Feedback hands verdicts to the provider of the messages, which learns from them what arrives.
type Feedback interface {
	// Report hands verdicts over as far as that works in a bounded time. The same verdict
	// may come again. What is not handed over is lost: no fact may wait for a provider.
	Report(ctx context.Context, verdicts []Verdict)
}

// Consumer does the work that follows from facts, in three steps: it clears the
// unanswered messages of numbers, then it publishes events, then it reports verdicts.
// All fields but Turn and Feedback are required. It holds no state of its own. Work that
// is repeated after a failure does no harm.
type Consumer struct {
	Numbers  Numbers
	Events   Events
	Feedback Feedback // nil: no provider wants it
	// Turn is the time before a deadline that is reserved for the second step. A stream
	// moves on only when both are done, so a slow first step must not take all the
	// time. With 0 it may.
	Turn time.Duration
}

// Work does all steps for all facts. It returns how many facts, from the first on,
// are done: the stream continues behind them. A step that fails or is slow does not
// keep the second from its work. The third one is for facts that are done, and does not
// count: the stream repeats the others.
func (c Consumer) Work(ctx context.Context, facts []Fact) (done int, err error) {
	answered, failed := c.answered(ctx, facts)
	if failed != nil {
		failed = fmt.Errorf("answered: %w", failed)
	}
	published, err := c.Events.Publish(ctx, facts)
	if err != nil {
		err = fmt.Errorf("publish: %w", err)
	}
	done = min(answered, published)
	c.report(ctx, facts[:done])
	return done, errors.Join(failed, err)
}

// report hands over the verdicts of facts.
func (c Consumer) report(ctx context.Context, facts []Fact) {
	if c.Feedback == nil {
		return
	}
	var verdicts []Verdict
	for _, f := range facts {
		for _, id := range f.messages {
			verdicts = append(verdicts, Verdict{Message: id, Received: f.Kind == Passed})
		}
	}
	if len(verdicts) > 0 {
		c.Feedback.Report(ctx, verdicts)
	}
}

// answered resets the count of unanswered messages of each number whose code passed. It
// returns how many facts, from the first on, are done.
//
// Verify does not reset the count itself, so that it stays one write. A pass that the
// stream repeats after later messages resets those too. That is rare, and the person did
// answer.
func (c Consumer) answered(ctx context.Context, facts []Fact) (int, error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-c.Turn))
		defer cancel()
	}
	for n, f := range facts {
		if f.answer.Ledger == "" {
			continue
		}
		if err := c.Numbers.Answered(ctx, f.answer); err != nil {
			return n, err
		}
	}
	return len(facts), nil
}
