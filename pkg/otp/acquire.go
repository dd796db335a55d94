package otp

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
)

// acquire makes this call the owner of a challenge: no other call sends for it until
// the end of the lease. It is c, or the one that an earlier call with the same
// idempotency key left unfinished. If the answer has an Outcome, there is nothing to
// send.
func (s *sending) acquire(ctx context.Context, c Challenge, fields []string) (Challenge, Started, error) {
	stored, err := s.reserveNew(ctx, c)
	switch {
	case err != nil:
		return c, Started{}, err
	case stored.Owner == c.Owner:
		return c, s.refusal(), nil
	}
	return s.resume(ctx, c, stored, fields)
}

// reserveNew is reserve for a key that is mostly free. At the same time it reads what decides about the message, and
// reserves messages in the quota.
func (s *sending) reserveNew(ctx context.Context, c Challenge) (Challenge, error) {
	var waits []func()
	goes := s.To != "" && s.Refusal == "" && !c.Test // a message to a number that is known here
	if goes && s.Quota != nil && s.PerDay > 0 {
		if reserve := s.Quota.Stock(s.Client, s.PerDay); reserve != nil { // most messages have one at hand
			waits = append(waits, Beside(func() { reserve(ctx) }))
		}
	}
	if goes && s.Ahead != nil && s.Guard.On() {
		waits = append(waits, Beside(func() { s.look(ctx, s.guarded(c.Region, ""), "") }))
	}
	stored, err := s.reserve(ctx, c, nil)
	for _, wait := range waits {
		wait()
	}
	return stored, err
}

// reserve stores c, if its key is free or has the challenge over, and returns the
// challenge that is then stored there: c, or one of another owner.
func (s *sending) reserve(ctx context.Context, c Challenge, over *Challenge) (Challenge, error) {
	w, err := s.Challenges.Reserve(ctx, c, over, s.at)
	switch {
	case err != nil:
		return Challenge{}, fmt.Errorf("reserve: %w", err)
	case w.ownedBy(c.Owner):
		return c, nil
	}
	return *w.Item, nil
}

// resume decides how to continue if the idempotency key of c is taken by old. The
// challenge that it returns without an answer is the one that this call now owns: old,
// or c in its place.
func (s *sending) resume(ctx context.Context, c, old Challenge, fields []string) (Challenge, Started, error) {
	keys := s.keysFor(ctx, old.KeyVersion)
	retired := keys.retired(old.KeyVersion) // and old is worth nothing without its key
	if !retired {
		fingerprint, err := keys.fingerprint(old.KeyVersion, fields)
		switch {
		case err != nil:
			return old, Started{}, err
		case !bytes.Equal(fingerprint, old.Fingerprint):
			return old, Started{Outcome: Inconsistent}, nil
		case old.State == Delivered:
			return old, sent(old), nil
		case old.State == Failed:
			return old, Started{Outcome: old.Result, Guard: refusalOf(old)}, nil
		}
	}
	switch {
	case old.Lease > s.at:
		return old, Started{Outcome: InProgress}, nil
	case retired || old.ExpiresAt <= s.at:
		answer, err := s.restart(ctx, c, old)
		return c, answer, err
	}
	return s.takeOver(ctx, c, old)
}

// restart puts c in the place of a challenge that is over: it expired before its
// message was known to be sent, or its key was retired.
func (s *sending) restart(ctx context.Context, c, old Challenge) (Started, error) {
	stored, err := s.reserve(ctx, c, &old)
	if err == nil && stored.Owner != c.Owner { // another call was first
		return Started{Outcome: InProgress}, nil
	}
	return Started{}, err
}

// takeOver goes on where another call crashed or stayed unclear, with the same
// code.
func (s *sending) takeOver(ctx context.Context, c, old Challenge) (Challenge, Started, error) {
	w, err := s.Challenges.TakeOver(ctx, TakeOver{
		Key: c.Key, From: old.Owner, Owner: c.Owner, Lease: c.Lease, Now: s.at,
	})
	switch {
	case err != nil:
		return c, Started{}, fmt.Errorf("take over: %w", err)
	case w.Item == nil || !w.ownedBy(c.Owner):
		return c, Started{Outcome: InProgress}, nil // another call was first
	}
	s.id, s.resumes = SendID(w.Item.Seed, c.Owner), w.Item.State
	return *w.Item, Started{}, nil
}

// claim takes a live challenge, to send its code once more. It sets the Lease and
// Now of the claim.
func (s *sending) claim(ctx context.Context, claim Claim) (Challenge, Started, error) {
	claim.Lease, claim.Now = s.at.Add(Lease), s.at
	w, err := s.Challenges.Claim(ctx, claim)
	switch c := w.Item; {
	case err != nil:
		return Challenge{}, Started{}, fmt.Errorf("claim: %w", err)
	case c == nil:
		return Challenge{}, Started{Outcome: Unknown}, nil
	case w.ownedBy(claim.Owner):
		return *c, Started{}, nil
	case claim.AuthID != "" && claim.AuthID != c.AuthID:
		return Challenge{}, Started{Outcome: Unknown}, nil
	case c.asks(s.at):
		return Challenge{}, asked(*c), nil
	default: // if it is live, another call is sending it
		return Challenge{}, Started{Outcome: cmp.Or(c.Ended(s.at), InProgress)}, nil
	}
}

// ownedBy reports whether a write made owner the owner: the write was applied, or
// it met its own first try, whose answer was lost.
func (w Write) ownedBy(owner string) bool {
	return w.Applied || w.Item != nil && w.Item.Owner == owner
}
