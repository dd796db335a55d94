package otp

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
)

// Send sends a code for a scenario, which r.ID stands for. Each call is a message
// of its own. It sends the live code again, which keeps its used attempts and the
// end of its lifetime. If another code or number of digits is asked for, a new code
// replaces the live one: it has a lifetime of its own, and the attempts that the old
// one had left, or fewer if the policy is stricter by now.
//
// A code that the client chose never takes the place of a live one that the service
// made, see [Challenge.yieldsTo]: then the outcome is TooSoon. Outcomes are those of
// [Issuer.Init] without Inconsistent. An error means that the outcome is not known.
func (i Issuer) Send(ctx context.Context, r Start) (Started, error) {
	s := i.begin(ctx, r)
	c, err := s.challenge()
	if err != nil {
		return Started{}, err
	}
	c.Source = nil // others may ask for the same code: the guess has the source
	old, err := s.reserve(ctx, c, nil)
	switch {
	case err != nil:
		return Started{}, err
	case old.Owner == c.Owner: // there was none
		return s.first(ctx, c)
	case old.Lease > s.at:
		return Started{Outcome: InProgress}, nil
	}
	s.keys = s.keysFor(ctx, old.KeyVersion)
	switch {
	case s.keys.retired(old.KeyVersion) || old.ended(s.at) != "":
		if answer, err := s.restart(ctx, c, old); err != nil || answer.Outcome != "" {
			return answer, err
		}
		return s.first(ctx, c)
	case r.Refusal != "":
		return Started{Outcome: r.Refusal}, nil
	case !old.yieldsTo(r):
		return Started{Outcome: TooSoon, Wait: old.ExpiresAt.Sub(s.at)}, nil
	case !s.keys.holds(old.KeyVersion):
		return Started{}, unknownVersion(old.KeyVersion)
	case !s.keys.serves(old, r):
		return s.replace(ctx, c, old)
	}
	answer, err := s.again(ctx, Claim{Key: c.Key, Owner: c.Owner})
	switch answer.Outcome {
	case Unknown, Used, Expired, Locked: // since it was found live: the next call makes a new one
		answer = Started{Outcome: InProgress}
	}
	return answer, err
}

// replace puts the new code of c in the place of a live one. The message is counted
// first, so a send that a limit refuses leaves the live code as it is.
func (s *sending) replace(ctx context.Context, c, old Challenge) (Started, error) {
	answer, err := s.count(ctx)
	if err != nil || answer.Outcome != "" {
		return answer, err
	}
	// Guesses at both codes count together, and the new code gives no more of them than
	// the old one had left. If a stricter limit is already used up, one attempt remains:
	// a code that cannot pass is of no use to anybody.
	c.Attempts, c.Max = old.Attempts, min(old.Max, max(c.Max, old.Attempts+1))
	answer, err = s.restart(ctx, c, old)
	switch {
	case err != nil:
		return Started{}, errors.Join(err, s.refund(ctx))
	case answer.Outcome != "": // guessed at or sent again meanwhile
		return s.unsent(ctx, answer)
	}
	answer, err = s.firstCounted(ctx, c)
	if answer.Outcome == Undeliverable { // nothing went out: the old code may still be used
		ctx, cancel := outlive(ctx, SettleTime)
		defer cancel()
		c.State, c.Lease, old.Lease = Failed, 0, s.at
		if _, err := s.Challenges.Reserve(ctx, old, &c, MillisOf(s.Now())); err != nil {
			return Started{}, fmt.Errorf("put the old code back: %w", err)
		}
	}
	return answer, err
}

// yieldsTo reports whether r may send the code of a live challenge again, or replace it. A chosen code may do neither
// to a code that the service made: whoever can send a chosen code would pass in the place of the person who has the
// other one. The answer is the same if both codes are equal, or it would confirm a guess without using an attempt.
func (c Challenge) yieldsTo(r Start) bool { return r.Code == "" || c.Chosen }

// serves reports whether the code of a challenge is what r asks for. If r asks for a code that the service makes, a
// chosen one is not: whoever chose it need not have the phone.
func (k *Keys) serves(c Challenge, r Start) bool {
	if r.Code == "" {
		return !c.Chosen && (r.Digits == 0 || r.Digits == c.Digits)
	}
	digest, _ := k.digest(c.KeyVersion, c.Key, string(r.Code))
	return subtle.ConstantTimeCompare(digest, c.Code) == 1
}
