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
	// Outcome is [otp.Passed], [otp.Unmatched], [otp.Exhausted] with the guess that locks the password, or
	// [otp.Locked].
	Outcome otp.Outcome
	Left    int           // guesses before the next lock, with Unmatched
	Wait    time.Duration // until the lock ends, with Exhausted and Locked
	Why     string        // why no guess could pass, for the operator alone; "" if one could
}

// Guess evaluates a password that somebody typed. Its count is one conditional write, before it is evaluated; a right
// one takes a second write, which begins anew. A number whose password was removed meanwhile, or whose user was
// blocked, takes as many reads and writes and as long, and its answer is that of a wrong password. An error means that
// a guess may be counted.
func (a *Accounts) Guess(ctx context.Context, ref string, password Clear) (Checked, error) {
	k, key, ok := parseRef(ref)
	if !ok {
		return Checked{}, errors.New("passwords: the challenge names no password")
	}
	g, err := a.count(ctx, k, key)
	if err != nil {
		return Checked{}, err
	}
	if g.locked > 0 {
		return Checked{Outcome: otp.Locked, Wait: g.locked, Why: g.why}, nil
	}
	right, err := a.right(ctx, g, password)
	switch {
	case err != nil:
		return Checked{}, err
	case right:
		if err := a.anew(ctx, k, key, g, password); err != nil {
			return Checked{}, err
		}
		return Checked{Outcome: otp.Passed}, nil
	case g.left() == 0:
		return Checked{Outcome: otp.Exhausted, Wait: g.lockedUntil().Sub(g.Last), Why: g.why}, nil
	}
	return Checked{Outcome: otp.Unmatched, Left: g.left(), Why: g.why}, nil
}

// counted is a guess that is counted and not evaluated yet.
type counted struct {
	secret        // as it is with this guess
	digest digest // to evaluate the guess by
	pepper []byte // nil: whatever was typed is wrong
	why    string // then
	locked time.Duration
}

// count counts a guess, unless the password is locked. A password that cannot be used for now is counted like any
// other. Where there is none, the document is written as it is, since the time of a write can be seen.
func (a *Accounts) count(ctx context.Context, k Kind, key string) (g counted, err error) {
	op, now := a.op(), a.now()
	err = a.edit(ctx, key, func(acc *account) (bool, error) {
		standing, err := a.standing(ctx, clientOf(key), *acc)
		if err != nil {
			return false, err
		}
		s := *acc.of(k)
		if s == nil {
			g = counted{secret: secret{Wrong: 1}, why: acc.against(k, standing, digest{}, nil)}
			return acc.stored, nil
		}
		g = counted{}
		if g.digest, g.pepper, err = a.usable(ctx, s); err != nil {
			return false, err
		}
		if g.why = acc.against(k, standing, g.digest, g.pepper); g.why != "" {
			g.pepper = nil
		}
		did := s.Op != op && s.count(op, now) // a write of this call whose answer was lost has its op
		if s.Op != op {
			g.locked = s.lockedUntil().Sub(now)
		}
		g.secret = *s
		return did, nil
	})
	return g, err
}

// right evaluates a guess. It takes as long where nothing can be right.
func (a *Accounts) right(ctx context.Context, g counted, password Clear) (right bool, err error) {
	d := g.digest
	if g.pepper == nil {
		d = digest{Cost: a.Cost, salt: make([]byte, saltSize)}
	}
	err = a.evaluate(ctx, func() { right = d.is(password, g.pepper) && g.pepper != nil })
	return right, err
}

// anew stores that a guess was right. If the digest is of another pepper or cost than those of today, it is made anew.
func (a *Accounts) anew(ctx context.Context, k Kind, key string, guessed counted, password Clear) (err error) {
	renewed := guessed.Digest
	if version, _ := a.Keys.Pepper(ctx); version != guessed.digest.pepper || guessed.digest.Cost != a.Cost {
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
