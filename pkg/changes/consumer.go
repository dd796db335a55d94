package changes

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/pkg/guard"
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

// Credits is the part of a store that a consumer uses to give credits to the budgets of the guard.
type Credits interface {
	// Credit does what [guard.Entry.Credit] does with the entry of each credit. After an error some of them may be
	// given.
	Credit(ctx context.Context, credits []guard.Credit) error
}

// Consumer does the work that follows from facts, in four steps: it clears the
// unanswered messages of numbers, then it publishes events, then it reports verdicts, then
// it credits the budgets of the guard. Numbers and Events are required. It holds no state
// of its own. Work that is repeated after a failure does no harm.
type Consumer struct {
	Numbers  Numbers
	Events   Events
	Feedback Feedback // nil: no provider wants it
	Credits  Credits  // nil: there are no budgets
	// Turn is the time before a deadline that is reserved for each later step: for the
	// second one, and for the last one if there are Credits. A stream moves on only when
	// all are done, so a slow step must not take all the time. With 0 it may.
	Turn time.Duration
}

// Work does all steps for all facts. It returns how many facts, from the first on,
// are done: the stream continues behind them. A step that fails or is slow does not
// keep the second from its work. The other ones are for facts that are done. The third one
// does not count: the stream repeats the others. If the last one fails, no fact is done, as
// what it credits begins with the first one.
func (c Consumer) Work(ctx context.Context, facts []Fact) (done int, err error) {
	last := ctx
	if c.Credits != nil {
		var cancel context.CancelFunc
		ctx, cancel = sooner(ctx, c.Turn)
		defer cancel()
	}
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
	credited := c.credit(last, facts, done)
	if credited != nil {
		done, credited = 0, fmt.Errorf("credit: %w", credited)
	}
	return done, errors.Join(failed, err, credited)
}

// sooner returns a context that ends so long before ctx.
func sooner(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithDeadline(ctx, end.Add(-by))
}

// credit gives the credits of facts that are done. Those of a change that is not done as a whole are not given: the
// stream begins the next batch with that one. An earlier try may have given them, so they say where they come again.
func (c Consumer) credit(ctx context.Context, facts []Fact, done int) error {
	if c.Credits == nil || done == 0 {
		return nil
	}
	next := ""
	if done < len(facts) {
		next = facts[done].record
	}
	for next != "" && done > 0 && facts[done-1].record == next {
		done--
	}
	var all []guard.Credit
	for _, f := range facts[:done] {
		all = append(all, f.credits...)
	}
	for _, f := range facts[done:] {
		for _, credit := range f.credits {
			if credit.Again = next; next != "" {
				all = append(all, credit)
			}
		}
	}
	if len(all) == 0 {
		return nil
	}
	return c.Credits.Credit(ctx, all)
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
	ctx, cancel := sooner(ctx, c.Turn)
	defer cancel()
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
