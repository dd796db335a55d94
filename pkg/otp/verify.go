package otp

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"
)

// Verifier checks codes. All fields but Users are required. It holds no state of its
// own and is safe for concurrent use.
type Verifier struct {
	Challenges Challenges
	Keys       Keyring
	Users      Users // nil if no challenge has a user
	Now        func() time.Time
	Rand       io.Reader // crypto/rand.Reader, or a test's own
}

// Users is the directory of the users of challenges.
type Users interface {
	// Standing returns why a user is refused ([BadToken], [NoUser] or [Blocked]), or ""
	// for a user who may pass. user is the reference in [Start].
	Standing(ctx context.Context, user string) (Outcome, error)
}

// Check is a code to be checked. The contract has made sure that Code is ASCII
// digits; any number of them is evaluated.
type Check struct {
	Client string
	ID     string
	AuthID string // "" when the contract has none
	Code   Code
	// Payment is what the caller confirms with the code, zero for none: another one than that of the challenge is a
	// wrong guess.
	Payment Payment
	// MaxAge bounds the age of the latest message, unless the client chose the code; 0
	// means any age.
	MaxAge time.Duration
	// To is the number of a code of [Issuer.Send], and Source the source of the guess at it. A
	// To of "" is for a code of [Issuer.Init], whose source is that of the init.
	Source string
	To     Phone
}

// Checked is the answer to a [Check].
type Checked struct {
	Outcome Outcome
	Left    int // attempts left, with Unmatched
}

// Verify spends one attempt on a challenge and returns whether the code is right. It
// takes one write, whatever the outcome; two while the code key is rotated, and for a
// challenge that has a user. An error means that the outcome is not known: an attempt
// may have been used, and a right code may have passed.
func (v Verifier) Verify(ctx context.Context, r Check) (Checked, error) {
	now := MillisOf(v.Now())
	op, err := newOp(now, v.Rand)
	if err != nil {
		return Checked{}, err
	}
	keys := v.Keys.Keys(ctx)
	g := Guess{
		Key:        ChallengeKey(r.Client, r.ID),
		AuthID:     r.AuthID,
		KeyVersion: keys.newest,
		Op:         op,
		Now:        now,
		Source:     keys.Source(r.Client, r.To, r.Source),
		KeepSource: r.To == "",
	}
	if r.MaxAge > 0 {
		g.SentAfter = g.Now.Add(-r.MaxAge)
	}
	// The first write is for most challenges: those of the newest key, without a user.
	// For others it is refused with the item, and the second write is made from the item.
	// A third is needed only if the challenge is replaced meanwhile.
	for range 3 {
		g.Digest, _ = keys.digest(g.KeyVersion, g.Key, string(r.Code), r.Payment)
		w, err := v.Challenges.Attempt(ctx, g)
		if err != nil {
			return Checked{}, fmt.Errorf("attempt: %w", err)
		}
		c := w.Item
		if !guessable(c, g) {
			return Checked{Outcome: Unknown}, nil
		}
		if c.KeyVersion == g.KeyVersion && c.User == g.User {
			return judge(w, g)
		}
		if !keys.holds(c.KeyVersion) {
			keys = v.Keys.Newer(ctx, c.KeyVersion)
		}
		switch {
		case keys.retired(c.KeyVersion):
			return Checked{Outcome: Unknown}, nil
		case !keys.holds(c.KeyVersion):
			return Checked{}, unknownVersion(c.KeyVersion)
		}
		if against, err := v.standing(ctx, *c); err != nil || against != "" {
			return Checked{Outcome: against}, err
		}
		g.KeyVersion, g.User = c.KeyVersion, c.User
	}
	return Checked{}, errors.New("attempt: the challenge was replaced again and again")
}

// guessable reports whether there is such a challenge and its message was counted.
func guessable(c *Challenge, g Guess) bool {
	return c != nil && c.State != Failed && c.State != Reserved && c.State != Asked &&
		(g.AuthID == "" || g.AuthID == c.AuthID)
}

func (v Verifier) standing(ctx context.Context, c Challenge) (Outcome, error) {
	switch {
	case c.User == "":
		return "", nil
	case v.Users == nil:
		return "", errors.New("the challenge has a user, but Verifier.Users is nil")
	}
	against, err := v.Users.Standing(ctx, c.User)
	if err != nil {
		return "", fmt.Errorf("user: %w", err)
	}
	return against, nil
}

// judge returns the outcome of a write that the challenge's key and user allowed.
func judge(w Write, g Guess) (Checked, error) {
	c := w.Item
	if w.Applied || c.Op == g.Op { // the latter: its own first try, whose answer was lost
		switch left := c.Max - c.Attempts; {
		case c.Passed():
			return Checked{Outcome: Passed}, nil
		case left > 0:
			return Checked{Outcome: Unmatched, Left: left}, nil
		default:
			return Checked{Outcome: Exhausted}, nil
		}
	}
	outcome := c.Ended(g.Now)
	if outcome != Used && !c.Chosen && c.SentAt <= g.SentAfter {
		outcome = Expired
	}
	if outcome == "" {
		return Checked{}, errors.New("attempt: refused for no reason that the challenge shows")
	}
	return Checked{Outcome: outcome}, nil
}

// idOf returns random bytes as text.
func idOf(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
