package otp

import (
	"context"
	"fmt"
	"time"
)

// settle stores what became of a challenge, gives up its lease and returns answer.
// If the call failed with err, it returns err: a retry may then go on at once, or at the
// end of the lease if settling fails too.
func (s *sending) settle(ctx context.Context, done Settlement, answer Started, err error) (Started, error) {
	done.Lease = MillisOf(s.Now())
	ctx, cancel := Outlive(ctx, SettleTime)
	defer cancel()
	w, failed := s.Challenges.Settle(ctx, done)
	switch {
	case err != nil:
		return Started{}, err
	case failed != nil:
		return Started{}, fmt.Errorf("settle: %w", failed)
	case !w.Applied:
		return Started{Outcome: InProgress}, nil // taken over meanwhile
	}
	return answer, nil
}

// settlement returns the end of a call that made or took over c: a challenge, or the
// record of a re-send. While the outcome is not decided c stays as it is, for a retry.
func settlement(c Challenge, outcome Outcome) Settlement {
	done := Settlement{Key: c.Key, Owner: c.Owner, State: c.State}
	switch outcome {
	case "", InProgress:
	case Sent:
		done.State = Delivered
	case Unclear:
		done.State = MaybeDelivered
	case Unknown, Used, Expired, Locked: // no code was live: the id of the re-send may be used for another challenge
		done.State, done.Result, done.Forget = Failed, outcome, true
	default:
		done.State, done.Result = Failed, outcome
	}
	return done
}

// unchanged returns the end of a call that leaves a live challenge as it is, but for its lease.
func unchanged(c Challenge) Settlement {
	return Settlement{Key: c.Key, Owner: c.Owner, State: c.State, Result: c.Result}
}

// Outlive returns a context that ends so much later than ctx would, as what became of
// a message is stored even if the time of the call ended while it was sent. All writes
// of a call that come so late share [SettleTime].
func Outlive(ctx context.Context, later time.Duration) (context.Context, context.CancelFunc) {
	late := context.WithoutCancel(ctx)
	if end, limited := ctx.Deadline(); limited {
		return context.WithDeadline(late, end.Add(later))
	}
	return context.WithCancel(late)
}

func sent(c Challenge) Started {
	return Started{Outcome: Sent, AuthID: c.AuthID, Mask: c.Mask, Test: c.Test}
}
