package password

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/pkg/otp"
)

// Checked is the answer to a guess.
type Checked struct {
	// Outcome is [otp.Passed], [otp.Unmatched], [otp.Exhausted] with the guess that locks the password, or [otp.Locked].
	Outcome otp.Outcome
	Left    int           // guesses before the next lock, with Unmatched
	Wait    time.Duration // until the lock ends, with Exhausted and Locked
}

// Guess evaluates a password that somebody typed. Its count is one conditional write, before it is evaluated; a right
// one takes a second write, which begins anew. A number whose password was removed meanwhile, or whose user was
// blocked, takes as long, and its answer is that of a wrong password. An error means that a guess may be counted.
func (a *Accounts) Guess(ctx context.Context, ref string, password Clear) (Checked, error) {
	k, key, ok := parseRef(ref)
	if !ok {
		return Checked{}, errors.New("passwords: the challenge names no password")
	}
	s, locked, err := a.count(ctx, k, key)
	if err != nil {
		return Checked{}, err
	}
	if locked > 0 {
		return Checked{Outcome: otp.Locked, Wait: locked}, nil
	}
	right, err := a.right(ctx, s, password)
	switch {
	case err != nil:
		return Checked{}, err
	case right:
		if err := a.anew(ctx, k, key, *s, password); err != nil {
			return Checked{}, err
		}
		return Checked{Outcome: otp.Passed}, nil
	case s == nil:
		return Checked{Outcome: otp.Unmatched, Left: Guesses - 1}, nil
	case s.left() == 0:
		return Checked{Outcome: otp.Exhausted, Wait: s.lockedUntil().Sub(s.Last)}, nil
	}
	return Checked{Outcome: otp.Unmatched, Left: s.left()}, nil
}

// count counts a guess, and returns the password as it is then, nil if there is none, or how long it is locked.
func (a *Accounts) count(ctx context.Context, k Kind, key string) (s *secret, locked time.Duration, err error) {
	op, now := a.op(), a.now()
	err = a.edit(ctx, key, func(acc *account) (bool, error) {
		good, err := a.good(ctx, clientOf(key), *acc)
		s, locked = *acc.of(k), 0
		if _, usable := a.usable(ctx, s); !usable || !good {
			s = nil
		}
		switch {
		case err != nil || s == nil:
			return false, err
		case s.Op == op: // this call's own write, whose answer was lost
			return false, nil
		case s.count(op, now):
			return true, nil
		}
		locked = s.lockedUntil().Sub(now)
		return false, nil
	})
	return s, locked, err
}

// right evaluates a guess. It takes as long where there is no password.
func (a *Accounts) right(ctx context.Context, s *secret, password Clear) (right bool, err error) {
	d, usable := a.usable(ctx, s)
	pepper := a.Keys.PepperOf(ctx, d.pepper)
	if !usable {
		d, pepper = digest{Cost: a.Cost, salt: make([]byte, saltSize)}, nil
	}
	err = a.evaluate(ctx, func() { right = d.is(password, pepper) && usable })
	return right, err
}

// anew stores that a guess was right. If the digest is of another pepper or cost than those of today, it is made anew.
func (a *Accounts) anew(ctx context.Context, k Kind, key string, guessed secret, password Clear) error {
	renewed := guessed.Digest
	d, err := parseDigest(renewed)
	if err != nil {
		return err
	}
	if version, _ := a.Keys.Pepper(ctx); version != d.pepper || d.Cost != a.Cost {
		if renewed, err = a.digest(ctx, password); err != nil {
			return err
		}
	}
	err = a.edit(ctx, key, func(acc *account) (bool, error) {
		s := *acc.of(k)
		if s == nil || s.Digest != guessed.Digest { // cleared or set meanwhile
			return false, nil
		}
		s.Digest, s.Wrong, s.Last, s.Op = renewed, 0, time.Time{}, ""
		return true, nil
	})
	if err != nil {
		return fmt.Errorf("after a right guess: %w", err)
	}
	return nil
}

// digest makes the digest of a password under the pepper in force.
func (a *Accounts) digest(ctx context.Context, password Clear) (text string, err error) {
	version, pepper := a.Keys.Pepper(ctx)
	if version == 0 {
		return "", errors.New("passwords: the keyring has no pepper: make one with countersign keys rotate pepper")
	}
	var d digest
	var failed error
	if err := a.evaluate(ctx, func() { d, failed = newDigest(password, a.Cost, version, pepper, a.Rand) }); err != nil {
		return "", err
	}
	return d.String(), failed
}

// now returns the time in the precision of documents.
func (a *Accounts) now() time.Time { return a.Now().UTC().Truncate(time.Millisecond) }
