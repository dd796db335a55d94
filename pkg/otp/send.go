package otp

import (
	"context"
	"crypto/subtle"
	"fmt"
)

// Send sends a code for a scenario, which r.ID stands for; each call is a message
// of its own. While a code is live it is that code which goes out again, with the
// attempts that it has left and at the end of its lifetime at the same time. Where
// another code or number of digits is asked for, a new one replaces it, with the
// attempts that it had left, or fewer where the policy is stricter by now, and a
// lifetime of its own. Outcomes are those of [Issuer.Init] without Inconsistent. An
// error means that the outcome is not known.
func (i Issuer) Send(ctx context.Context, r Start) (Started, error) {
	now, keys := MillisOf(i.Now()), i.Keys.Keys(ctx)
	c, err := i.fresh(keys, r, now)
	if err != nil {
		return Started{}, err
	}
	w, err := i.Challenges.Reserve(ctx, c, nil, now)
	if err != nil {
		return Started{}, fmt.Errorf("reserve: %w", err)
	}
	if mine(w, c) {
		return i.send(ctx, keys, c, i.post(keys, c, r, now))
	}
	old := *w.Item
	if !keys.holds(old.KeyVersion) {
		keys = i.Keys.Newer(ctx, old.KeyVersion)
	}
	switch {
	case old.Lease > now:
		return Started{Outcome: InProgress}, nil
	case keys.retired(old.KeyVersion) || !old.live(now):
		c, answer, err := i.restart(ctx, c, old, now)
		if err != nil || answer.Outcome != "" {
			return answer, err
		}
		return i.send(ctx, keys, c, i.post(keys, c, r, now))
	case !keys.holds(old.KeyVersion):
		return Started{}, unknownVersion(old.KeyVersion)
	case !keys.serves(old, r):
		return i.replace(ctx, keys, c, old, r, now)
	}
	claim := Claim{Key: c.Key, Owner: c.Owner, Lease: c.Lease, Now: now}
	answer, err := i.again(ctx, keys, claim, func(keys *Keys, _ Challenge) (post, error) {
		return i.post(keys, c, r, now), nil // counted under this call's own seed
	})
	switch answer.Outcome {
	case Unknown, Used, Expired, Locked: // since it was looked at: the next call makes a new one
		return Started{Outcome: InProgress}, err
	}
	return answer, err
}

// live reports whether somebody may still use the code.
func (c Challenge) live(now Millis) bool {
	return (c.State == Delivered || c.State == MaybeDelivered) && c.ExpiresAt > now && !c.passed() && c.Attempts < c.Max
}

// serves reports whether the code of a challenge is what r asks for.
func (k *Keys) serves(c Challenge, r Start) bool {
	if r.Code == "" {
		return r.Digits == 0 || r.Digits == c.Digits
	}
	digest, _ := k.digest(c.KeyVersion, c.Key, string(r.Code))
	return subtle.ConstantTimeCompare(digest, c.Code) == 1
}

// replace puts a new code in the place of a live one. The message is counted
// first: a send that a limit refuses leaves the code alone that somebody has.
func (i Issuer) replace(ctx context.Context, keys *Keys, c, old Challenge, r Start, now Millis) (Started, error) {
	p := i.post(keys, c, r, now)
	wait, refusal, err := i.spend(ctx, p)
	if err != nil || refusal != "" {
		return Started{Outcome: refusal, Wait: wait}, err
	}
	// Guesses at both codes count together, and more than the old one had left are never
	// given. Where fewer are allowed by now and those are used, the last one stays: a code
	// that cannot pass is of no use to anybody.
	c.Attempts, c.Max = old.Attempts, min(old.Max, max(c.Max, old.Attempts+1))
	_, answer, err := i.restart(ctx, c, old, now)
	if err != nil {
		return Started{}, err
	}
	if answer.Outcome != "" { // guessed at or sent again meanwhile
		return answer, i.refund(ctx, p, p.ledgers)
	}
	answer, err = i.first(ctx, keys, c, p)
	if answer.Outcome == Undeliverable { // nothing went out: who has the old code may use it
		ctx, cancel := outlive(ctx)
		defer cancel()
		c.State, c.Lease, old.Lease = Failed, 0, now
		if _, err := i.Challenges.Reserve(ctx, old, &c, MillisOf(i.Now())); err != nil {
			return Started{}, fmt.Errorf("put the old code back: %w", err)
		}
	}
	return answer, err
}
