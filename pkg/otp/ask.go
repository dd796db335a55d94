package otp

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"
)

// Ask asks for a challenge that a password of the user passes.
type Ask struct {
	Client        string
	ID            string   // idempotency key, unique per client; that of [Start] is of the same space
	Fingerprinted []string // the fields that must be the same whenever ID comes again
	Password      string   // reference of the password that is asked for
	Mask, Region  string   // of the number whose password it is
	Test          bool     // it is a test number
	Policy        Policy   // for the lifetime of the challenge
	Refusal       Outcome  // if it is set, the challenge is stored as failed with this outcome
}

// Ask makes a challenge without a code: nothing is sent, and no limit of messages counts it. It takes one write. A
// repeat returns the answer of the first call. Outcomes are AskedPassword, the Refusal, Inconsistent and, where another
// call sends a code for the same id, InProgress.
func (i Issuer) Ask(ctx context.Context, r Ask) (Started, error) {
	s := i.begin(ctx, Start{Client: r.Client, ID: r.ID, Policy: r.Policy})
	c, err := s.question(r)
	if err != nil {
		return Started{}, err
	}
	stored, err := s.reserve(ctx, c, nil)
	if err != nil || stored.Owner == c.Owner {
		return asked(c), err
	}
	keys := s.keysFor(ctx, stored.KeyVersion)
	switch {
	case !keys.retired(stored.KeyVersion):
	case stored.AuthID == c.AuthID: // for which a password was encrypted, maybe, that somebody captured
		return Started{Outcome: Inconsistent}, nil
	default: // what is stored is worth nothing without its key
		answer, err := s.restart(ctx, c, stored)
		if err != nil || answer.Outcome != "" {
			return answer, err
		}
		return asked(c), nil
	}
	fingerprint, err := keys.fingerprint(stored.KeyVersion, r.Fingerprinted)
	switch {
	case err != nil:
		return Started{}, err
	case !bytes.Equal(fingerprint, stored.Fingerprint):
		return Started{Outcome: Inconsistent}, nil
	}
	return asked(stored), nil
}

// question makes the challenge that an Ask asks for. It is not stored yet.
func (s *sending) question(r Ask) (Challenge, error) {
	c, err := s.blank(r.ID, r.Fingerprinted)
	if err != nil {
		return Challenge{}, err
	}
	c.State, c.User, c.Lease = Asked, r.Password, 0
	c.Mask, c.Region, c.Test = r.Mask, r.Region, r.Test
	c.Encrypted, c.Code = []byte(none), c.Fingerprint
	if r.Refusal != "" {
		c.State, c.Result = Failed, r.Refusal
	}
	return c, nil
}

// asked returns the answer to an Ask.
func asked(c Challenge) Started {
	if c.State == Failed {
		return Started{Outcome: c.Result}
	}
	return Started{Outcome: AskedPassword, AuthID: c.AuthID, Password: c.User}
}

// asks reports whether a password may pass the challenge.
func (c Challenge) asks(now Millis) bool { return c.State == Asked && !c.Passed() && c.ExpiresAt > now }

// Asking is a challenge that asks for a password.
type Asking struct {
	Reported
	Marks
	Password string // reference of the password
	c        Challenge
}

// Asking returns the challenge under an id, with one read. The outcome is "" if a password may pass it, else Unknown,
// Used or Expired, and only Unknown has no challenge. authID must be that of the challenge.
func (v Verifier) Asking(ctx context.Context, client, id, authID string) (Asking, Outcome, error) {
	c, err := v.Challenges.Challenge(ctx, ChallengeKey(client, id))
	switch {
	case err != nil:
		return Asking{}, "", fmt.Errorf("read the challenge: %w", err)
	case c == nil || c.State != Asked || c.AuthID != authID:
		return Asking{}, Unknown, nil
	case c.Passed():
		return Asking{c.Reported, c.Marks, c.User, *c}, Used, nil
	case c.ExpiresAt <= MillisOf(v.Now()):
		return Asking{c.Reported, c.Marks, c.User, *c}, Expired, nil
	}
	return Asking{c.Reported, c.Marks, c.User, *c}, "", nil
}

// Pass stores that the right password was typed, with one conditional write: of any number of calls at once, one is
// Passed, and the others are Used.
func (v Verifier) Pass(ctx context.Context, a Asking) (Outcome, error) {
	now := MillisOf(v.Now())
	op, err := newOp(now, v.Rand)
	if err != nil {
		return "", err
	}
	passed := a.c
	passed.Owner, passed.Op, passed.Guess = op, op, a.c.Code
	w, err := v.Challenges.Reserve(ctx, passed, &a.c, now)
	switch {
	case err != nil:
		return "", fmt.Errorf("pass the challenge: %w", err)
	case w.ownedBy(op):
		return Passed, nil
	case w.Item.State == Asked && w.Item.AuthID == a.c.AuthID:
		return Used, nil
	}
	return Unknown, nil
}

// Proved reports whether somebody with this number typed a right code of a client's challenge, at most so long ago. A
// code that the client chose proves nothing: no phone is needed to type it. Nor does one of a payment.
func (i Issuer) Proved(ctx context.Context, client, authID string, to Phone, ago time.Duration) (bool, error) {
	c, err := i.ofAuthID(ctx, client, authID)
	return i.proof(c, ago) && i.went(ctx, *c, to), err
}

// ForPassword returns, with one read, what a client encrypts a password for: AskedPassword and the reference for a live
// challenge that asks for one, AskedPassword and no reference for a code that proves a number, see [Issuer.Proved], and
// Unknown for any other challenge.
func (i Issuer) ForPassword(ctx context.Context, client, authID string, ago time.Duration) (Started, error) {
	c, err := i.ofAuthID(ctx, client, authID)
	switch {
	case err != nil:
		return Started{}, err
	case i.proof(c, ago):
		return Started{Outcome: AskedPassword}, nil
	case c == nil || !c.asks(MillisOf(i.Now())):
		return Started{Outcome: Unknown}, nil
	}
	return Started{Outcome: AskedPassword, Password: c.User}, nil
}

// ofAuthID returns the challenge with an authenticationId, nil for none.
func (i Issuer) ofAuthID(ctx context.Context, client, authID string) (*Challenge, error) {
	key := KeyOfAuthID(client, authID)
	if key == "" {
		return nil, nil
	}
	c, err := i.Challenges.Challenge(ctx, key)
	if err != nil {
		return nil, fmt.Errorf("read the challenge: %w", err)
	}
	if c != nil && c.AuthID != authID {
		return nil, nil
	}
	return c, nil
}

// proof reports whether a challenge sent a code that came back at most so long ago.
func (i Issuer) proof(c *Challenge, ago time.Duration) bool {
	now := MillisOf(i.Now())
	return c != nil && (c.State == Delivered || c.State == MaybeDelivered) && c.Passed() && (!c.Chosen || c.Test) &&
		c.GuessedAt() > now.Add(-ago) && c.GuessedAt() <= now.Add(clockSkew)
}

// went reports whether the code of a challenge is that of a number, and of no payment: such a code confirms nothing but
// its payment. The challenge of a test number has no ledger.
func (i Issuer) went(ctx context.Context, c Challenge, to Phone) bool {
	of, _, payment, err := i.begin(ctx, Start{}).keysFor(ctx, c.KeyVersion).decrypt(c)
	return err == nil && of == to && payment.None() &&
		(c.Test || slices.Contains(i.Keys.Keys(ctx).LedgerKeys(c.Client, to), c.LedgerKey))
}

// clockSkew is how far the clocks of two processes may be apart.
const clockSkew = time.Minute
