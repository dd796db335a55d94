package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testClaim takes challenges to send them again, at each edge of its condition.
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
	t.Run("of nothing", func(t *testing.T) {
		w, err := s.Claim(ctx, otp.Claim{Key: "C#demo#none", Owner: "o", Now: now})
		applied(t, w, err, false, nil)
		if w.Item != nil {
			t.Error("there is an item now")
		}
	})
	t.Run("settled with the time of its message", func(t *testing.T) {
		c := challenge("C#demo#settled")
		put(t, s, c)
		w, err := s.Settle(ctx, otp.Settlement{Key: c.Key, Owner: c.Owner, State: otp.Delivered, Lease: now, SentAt: now + 7, Mask: "+1***"})
		applied(t, w, err, true, nil)
		c.State, c.Lease, c.SentAt, c.Mask = otp.Delivered, now, now+7, "+1***"
		if got := *stored(t, s, c.Key); got.SentAt != c.SentAt || got.Mask != c.Mask {
			t.Errorf("stored %+v, want %+v", got, c)
		}
	})
	t.Run("a guess may ask for a message of lately", func(t *testing.T) {
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
	})
}

func again(id string, first otp.Started) otp.Resend {
	r := start("", phone)
	return otp.Resend{Client: "demo", AuthID: first.AuthID, ID: id, Policy: r.Policy, Text: r.Text}
}

func (w *world) resend(t testing.TB, r otp.Resend, want otp.Outcome) otp.Started {
	t.Helper()
	got, err := w.Issuer.Resend(ctx, r)
	if err != nil || got.Outcome != want {
		t.Fatalf("resend: %s %v, want %s", got.Outcome, err, want)
	}
	if got.AuthID != "" {
		t.Error("a resend has no authenticationId")
	}
	return got
}

// testResend sends a code once more, by the id that init answered.
func testResend(t *testing.T, o Opener) {
	cooldown := otp.DefaultPolicy().Cooldown
	t.Run("same code, attempts and end of lifetime stay", func(t *testing.T) {
		w := newWorld(o.Open(t))
		first := w.init(t, start("id", phone), otp.Sent)
		code := w.Inbox.last(t)
		w.verify(t, "id", wrong(code, 0), otp.Unmatched)
		soon := w.resend(t, again("soon", first), otp.TooSoon)
		if soon.Wait != cooldown {
			t.Errorf("wait %v, want %v", soon.Wait, cooldown)
		}
		for n := range 3 {
			w.Clock.Advance(cooldown)
			if got := w.resend(t, again(fmt.Sprint(n), first), otp.Sent); got.Mask != first.Mask {
				t.Errorf("mask %q, want %q", got.Mask, first.Mask)
			}
			w.verify(t, "id", wrong(code, 0), otp.Unmatched)
		}
		w.Clock.Advance(cooldown)
		w.resend(t, again("", first), otp.Sent) // without an idempotency key
		messages := w.Inbox.Messages()
		if len(messages) != 5 {
			t.Fatalf("%d messages, want 5", len(messages))
		}
		for n, m := range messages {
			left := otp.DefaultPolicy().Validity - time.Duration(n)*cooldown
			if m.Code != code || m.To != phone || m.Text != fmt.Sprint(string(code), " is your code for ", left) {
				t.Errorf("message %d is not the same code to the same number for what is left", n)
			}
		}
		w.Clock.Advance(cooldown)
		w.resend(t, again("many", first), otp.TooMany)
		w.verify(t, "id", wrong(code, 0), otp.Exhausted)
		w.resend(t, again("locked", first), otp.Locked)
	})
	t.Run("attempts stay, whatever is allowed by now", func(t *testing.T) {
		w := newWorld(o.Open(t))
		first := w.init(t, start("id", phone), otp.Sent)
		for n := range 4 {
			w.verify(t, "id", wrong(w.Inbox.last(t), n), otp.Unmatched)
		}
		for _, attempts := range []int{3, 1} {
			w.Clock.Advance(cooldown)
			r := again(fmt.Sprint(attempts), first)
			r.Policy.Attempts = attempts
			w.resend(t, r, otp.Sent)
		}
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
	})
	t.Run("nothing live", func(t *testing.T) {
		w := newWorld(o.Open(t))
		first := w.init(t, start("id", phone), otp.Sent)
		w.Inbox.Answers = []otp.Delivery{otp.Refused}
		w.init(t, start("failed", "+606543216354"), otp.Undeliverable)
		w.Clock.Advance(cooldown)
		for _, authID := range map[string]string{
			"empty": "", "short": first.AuthID[1:], "long": first.AuthID + "1", "letters": "x" + first.AuthID[1:],
			"another date": "20010101" + first.AuthID[8:], "another serial": first.AuthID[:34] + string(rune('0'+(first.AuthID[34]-'0'+1)%10)),
		} {
			r := again("", first)
			r.AuthID = authID
			w.resend(t, r, otp.Unknown)
			r.ID = "same" // binds nothing
			w.resend(t, r, otp.Unknown)
			w.resend(t, r, otp.Unknown)
		}
		w.resend(t, again("same", first), otp.Sent)
		w.Clock.Advance(cooldown)
		blind := w.Issuer
		blind.Challenges = failing(w.Store, func() Fate { return LostBefore })
		for _, id := range []string{"", "12", first.AuthID + "1"} { // no id of ours: nobody is asked
			r := again("blind", first)
			r.AuthID = id
			if got, err := blind.Resend(ctx, r); err != nil || got.Outcome != otp.Unknown {
				t.Errorf("%q: %s %v, want unknown", id, got.Outcome, err)
			}
		}
		r := again("", first)
		r.Client = "other"
		w.resend(t, r, otp.Unknown)
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
		w.resend(t, again("used", first), otp.Used)
		second := w.init(t, start("id2", phone), otp.Sent)
		w.Clock.Advance(otp.DefaultPolicy().Validity)
		w.resend(t, again("expired", second), otp.Expired)
		if got := len(w.Inbox.Messages()); got != 3 {
			t.Errorf("%d messages, want 3", got)
		}
	})
	t.Run("idempotent by its own id", func(t *testing.T) {
		for _, c := range []struct {
			say  otp.Delivery
			want otp.Outcome
			then otp.Outcome // of a repeat
			sent int         // after it
		}{
			{otp.Accepted, otp.Sent, otp.Sent, 2},
			{otp.Refused, otp.Undeliverable, otp.Undeliverable, 1},
			{otp.MaybeSent, otp.Unclear, otp.Sent, 3},
		} {
			w := newWorld(o.Open(t))
			first := w.init(t, start("id", phone), otp.Sent)
			other := w.init(t, start("other", "+606543216354"), otp.Sent)
			w.Clock.Advance(cooldown)
			w.Inbox.Answers = []otp.Delivery{c.say}
			w.Inbox.messages = w.Inbox.messages[:1]
			got := w.resend(t, again("r", first), c.want)
			w.resend(t, again("r", other), otp.Inconsistent)
			repeat := w.resend(t, again("r", first), c.then)
			if c.want == c.then && repeat.Mask != got.Mask {
				t.Errorf("%s: a repeat answered %+v, first %+v", c.want, repeat, got)
			}
			w.resend(t, again("r", first), c.then)
			if got := len(w.Inbox.Messages()); got != c.sent {
				t.Errorf("%s: %d messages, want %d", c.want, got, c.sent)
			}
			w.verify(t, "id", w.Inbox.last(t), otp.Passed)
			w.resend(t, again("r", first), c.then) // also after the challenge is over
			want := 2                              // the first, and this one once however often it was tried
			if c.say == otp.Refused {
				want = 1
			}
			w.Clock.Advance(cooldown)
			for n := range 5 - want {
				w.init(t, start(fmt.Sprint("more", n), phone), otp.Sent)
				w.Clock.Advance(cooldown)
			}
			w.init(t, start("too many", phone), otp.TooMany)
		}
	})
	t.Run("a repeat while the first is at work", func(t *testing.T) {
		w := newWorld(o.Open(t))
		first := w.init(t, start("id", phone), otp.Sent)
		w.Clock.Advance(cooldown)
		busy := w.Issuer
		busy.Sender = meanwhile{w.Inbox, func() {
			w.resend(t, again("r", first), otp.InProgress)
			w.resend(t, again("r2", first), otp.InProgress)
			w.resend(t, again("", first), otp.InProgress)
			w.init(t, start("id", phone), otp.Sent) // a replay
			w.verify(t, "id", wrong(w.Inbox.last(t), 0), otp.Unmatched)
		}}
		if got, err := busy.Resend(ctx, again("r", first)); err != nil || got.Outcome != otp.Sent {
			t.Errorf("%+v %v", got, err)
		}
		w.resend(t, again("r", first), otp.Sent)
		w.resend(t, again("r2", first), otp.TooSoon) // it was not decided, so it is worked on again
		if got := len(w.Inbox.Messages()); got != 2 {
			t.Errorf("%d messages, want 2", got)
		}
	})
	t.Run("of the same id together", func(t *testing.T) {
		w := newWorld(o.Open(t))
		first := w.init(t, start("id", phone), otp.Sent)
		w.Clock.Advance(cooldown)
		var wg sync.WaitGroup
		for n := range 20 {
			wg.Go(func() {
				if _, err := w.Issuer.Resend(ctx, again([]string{"", "a", "b"}[n%3], first)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := len(w.Inbox.Messages()); got != 2 {
			t.Errorf("%d messages, want 2", got)
		}
	})
	for n := 1; n <= 5; n++ { // reserve, claim, spend, settle, settle
		for _, fate := range []Fate{LostBefore, LostAfter} {
			t.Run(fmt.Sprintf("request %d is %s", n, fate), func(t *testing.T) {
				w := newWorld(o.Open(t))
				first := w.init(t, start("id", phone), otp.Sent)
				w.Clock.Advance(cooldown)
				broken, faulty := w.Issuer, failing(w.Store, nth(n, fate))
				broken.Challenges, broken.Ledgers = faulty, faulty
				if got, err := broken.Resend(ctx, again("r", first)); err == nil {
					t.Errorf("%+v, want an error", got)
				}
				before := len(w.Inbox.Messages())
				w.Clock.Advance(otp.Lease)
				w.resend(t, again("r", first), otp.Sent)
				w.resend(t, again("r", first), otp.Sent)
				if got := len(w.Inbox.Messages()); got > before+1 || got < 2 {
					t.Errorf("%d messages, %d before the retry", got, before)
				}
				if got := ledgerOf(t, w.Store, Keys().LedgerKeys("demo", phone)[0], otp.SendID(stored(t, w.Store, otp.ChallengeKey("demo", "id")).Seed)); len(got.Sends) != 2 {
					t.Errorf("%d sends counted, want 2", len(got.Sends))
				}
				w.verify(t, "id", w.Inbox.last(t), otp.Passed)
			})
		}
	}
	t.Run("after the keys were rotated", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Issuer.Keys = rotated(t, 1)
		first := w.init(t, start("id", phone), otp.Sent)
		code := w.Inbox.last(t)
		w.Clock.Advance(cooldown)
		w.Issuer.Keys = rotated(t, 2, 1)
		w.resend(t, again("a", first), otp.Sent)
		if w.Inbox.last(t) != code {
			t.Error("another code")
		}
		w.Clock.Advance(cooldown)
		w.Issuer.Keys = rotated(t, 2)
		w.resend(t, again("b", first), otp.Unknown)
		w.Issuer.Keys = &ring{held: rotated(t, 1), fetched: rotated(t, 2, 1)}
		w.resend(t, again("c", first), otp.Sent)
	})
}
