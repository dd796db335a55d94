package otp

import "context"

// Init makes a challenge and sends its code, with at most one message per call.
// A repeat of a finished call returns the answer of that call and sends nothing. A
// repeat of a call that crashed or stayed unclear goes on with the same code, as soon
// as the limits of the number allow another copy; until then it is Unclear. An error
// means that the outcome is not known: the same id may be tried again.
func (i Issuer) Init(ctx context.Context, r Start) (Started, error) {
	r.Fingerprinted = r.Payment.with(r.Fingerprinted...)
	s := i.begin(ctx, r)
	c, err := s.challenge()
	if err != nil {
		return Started{}, err
	}
	c, answer, err := s.acquire(ctx, c, r.Fingerprinted)
	switch {
	case err != nil || answer.Outcome != "":
		return answer, err
	case c.Passed() || c.Attempts >= c.Max: // the message arrived, or its code is of no use any more
		return s.settle(ctx, settlement(c, Sent), sent(c), nil)
	case r.Refusal != "": // since an earlier call; a code that arrived dies with it
		return s.settle(ctx, settlement(c, r.Refusal), s.refusal(), nil)
	}
	return s.first(ctx, c)
}

// first delivers the first message of a challenge that this call owns, and settles
// the challenge.
func (s *sending) first(ctx context.Context, c Challenge) (Started, error) {
	if c.State == Failed { // made so, since its user is refused
		return s.refusal(), nil
	}
	s.keys = s.keysFor(ctx, c.KeyVersion)
	answer, err := s.count(ctx, c)
	if err != nil || answer.Outcome != "" {
		done := settlement(c, answer.Outcome)
		if done.State == Failed {
			done.Guard = []byte(s.tag) // the entries count what was refused
		}
		return s.settle(ctx, done, answer, err)
	}
	return s.firstCounted(ctx, c)
}

// firstCounted is first once the message is counted.
func (s *sending) firstCounted(ctx context.Context, c Challenge) (Started, error) {
	answer, err := s.publish(ctx, c)
	if err != nil || answer.Outcome == InProgress {
		return answer, err // the lease stays: the next call waits until it is over
	}
	done := settlement(c, answer.Outcome)
	done.Messages, done.Guard = c.withMessage(s.message), s.tagOf(c)
	return s.settle(ctx, done, answer, nil)
}
