package otp

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"time"
)

// Verifier checks codes. All fields are required. It holds no state of its own
// and is safe for concurrent use.
type Verifier struct {
	Challenges Challenges
	Keys       *Keys
	Now        func() time.Time
	Rand       io.Reader // crypto/rand.Reader, or a test's own
}

// Check is a code to be checked. The contract has made sure that Code is ASCII
// digits; any number of them is evaluated.
type Check struct {
	Client string
	ID     string
	AuthID string // "" when the contract has none
	Code   Code
}

// Checked is the answer to a [Check].
type Checked struct {
	Outcome Outcome
	Left    int // attempts left, with Unmatched
}

// Verify spends one attempt on a challenge and says whether the code is right.
// It is one write, whatever the outcome. An error means that the outcome is not
// known; an attempt may have been used, and a right code may have passed.
func (v Verifier) Verify(ctx context.Context, r Check) (Checked, error) {
	var op [16]byte
	if _, err := io.ReadFull(v.Rand, op[:]); err != nil {
		return Checked{}, fmt.Errorf("random bytes: %w", err)
	}
	g := Guess{
		Key:        ChallengeKey(r.Client, r.ID),
		AuthID:     r.AuthID,
		KeyVersion: v.Keys.newest,
		Op:         id(op[:]),
		Now:        MillisOf(v.Now()),
	}
	w, err := v.attempt(ctx, &g, r.Code)
	if err == nil && w.Item != nil && w.Item.KeyVersion != g.KeyVersion {
		// Made before the keys were rotated: once more, with its own key.
		g.KeyVersion = w.Item.KeyVersion
		w, err = v.attempt(ctx, &g, r.Code)
	}
	if err != nil {
		return Checked{}, fmt.Errorf("attempt: %w", err)
	}
	return judge(w, g)
}

// attempt writes the guess under the key version that g names. A version that
// is no longer held has no challenges.
func (v Verifier) attempt(ctx context.Context, g *Guess, code Code) (Write, error) {
	var ok bool
	if g.Digest, ok = v.Keys.digest(g.KeyVersion, g.Key, string(code)); !ok {
		return Write{}, nil
	}
	return v.Challenges.Attempt(ctx, *g)
}

// judge reads the outcome off what the write came back with.
func judge(w Write, g Guess) (Checked, error) {
	c := w.Item
	switch {
	case c == nil, c.State == Failed, c.State == Reserved, g.AuthID != "" && g.AuthID != c.AuthID:
		return Checked{Outcome: Unknown}, nil
	case w.Applied || c.Op == g.Op: // the latter: my own write, its first answer was lost
		switch left := c.Max - c.Attempts; {
		case c.passed():
			return Checked{Outcome: Passed}, nil
		case left > 0:
			return Checked{Outcome: Unmatched, Left: left}, nil
		default:
			return Checked{Outcome: Exhausted}, nil
		}
	case c.passed():
		return Checked{Outcome: Used}, nil
	case c.ExpiresAt <= g.Now:
		return Checked{Outcome: Expired}, nil
	case c.Attempts >= c.Max:
		return Checked{Outcome: Locked}, nil
	}
	return Checked{}, errors.New("attempt: refused for no reason that the challenge shows")
}

// passed reports whether the latest guess is the code.
func (c Challenge) passed() bool { return subtle.ConstantTimeCompare(c.Guess, c.Code) == 1 }

// id spells random bytes as text.
func id(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
