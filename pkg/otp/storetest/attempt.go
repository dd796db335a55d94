package storetest

import (
	"reflect"
	"testing"

	"countersign/pkg/otp"
)

// testAttempt evaluates guesses.
func testAttempt(t *testing.T, o Opener) {
	run(t, o, cases{
		{"each edge of the condition", attemptEdges},
		{"versions, ids and operations are compared whole", attemptComparesWhole},
		{"a guess may ask for a recent message", attemptSentAfter},
	})
}

// attemptEdges makes an attempt at each edge of the condition.
func attemptEdges(t *testing.T, o Opener) {
	s := o.Open(t)
	guess := otp.Guess{AuthID: challenge("").AuthID, KeyVersion: 1, Digest: bytes32(7), Op: "op-1", Now: now}

	for name, test := range map[string]struct {
		item  func(*otp.Challenge)
		guess func(*otp.Guess)
	}{
		"failed":              {func(c *otp.Challenge) { c.State = otp.Failed }, nil},
		"reserved":            {func(c *otp.Challenge) { c.State = otp.Reserved }, nil},
		"no attempts left":    {func(c *otp.Challenge) { c.Attempts = c.Max }, nil},
		"expired now":         {func(c *otp.Challenge) { c.ExpiresAt = now }, nil},
		"passed":              {func(c *otp.Challenge) { c.Guess = c.Code }, nil},
		"same operation":      {func(c *otp.Challenge) { c.Op = "op-1" }, nil},
		"another key version": {nil, func(g *otp.Guess) { g.KeyVersion = 2 }},
		"another AuthID":      {nil, func(g *otp.Guess) { g.AuthID += "0" }},
	} {
		t.Run(name, func(t *testing.T) {
			c, g := challenge("C#demo#"+name), guess
			c.State = otp.Delivered
			if test.item != nil {
				test.item(&c)
			}
			if g.Key = c.Key; test.guess != nil {
				test.guess(&g)
			}
			put(t, s, c)
			w, err := s.Attempt(ctx, g)
			applied(t, w, err, false, &c)
		})
	}
	t.Run("nothing there", func(t *testing.T) {
		g := guess
		g.Key = "C#demo#none"
		w, err := s.Attempt(ctx, g)
		applied(t, w, err, false, nil)
		if w.Item != nil || stored(t, s, g.Key) != nil {
			t.Error("an attempt at an unknown challenge made an item")
		}
	})
	for name, authID := range map[string]string{"with its AuthID": guess.AuthID, "with any AuthID": ""} {
		t.Run(name, func(t *testing.T) {
			c, g := challenge("C#demo#"+name), guess
			c.State = map[string]otp.State{"": otp.Delivered, guess.AuthID: otp.MaybeDelivered}[authID]
			g.Key, g.AuthID = c.Key, authID
			c.ExpiresAt = now + 1
			put(t, s, c)
			want := c
			want.Guess, want.Op, want.Attempts = g.Digest, g.Op, 1
			w, err := s.Attempt(ctx, g)
			applied(t, w, err, true, &want)
			if got := stored(t, s, c.Key); !reflect.DeepEqual(got, &want) {
				t.Errorf("stored\n%+v\nwant\n%+v", got, want)
			}
		})
	}
}

func attemptComparesWhole(t *testing.T, o Opener) {
	s := o.Open(t)
	c := challenge("C#demo#1")
	c.State, c.KeyVersion, c.Op = otp.Delivered, 2, "OP-0"
	put(t, s, c)
	for _, g := range []otp.Guess{
		{KeyVersion: 1}, {KeyVersion: 3},
		{KeyVersion: 2, AuthID: c.AuthID[:8]}, {KeyVersion: 2, AuthID: "%"}, {KeyVersion: 2, User: "token#demo#1"},
	} {
		g.Key, g.Digest, g.Op, g.Now = c.Key, bytes32(7), "op-1", now
		w, err := s.Attempt(ctx, g)
		applied(t, w, err, false, &c)
	}
	w, err := s.Attempt(ctx, otp.Guess{Key: c.Key, KeyVersion: 2, Digest: bytes32(7), Op: "op-0", Now: now})
	applied(t, w, err, true, nil)
}

func attemptSentAfter(t *testing.T, o Opener) {
	s := o.Open(t)
	c := challenge("C#demo#age")
	c.State, c.Max = otp.Delivered, 9
	put(t, s, c)
	guess := func(op string, after otp.Millis) otp.Guess {
		return otp.Guess{Key: c.Key, KeyVersion: c.KeyVersion, Digest: bytes32(7), Op: op, Now: now, SentAfter: after}
	}
	w, err := s.Attempt(ctx, guess("1", c.SentAt-1))
	applied(t, w, err, true, nil)
	w, err = s.Attempt(ctx, guess("2", c.SentAt))
	applied(t, w, err, false, nil)
	chosen := c
	chosen.Key, chosen.Chosen = "C#demo#chosen", true
	put(t, s, chosen)
	c = chosen
	w, err = s.Attempt(ctx, guess("3", c.SentAt))
	applied(t, w, err, true, nil)
}
