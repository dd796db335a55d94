package storetest

import (
	"reflect"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testReserve stores challenges and replaces them.
func testReserve(t *testing.T, o Opener) {
	run(t, o, cases{
		{"a free key", reserveFree},
		{"over a challenge in any state", reserveAnyState},
		{"not over one that was guessed at meanwhile", reserveGuessed},
		{"other keys are free", reserveOtherKeys},
		{"keys are compared byte by byte", byteByByte},
	})
}

// reserveFree stores a challenge where its key is free: no item, one whose TTL is over,
// or the item that the caller read once its lease is over.
func reserveFree(t *testing.T, o Opener) {
	s := o.Open(t)
	first := challenge("C#demo#1")
	put(t, s, first)

	second := challenge("C#demo#1")
	second.Owner = "owner-2"
	end := otp.Millis(first.TTL * 1000)
	as := func(change func(*otp.Challenge)) *otp.Challenge { // first, as a caller could have read it
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
		{"just before its TTL", nil, end - 1},
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
}

func reserveAnyState(t *testing.T, o Opener) {
	s := o.Open(t)
	for _, state := range []otp.State{otp.MaybeDelivered, otp.Delivered, otp.Failed} {
		c := challenge("C#demo#" + string(state))
		c.State = state
		put(t, s, c)
		w, err := s.Reserve(ctx, c, &c, c.Lease)
		applied(t, w, err, true, nil)
	}
}

func reserveGuessed(t *testing.T, o Opener) {
	s := o.Open(t)
	c := challenge("C#demo#guessed")
	c.State = otp.Delivered
	put(t, s, c)
	w, err := s.Attempt(ctx, otp.Guess{Key: c.Key, KeyVersion: c.KeyVersion, Digest: bytes32(7), Op: "op-1", Now: now})
	applied(t, w, err, true, nil)
	w, err = s.Reserve(ctx, c, &c, c.Lease)
	applied(t, w, err, false, nil)
}

func reserveOtherKeys(t *testing.T, o Opener) {
	s := o.Open(t)
	for _, key := range []string{
		"C#demo#2", "C#Demo#1", "C#demo#1 ", "C#demo#\u00e9", "C#demo#e\u0301", "C#demo#%_'\"\\",
	} {
		put(t, s, challenge(key))
	}
}

func byteByByte(t *testing.T, o Opener) {
	s := o.Open(t)
	take := func(key, from string) otp.TakeOver {
		return otp.TakeOver{Key: key, From: from, Owner: "owner-2", Lease: now + 99_999, Now: now + 60_000}
	}
	for _, key := range []string{"C#demo#abc", "C#demo#abd"} {
		c := challenge(key)
		c.State = otp.MaybeDelivered
		put(t, s, c)
	}
	for _, key := range []string{"C#demo#%", "C#demo#ab_", "C#demo#ABC", "C#demo#ab", "C#demo#a*"} {
		w, err := s.TakeOver(ctx, take(key, "owner-1"))
		applied(t, w, err, false, nil)
		a, err := s.Attempt(ctx, otp.Guess{Key: key, KeyVersion: 1, Digest: bytes32(7), Op: "op", Now: now})
		applied(t, a, err, false, nil)
		if w.Item != nil || a.Item != nil {
			t.Errorf("the key %s found %v and %v, want nothing", key, w.Item, a.Item)
		}
	}
	w, err := s.TakeOver(ctx, take("C#demo#abc", "owner-1"))
	applied(t, w, err, true, nil)
	if got := stored(t, s, "C#demo#abd"); got.Owner != "owner-1" {
		t.Errorf("the owner of the other challenge is %s, want owner-1", got.Owner)
	}
	w, err = s.TakeOver(ctx, take("C#demo#abd", "OWNER-1"))
	applied(t, w, err, false, nil)
	spent(t, s, spend("N#abc", "a", now), true)
	for _, key := range []string{"N#ABC", "N#%", "N#ab_"} {
		spent(t, s, spend(key, "a", now), true)
	}
	spent(t, s, spend("N#abc", "A", now.Add(time.Hour)), true)
}
