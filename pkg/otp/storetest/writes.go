package storetest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"countersign/pkg/otp"
)

var ctx = context.Background()

// now lies far ahead, so that no engine's own TTL deletion finds an item to
// delete, whenever the tests run.
const now otp.Millis = 4_102_531_208_457 // 2100-01-02

// challenge returns a reserved challenge with every attribute set.
func challenge(key string) otp.Challenge {
	expires := now.Add(5 * time.Minute)
	return otp.Challenge{
		Reported:    otp.Reported{AuthID: "20261122190077000000162140200586657", Mask: "+60******6353"},
		Key:         key,
		Fingerprint: bytes32(1), State: otp.Reserved, Owner: "owner-1", Lease: now.Add(otp.Lease),
		Seed: bytes32(2)[:16], Encrypted: bytes32(5), Digits: 6, KeyVersion: 1, Code: bytes32(3),
		Guess: []byte("-"), Op: "-", Attempts: 0, Max: 5,
		SentAt: now, ExpiresAt: expires, LedgerKey: "N#ledger",
		TTL: expires.Add(24 * time.Hour).Seconds(),
	}
}

func bytes32(b byte) []byte {
	out := make([]byte, 32)
	for i := range out {
		out[i] = b ^ byte(i)
	}
	return out
}

// applied fails the test unless a write went as expected and, where item is
// given, came back with it.
func applied(t testing.TB, w otp.Write, err error, want bool, item *otp.Challenge) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if w.Applied != want {
		t.Fatalf("applied is %v, want %v (item %+v)", w.Applied, want, w.Item)
	}
	if item != nil && !reflect.DeepEqual(w.Item, item) {
		t.Fatalf("came back with\n%+v\nwant\n%+v", w.Item, item)
	}
}

// stored reads an item by a write that is always refused.
func stored(t testing.TB, s Store, key string) *otp.Challenge {
	t.Helper()
	w, err := s.Attempt(ctx, otp.Guess{Key: key, AuthID: "no such", KeyVersion: 1, Digest: bytes32(9), Op: "peek", Now: now})
	if err != nil || w.Applied {
		t.Fatalf("peek: %v, applied %v", err, w.Applied)
	}
	return w.Item
}

func put(t testing.TB, s Store, c otp.Challenge) {
	t.Helper()
	w, err := s.Reserve(ctx, c, nil, now)
	applied(t, w, err, true, nil)
}

func testReserve(t *testing.T, o Opener) {
	s := o.Open(t)
	first := challenge("C#demo#1")
	put(t, s, first)

	second := challenge("C#demo#1")
	second.Owner = "owner-2"
	end := otp.Millis(first.TTL * 1000)
	as := func(change func(*otp.Challenge)) *otp.Challenge { // first, as a caller may have read it
		c := first
		change(&c)
		return &c
	}
	for _, c := range []struct {
		name string
		over *otp.Challenge
		now  otp.Millis
	}{
		{"again", nil, now},
		{"until its TTL", nil, end - 1},
		{"over itself while it is leased", &first, first.Lease - 1},
		{"over another owner", as(func(c *otp.Challenge) { c.Owner = "owner-3" }), end - 1},
		{"over another state", as(func(c *otp.Challenge) { c.State = otp.MaybeDelivered }), end - 1},
		{"over another guess", as(func(c *otp.Challenge) { c.Op = "op-1" }), end - 1},
	} {
		w, err := s.Reserve(ctx, second, c.over, c.now)
		t.Run(c.name, func(t *testing.T) { applied(t, w, err, false, &first) })
	}

	t.Run("over itself once its lease is over", func(t *testing.T) {
		w, err := s.Reserve(ctx, second, &first, first.Lease)
		applied(t, w, err, true, nil)
		if got := stored(t, s, second.Key); !reflect.DeepEqual(got, &second) {
			t.Errorf("stored\n%+v\nwant\n%+v", got, second)
		}
	})
	t.Run("at its TTL", func(t *testing.T) {
		third := first
		third.Owner = "owner-3"
		w, err := s.Reserve(ctx, third, nil, end)
		applied(t, w, err, true, nil)
	})
	t.Run("over one in any state", func(t *testing.T) {
		for _, state := range []otp.State{otp.MaybeDelivered, otp.Delivered, otp.Failed} {
			c := challenge("C#demo#" + string(state))
			c.State = state
			put(t, s, c)
			w, err := s.Reserve(ctx, c, &c, c.Lease)
			applied(t, w, err, true, nil)
		}
	})
	t.Run("not over one that was guessed at meanwhile", func(t *testing.T) {
		c := challenge("C#demo#guessed")
		c.State = otp.Delivered
		put(t, s, c)
		w, err := s.Attempt(ctx, otp.Guess{Key: c.Key, KeyVersion: c.KeyVersion, Digest: bytes32(7), Op: "op-1", Now: now})
		applied(t, w, err, true, nil)
		w, err = s.Reserve(ctx, c, &c, c.Lease)
		applied(t, w, err, false, nil)
	})
	t.Run("other keys are free", func(t *testing.T) {
		for _, key := range []string{"C#demo#2", "C#Demo#1", "C#demo#1 ", "C#demo#\u00e9", "C#demo#e\u0301", "C#demo#%_'\"\\"} {
			put(t, s, challenge(key))
		}
	})
}

func testTakeOver(t *testing.T, o Opener) {
	s := o.Open(t)
	c := challenge("C#demo#1")
	put(t, s, c)
	take := otp.TakeOver{Key: c.Key, From: c.Owner, Owner: "owner-2", Lease: c.Lease.Add(otp.Lease), Now: c.Lease}

	for name, change := range map[string]func(*otp.TakeOver){
		"while the lease lives": func(t *otp.TakeOver) { t.Now = c.Lease - 1 },
		"from another owner":    func(t *otp.TakeOver) { t.From = "owner-3" },
		"once expired":          func(t *otp.TakeOver) { t.Now = c.ExpiresAt },
	} {
		t.Run(name, func(t *testing.T) {
			refused := take
			change(&refused)
			w, err := s.TakeOver(ctx, refused)
			applied(t, w, err, false, &c)
		})
	}
	t.Run("nothing there", func(t *testing.T) {
		none := take
		none.Key = "C#demo#none"
		w, err := s.TakeOver(ctx, none)
		applied(t, w, err, false, nil)
		if w.Item != nil {
			t.Errorf("came back with %+v", w.Item)
		}
	})

	want := c
	want.Owner, want.Lease = take.Owner, take.Lease
	w, err := s.TakeOver(ctx, take)
	applied(t, w, err, true, &want)
	w, err = s.TakeOver(ctx, take) // as a client does whose answer was lost
	applied(t, w, err, false, &want)

	for _, settled := range []struct {
		state otp.State
		free  bool
	}{{otp.Delivered, false}, {otp.Failed, false}, {otp.MaybeDelivered, true}, {otp.Reserved, true}} {
		w, err := s.Settle(ctx, otp.Settlement{Key: c.Key, Owner: take.Owner, State: settled.state, Lease: now})
		applied(t, w, err, true, nil)
		w, err = s.TakeOver(ctx, otp.TakeOver{Key: c.Key, From: take.Owner, Owner: take.Owner, Lease: now, Now: now})
		applied(t, w, err, settled.free, nil)
	}
}

func testSettle(t *testing.T, o Opener) {
	s := o.Open(t)
	for _, settle := range []otp.Settlement{
		{State: otp.Delivered, Lease: now + 7},
		{State: otp.Failed, Result: otp.TooMany, Lease: now + 7},
		{State: otp.Reserved, Lease: now + 7},
		{State: otp.MaybeDelivered, Lease: now + 7},
	} {
		t.Run(string(settle.State), func(t *testing.T) {
			c := challenge("C#demo#" + string(settle.State))
			put(t, s, c)
			settle.Key, settle.Owner = c.Key, "owner-2"
			w, err := s.Settle(ctx, settle)
			applied(t, w, err, false, &c)

			settle.Owner = c.Owner
			want := c
			want.State, want.Result, want.Lease = settle.State, settle.Result, settle.Lease
			for range 2 { // the second as a client does whose answer was lost
				w, err = s.Settle(ctx, settle)
				applied(t, w, err, true, nil)
			}
			if got := stored(t, s, c.Key); !reflect.DeepEqual(got, &want) {
				t.Errorf("stored\n%+v\nwant\n%+v", got, want)
			}
		})
	}
	w, err := s.Settle(ctx, otp.Settlement{Key: "C#demo#none", Owner: "owner-1", State: otp.Delivered})
	applied(t, w, err, false, nil)
	if w.Item != nil || stored(t, s, "C#demo#none") != nil {
		t.Error("settling nothing made something")
	}
}

func testAttempt(t *testing.T, o Opener) {
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
			t.Error("an attempt on nothing made something")
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
