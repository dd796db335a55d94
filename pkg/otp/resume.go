package otp

import (
	"bytes"
	"context"
	"fmt"
)

// resume looks at what stands under the id of c, whose fields that count are
// counts. It returns the answer where there is one; without an Outcome it returns
// the challenge to go on with, which this call owns.
func (i Issuer) resume(ctx context.Context, keys *Keys, c, old Challenge, counts []string, now Millis) (Challenge, Started, error) {
	if !keys.holds(old.KeyVersion) {
		keys = i.Keys.Newer(ctx, old.KeyVersion)
	}
	if keys.retired(old.KeyVersion) { // and with it all that it stood for
		if old.Lease > now {
			return old, Started{Outcome: InProgress}, nil
		}
		return i.restart(ctx, c, old, now)
	}
	print, err := keys.fingerprint(old.KeyVersion, counts)
	switch {
	case err != nil:
		return old, Started{}, err
	case !bytes.Equal(print, old.Fingerprint):
		return old, Started{Outcome: Inconsistent}, nil
	case old.State == Delivered:
		return old, sent(old), nil
	case old.State == Failed:
		return old, Started{Outcome: old.Result}, nil
	case old.Lease > now:
		return old, Started{Outcome: InProgress}, nil
	case old.ExpiresAt <= now:
		return i.restart(ctx, c, old, now)
	default:
		return i.takeOver(ctx, c, old, now)
	}
}

// restart replaces a challenge that is over: it expired before its message was
// known to be sent, or its key was retired.
func (i Issuer) restart(ctx context.Context, c, old Challenge, now Millis) (Challenge, Started, error) {
	w, err := i.Challenges.Reserve(ctx, c, &old, now)
	switch {
	case err != nil:
		return c, Started{}, fmt.Errorf("reserve again: %w", err)
	case !mine(w, c):
		return c, Started{Outcome: InProgress}, nil // somebody else was first
	}
	return c, Started{}, nil
}

// takeOver goes on where another call crashed or stayed unclear, with the same
// code.
func (i Issuer) takeOver(ctx context.Context, c, old Challenge, now Millis) (Challenge, Started, error) {
	w, err := i.Challenges.TakeOver(ctx, TakeOver{
		Key: c.Key, From: old.Owner, Owner: c.Owner, Lease: c.Lease, Now: now,
	})
	switch {
	case err != nil:
		return c, Started{}, fmt.Errorf("take over: %w", err)
	case w.Item == nil || !mine(w, c):
		return c, Started{Outcome: InProgress}, nil // somebody else was first
	}
	return *w.Item, Started{}, nil
}

// mine reports whether a write made this call the owner: it was applied, or it is
// in its own way because its first answer was lost.
func mine(w Write, c Challenge) bool {
	return w.Applied || w.Item != nil && w.Item.Owner == c.Owner
}
