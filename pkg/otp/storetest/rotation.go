package storetest

import (
	"context"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// ring is a keyring that learns of further keys when it is asked to.
type ring struct {
	held, fetched *otp.Keys
	fetches       int
}

func (r *ring) Keys(context.Context) *otp.Keys { return r.held }
func (r *ring) Newer(context.Context, int) *otp.Keys {
	r.fetches++
	r.held = r.fetched
	return r.held
}

// numbered returns keys with number secrets of the given versions.
func numbered(t testing.TB, versions ...int) *otp.Keys {
	t.Helper()
	numbers := otp.Secrets{}
	for _, v := range versions {
		numbers[v] = make([]byte, otp.MinSecret)
		numbers[v][1] = byte(v)
	}
	k, err := otp.NewKeys(otp.Secrets{1: make([]byte, otp.MinSecret)}, 1, numbers)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// testRotation changes the keys while challenges are live (P21).
func testRotation(t *testing.T, o Opener) {
	t.Run("another process rotated first", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Issuer.Keys = rotated(t, 2, 1)
		w.init(t, start("id", phone), otp.Sent)
		late := &ring{held: rotated(t, 1), fetched: rotated(t, 2, 1)}
		w.Verifier.Keys = late
		w.verify(t, "id", wrong(w.Inbox.last(t), 0), otp.Unmatched)
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
		if late.fetches != 1 {
			t.Errorf("%d fetches, want 1", late.fetches)
		}
		late.held = rotated(t, 1)
		w.Issuer.Keys = late
		w.init(t, start("id", phone), otp.Sent)
		if got := len(w.Inbox.Messages()); got != 1 {
			t.Errorf("%d messages after a repeat, want 1", got)
		}
	})
	t.Run("a newer key that cannot be had decides nothing", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Issuer.Keys = rotated(t, 2, 1)
		w.init(t, start("id", phone), otp.Sent)
		w.Clock.Advance(otp.Lease)
		w.Issuer.Keys, w.Verifier.Keys = rotated(t, 1), rotated(t, 1)
		if got, err := w.Issuer.Init(ctx, start("id", phone)); err == nil || got.Outcome != "" {
			t.Errorf("init: %+v %v, want an error", got, err)
		}
		if got, err := w.Verifier.Verify(ctx, otp.Check{Client: "demo", ID: "id", Code: w.Inbox.last(t)}); err == nil || got.Outcome != "" {
			t.Errorf("verify: %+v %v, want an error", got, err)
		}
		w.Verifier.Keys = rotated(t, 2, 1)
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
	})
	t.Run("a retired key takes its challenges along", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Issuer.Keys = rotated(t, 1)
		w.init(t, start("id", phone), otp.Sent)
		old := w.Inbox.last(t)
		w.Verifier.Keys, w.Issuer.Keys = rotated(t, 2), rotated(t, 2)
		w.verify(t, "id", old, otp.Unknown)
		w.Clock.Advance(otp.DefaultPolicy().Cooldown)
		w.init(t, start("id", phone), otp.Sent)
		if got := len(w.Inbox.Messages()); got != 2 {
			t.Errorf("%d messages after a repeat, want a new one", got)
		}
		w.verify(t, "id", old, otp.Unmatched)
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
	})
	t.Run("not while its owner may be sending", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Issuer.Sender = meanwhile{w.Inbox, func() {
			hasty := w.Issuer
			hasty.Sender, hasty.Keys = w.Inbox, rotated(t, 2)
			if got, err := hasty.Init(ctx, start("id", phone)); err != nil || got.Outcome != otp.InProgress {
				t.Errorf("%+v %v, want in progress", got, err)
			}
		}}
		w.init(t, start("id", phone), otp.Sent)
	})
	t.Run("no limit is forgotten", func(t *testing.T) {
		w := newWorld(o.Open(t))
		cooldown := otp.DefaultPolicy().Cooldown
		send := func(id string, keys *otp.Keys, want otp.Outcome) otp.Started {
			t.Helper()
			w.Issuer.Keys = keys
			got := w.init(t, start(id, phone), want)
			w.Clock.Advance(cooldown)
			return got
		}
		for _, id := range []string{"1", "2", "3"} {
			send(id, numbered(t, 1), otp.Sent)
		}
		w.Clock.Advance(-cooldown)
		send("soon", numbered(t, 2, 1), otp.TooSoon)
		send("4", numbered(t, 2, 1), otp.Sent)
		send("5", numbered(t, 1), otp.Sent) // a process that has not heard of it
		if got := send("6", numbered(t, 2, 1), otp.TooMany); got.Wait != time.Hour-5*cooldown {
			t.Errorf("wait %v, want %v", got.Wait, time.Hour-5*cooldown)
		}
		w.Clock.Advance(24 * time.Hour)
		for _, id := range []string{"7", "8", "9", "10", "11"} {
			send(id, numbered(t, 2, 1), otp.Sent)
		}
		send("12", numbered(t, 2), otp.TooMany) // version 1 is retired
	})
	t.Run("nor is a pause, and answers end it", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Issuer.Keys = numbered(t, 1)
		quiet := func(id string) otp.Start {
			r := start(id, phone)
			r.Policy.Unanswered = 3
			return r
		}
		for _, id := range []string{"1", "2", "3"} {
			w.init(t, quiet(id), otp.Sent)
			w.Clock.Advance(time.Hour)
		}
		w.Issuer.Keys = numbered(t, 2, 1)
		w.init(t, quiet("paused"), otp.TooMany)
		w.Clock.Advance(24 * time.Hour)
		w.init(t, quiet("4"), otp.Sent)
		w.verify(t, "4", w.Inbox.last(t), otp.Passed)
		if err := w.Store.Answered(ctx, stored(t, w.Store, otp.ChallengeKey("demo", "4")).LedgerKey); err != nil { // as the stream does
			t.Fatal(err)
		}
		w.Clock.Advance(time.Hour)
		for _, id := range []string{"5", "6"} {
			w.init(t, quiet(id), otp.Sent)
			w.Clock.Advance(time.Hour)
		}
	})
	t.Run("a retry meets a newer key", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Issuer.Keys = rotated(t, 2, 1)
		w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
		w.init(t, start("id", phone), otp.Unclear)
		w.Issuer.Keys = &ring{held: rotated(t, 1), fetched: rotated(t, 2, 1)}
		w.init(t, start("id", phone), otp.Sent)
		if m := w.Inbox.Messages(); len(m) != 2 || m[0].Code != m[1].Code {
			t.Errorf("%d messages, want 2 with one code", len(m))
		}
	})
	t.Run("a scenario is named alike by all processes", func(t *testing.T) {
		before, during, other := numbered(t, 1), numbered(t, 2, 1), numbered(t, 3, 2, 1)
		want := before.Scenarios("demo", phone, "login")[0]
		for _, k := range []*otp.Keys{during, other} {
			if k.Scenarios("demo", phone, "login")[0] != want {
				t.Error("another name while the older key is held")
			}
		}
		if got := other.Scenarios("demo", phone, "login"); len(got) != 3 || got[1] != numbered(t, 2).Scenarios("demo", phone, "login")[0] {
			t.Error("the names are not those of all keys, oldest first")
		}
	})
	t.Run("a newer ledger counts no send that an older one refuses, and nothing unanswered", func(t *testing.T) {
		w := newWorld(o.Open(t))
		policy := func(id string) otp.Start {
			r := start(id, phone)
			r.Policy.Unanswered = 3
			return r
		}
		w.Issuer.Keys = numbered(t, 1)
		w.init(t, policy("1"), otp.Sent)
		w.Issuer.Keys = numbered(t, 2, 1)
		w.init(t, policy("2"), otp.TooSoon)
		w.Issuer.Keys = numbered(t, 2)
		w.init(t, policy("3"), otp.Sent)
		w.Clock.Advance(time.Hour)
		w.Issuer.Keys = numbered(t, 2, 1)
		w.init(t, policy("4"), otp.Sent)
		w.Clock.Advance(time.Hour)
		w.init(t, policy("5"), otp.Sent)
		w.Clock.Advance(time.Hour)
		w.Issuer.Keys = numbered(t, 2)
		for _, id := range []string{"6", "7"} { // with that of 3 they are the first that it counts
			w.init(t, policy(id), otp.Sent)
			w.Clock.Advance(time.Hour)
		}
		w.init(t, policy("8"), otp.TooMany)
	})
	t.Run("a send that a newer ledger refuses is taken off the older", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Issuer.Keys = numbered(t, 2)
		w.init(t, start("1", phone), otp.Sent) // only here when a keyring lost its older key
		w.Issuer.Keys = numbered(t, 2, 1)
		w.init(t, start("2", phone), otp.TooSoon)
		w.Issuer.Keys = numbered(t, 1)
		w.init(t, start("3", phone), otp.Sent)
	})
	t.Run("a message that the sender refuses is taken off all", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Issuer.Keys = numbered(t, 2, 1)
		w.Inbox.Answers = []otp.Delivery{otp.Refused}
		w.init(t, start("1", phone), otp.Undeliverable)
		w.init(t, start("2", phone), otp.Sent)
	})
}
