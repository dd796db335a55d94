package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testTakeOver changes the owner of a challenge, at each edge of the condition.
func testTakeOver(t *testing.T, o Opener) {
	s := o.Open(t)
	c := challenge("C#demo#1")
	put(t, s, c)
	take := otp.TakeOver{Key: c.Key, From: c.Owner, Owner: "owner-2", Lease: c.Lease.Add(otp.Lease), Now: c.Lease}

	for name, change := range map[string]func(*otp.TakeOver){
		"before the lease is over": func(t *otp.TakeOver) { t.Now = c.Lease - 1 },
		"from another owner":       func(t *otp.TakeOver) { t.From = "owner-3" },
		"once expired":             func(t *otp.TakeOver) { t.Now = c.ExpiresAt },
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
			t.Errorf("the write returned %+v, want no item", w.Item)
		}
	})

	want := c
	want.Owner, want.Lease = take.Owner, take.Lease
	w, err := s.TakeOver(ctx, take)
	applied(t, w, err, true, &want)
	w, err = s.TakeOver(ctx, take) // the repeat of a client whose answer was lost
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

// testClaim claims challenges to send them again, at each edge of the condition.
func testClaim(t *testing.T, o Opener) {
	s := o.Open(t)
	for n, c := range []struct {
		name   string
		change func(*otp.Challenge)
		claim  otp.Claim
		want   bool
	}{
		{"sent", nil, otp.Claim{}, true},
		{"unclear", func(c *otp.Challenge) { c.State = otp.MaybeDelivered }, otp.Claim{}, true},
		{"by both ids", nil, otp.Claim{AuthID: challenge("").AuthID}, true},
		{"another id", nil, otp.Claim{AuthID: "other"}, false},
		{"reserved", func(c *otp.Challenge) { c.State = otp.Reserved }, otp.Claim{}, false},
		{"failed", func(c *otp.Challenge) { c.State = otp.Failed }, otp.Claim{}, false},
		{"leased", func(c *otp.Challenge) { c.Lease++ }, otp.Claim{}, false},
		{"in its last moment", func(c *otp.Challenge) { c.ExpiresAt = c.Lease + 1 }, otp.Claim{}, true},
		{"expired", func(c *otp.Challenge) { c.ExpiresAt = c.Lease }, otp.Claim{}, false},
		{"passed", func(c *otp.Challenge) { c.Guess = c.Code }, otp.Claim{}, false},
		{"its last attempt", func(c *otp.Challenge) { c.Attempts = c.Max - 1 }, otp.Claim{}, true},
		{"exhausted", func(c *otp.Challenge) { c.Attempts = c.Max }, otp.Claim{}, false},
		{"signed, after one that was not", nil, otp.Claim{After: "@5"}, true},
		{"signed later", func(c *otp.Challenge) { c.Owner = "@4.call" }, otp.Claim{After: "@5"}, true},
		{"signed at the same time", func(c *otp.Challenge) { c.Owner = "@5.call" }, otp.Claim{After: "@5"}, false},
		{"signed earlier", func(c *otp.Challenge) { c.Owner = "@6.call" }, otp.Claim{After: "@5"}, false},
		{"signed earlier, by both ids", func(c *otp.Challenge) { c.Owner = "@6.call" },
			otp.Claim{After: "@5", AuthID: challenge("").AuthID}, false},
		{"not signed, after one that was", func(c *otp.Challenge) { c.Owner = "@6.call" }, otp.Claim{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			before := challenge(fmt.Sprint("C#demo#", n))
			before.State = otp.Delivered
			before.Lease = now.Add(time.Second)
			at := before.Lease
			if c.change != nil {
				c.change(&before)
			}
			put(t, s, before)
			c.claim.Key, c.claim.Owner, c.claim.Lease, c.claim.Now = before.Key, "owner-9", at.Add(otp.Lease), at
			after := before
			if c.want {
				after.Owner, after.Lease = "owner-9", c.claim.Lease
			}
			w, err := s.Claim(ctx, c.claim)
			applied(t, w, err, c.want, &after)
		})
	}
	t.Run("nothing there", func(t *testing.T) {
		w, err := s.Claim(ctx, otp.Claim{Key: "C#demo#none", Owner: "o", Now: now})
		applied(t, w, err, false, nil)
		if w.Item != nil {
			t.Error("a claim of an unknown challenge made an item")
		}
	})
}

// testSettle stores what became of a message.
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
			for range 2 { // the second is that of a client whose answer was lost
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
		t.Error("settling an unknown challenge made an item")
	}
	t.Run("with the time of its message", func(t *testing.T) {
		c := challenge("C#demo#settled")
		put(t, s, c)
		w, err := s.Settle(ctx, otp.Settlement{
			Key: c.Key, Owner: c.Owner, State: otp.Delivered, Lease: now, SentAt: now + 7, Mask: "+1***",
		})
		applied(t, w, err, true, nil)
		c.State, c.Lease, c.SentAt, c.Mask = otp.Delivered, now, now+7, "+1***"
		if got := *stored(t, s, c.Key); got.SentAt != c.SentAt || got.Mask != c.Mask {
			t.Errorf("stored %+v, want %+v", got, c)
		}
	})
}
