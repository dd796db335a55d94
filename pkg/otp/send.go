package otp

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
)

// Send sends a code for a scenario, which r.ID stands for. Each call is a message
// of its own. It sends the live code again, which keeps its used attempts and the
// end of its lifetime. If another code, number of digits or payment is asked for, a new code
// replaces the live one: it has a lifetime of its own, and the attempts that the old
// one had left, or fewer if the policy is stricter by now.
//
// A code that the client chose never takes the place of a live one that the service
// made, see [Challenge.yieldsTo]: then the outcome is TooSoon. Outcomes are those of
// [Issuer.Init] without Inconsistent. An error means that the outcome is not known.
func (i Issuer) Send(ctx context.Context, r Start) (Started, error) {
	s := i.begin(ctx, r)
	s.Fingerprinted = nil // nothing is a repeat, see [Keys.OfSend]
	c, err := s.challenge()
	if err != nil {
		return Started{}, err
	}
	c.Source = nil // others may ask for the same code: the guess has the source
	old, err := s.reserveNew(ctx, c)
	switch {
	case err != nil:
		return Started{}, err
	case old.Owner == c.Owner: // there was none
		return s.first(ctx, c)
	case old.Lease > s.at:
		return Started{Outcome: InProgress}, nil
	}
	s.keys = s.keysFor(ctx, old.KeyVersion)
	over := s.keys.retired(old.KeyVersion) || old.Ended(s.at) != ""
	switch {
	case r.Refusal != "" && (!over || old.Result == r.Refusal && old.ExpiresAt > s.at): // it is stored already
		return s.refusal(), nil
	case r.Refusal != "":
		if answer, err := s.restart(ctx, c, old); err != nil || answer.Outcome != "" {
			return answer, err
		}
		return s.first(ctx, c)
	case over:
	case !old.yieldsTo(r):
		return Started{Outcome: TooSoon, Wait: old.ExpiresAt.Sub(s.at)}, nil
	case !s.keys.holds(old.KeyVersion):
		return Started{}, unknownVersion(old.KeyVersion)
	}
	if !over {
		if answer := s.hopeless(ctx, old); answer.Outcome != "" {
			return answer, nil
		}
	}
	return s.countThenTake(ctx, c, old, over)
}

// countThenTake sends for a scenario that has a challenge. The message is counted before the challenge is taken, so a
// call that a limit refuses keeps no other call from it: anybody may ask, and the limits may allow the message of a
// known source only.
func (s *sending) countThenTake(ctx context.Context, c, old Challenge, over bool) (Started, error) {
	answer, err := s.count(ctx, c)
	switch {
	case err != nil:
		return Started{}, err
	case answer.Outcome != "" && over:
		return s.refused(ctx, c, old, answer)
	case answer.Outcome != "":
		return answer, nil
	case over:
		return s.start(ctx, c, old)
	case s.keys.serves(old, s.Start):
		return s.sendAgain(ctx, c)
	}
	return s.replace(ctx, c, old)
}

// refused stores that a limit refused the message, in place of a challenge that is over. It stores nothing if an
// earlier call did for this reason or a later one of overLimits, as long as a code would live: many such calls, with
// now one reason and now another, would keep all others from the challenge.
func (s *sending) refused(ctx context.Context, c, old Challenge, answer Started) (Started, error) {
	before, now := slices.Index(overLimits, old.Result), slices.Index(overLimits, answer.Outcome)
	if old.State == Failed && before >= now && old.ExpiresAt > s.at {
		return answer, nil
	}
	c.State, c.Result, c.Lease, c.Guard = Failed, answer.Outcome, 0, []byte(s.tag)
	if _, err := s.restart(ctx, c, old); err != nil {
		return Started{}, err
	}
	return answer, nil // another call may have been first: what it stored counts
}

// sendAgain sends the live code, whose message is counted.
func (s *sending) sendAgain(ctx context.Context, c Challenge) (Started, error) {
	live, answer, err := s.claim(ctx, Claim{Key: c.Key, Owner: c.Owner})
	switch {
	case err != nil:
		return Started{}, errors.Join(err, s.refund(ctx))
	case answer.Outcome != "": // used or locked since it was found live, or another call sends it
		return s.unsent(ctx, Started{Outcome: InProgress})
	}
	if s.keys = s.keysFor(ctx, live.KeyVersion); !s.keys.serves(live, s.Start) {
		// Another call replaced it meanwhile. The text of this call would show another payment and a wrong code.
		answer, err := s.unsent(ctx, Started{Outcome: InProgress})
		return s.settle(ctx, unchanged(live), answer, err)
	}
	return s.claimed(ctx, live)
}

// start puts c, whose message is counted, in the place of a challenge that is over, and sends it. A call that a limit
// refused may have put another one there that is over: it must not end this one, or nobody's message would go out.
func (s *sending) start(ctx context.Context, c, old Challenge) (Started, error) {
	answer := Started{Outcome: InProgress}
	for range startTries {
		stored, err := s.reserve(ctx, c, &old)
		switch {
		case err != nil:
			return Started{}, errors.Join(err, s.refund(ctx))
		case stored.Owner == c.Owner:
			return s.firstCounted(ctx, c)
		case stored.Lease > s.at || stored.Ended(s.at) == "":
			return s.unsent(ctx, answer)
		}
		old = stored
	}
	return s.unsent(ctx, answer)
}

// overLimits are the reasons for which a limit refuses a message, in the order in which they are stored.
var overLimits = []Outcome{TooSoon, TooMany, OverBlock, OverCountry, OverClient, OverSource}

// startTries is more than the reasons in overLimits, each of which is stored once.
const startTries = 7

// instead puts c, whose message is counted, in the place of old, and sends it.
func (s *sending) instead(ctx context.Context, c, old Challenge) (Started, error) {
	answer, err := s.restart(ctx, c, old)
	switch {
	case err != nil:
		return Started{}, errors.Join(err, s.refund(ctx))
	case answer.Outcome != "": // guessed at or sent again meanwhile
		return s.unsent(ctx, answer)
	}
	return s.firstCounted(ctx, c)
}

// replace puts the new code of c in the place of a live one. The message is counted, so a send that a limit refuses
// leaves the live code as it is.
func (s *sending) replace(ctx context.Context, c, old Challenge) (Started, error) {
	// Guesses at both codes count together, and the new code gives no more of them than
	// the old one had left. If a stricter limit is already used up, one attempt remains:
	// a code that cannot pass is of no use to anybody.
	c.Attempts, c.Max = old.Attempts, min(old.Max, max(c.Max, old.Attempts+1))
	answer, err := s.instead(ctx, c, old)
	if err == nil && answer.Outcome == Undeliverable { // nothing went out: the old code may still be used
		ctx, cancel := Outlive(ctx, SettleTime)
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
// other one. The answer is the same if both codes are equal, or it would confirm a guess without using an attempt. The
// operator, and not the client, chose the code of a test number: it yields, and others yield to it.
func (c Challenge) yieldsTo(r Start) bool { return r.Code == "" || c.Chosen || c.Test || r.Test.Is() }

// OfSend reports whether [Issuer.Send] made a challenge: unlike that of an init, its fingerprint is that of no fields.
func (k *Keys) OfSend(c Challenge) bool {
	none, err := k.fingerprint(c.KeyVersion, nil)
	return err == nil && bytes.Equal(none, c.Fingerprint)
}

// serves reports whether the code of a challenge is what r asks for. If r asks for a code that the service makes, a
// chosen one is not: whoever chose it need not have the phone. Nor is the code of a test number that is one no more,
// nor that of another payment.
func (k *Keys) serves(c Challenge, r Start) bool {
	code := r.given()
	switch {
	case c.Chosen != (r.Code != ""), c.Test != r.Test.Is():
		return false
	case code == "" && r.Digits != 0 && r.Digits != c.Digits:
		return false
	case code == "":
		var err error
		if code, err = k.generate(c.KeyVersion, c.Key, c.Seed, c.Digits, r.Payment); err != nil {
			return false
		}
	}
	digest, _ := k.digest(c.KeyVersion, c.Key, string(code), r.Payment)
	return subtle.ConstantTimeCompare(digest, c.Code) == 1
}
