package storetest

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// rotated returns keys of the given versions, the first of them the newest.
func rotated(t testing.TB, versions ...int) *otp.Keys {
	t.Helper()
	secrets := map[int][]byte{}
	for _, v := range versions {
		secrets[v] = make([]byte, otp.MinSecret)
		secrets[v][0] = byte(v)
	}
	k, err := otp.NewKeys(secrets, versions[0], otp.Secrets{1: make([]byte, otp.MinSecret)})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// recorder keeps what a store is asked for.
type recorder struct {
	Store
	spend otp.Spend
	put   otp.Challenge
}

func (r *recorder) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis) (otp.Write, error) {
	r.put = c
	return r.Store.Reserve(ctx, c, over, now)
}

func (r *recorder) Spend(ctx context.Context, s otp.Spend) (otp.Spent, error) {
	r.spend = s
	return r.Store.Spend(ctx, s)
}

// meanwhile is a sender that does something while the message is under way.
type meanwhile struct {
	*Inbox
	do func()
}

func (m meanwhile) Send(ctx context.Context, msg otp.Message) (otp.Delivery, error) {
	m.do()
	return m.Inbox.Send(ctx, msg)
}

// testCorners are the cases that mutation testing found open.
func testCorners(t *testing.T, o Opener) {
	unclear := func(t *testing.T) *world {
		w := newWorld(o.Open(t))
		w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
		if got := w.init(t, start("id", phone), otp.Unclear); got.Cause == nil {
			t.Error("unclear without a cause")
		}
		return w
	}
	t.Run("keys are rotated", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Issuer.Keys = rotated(t, 1)
		w.init(t, start("old", phone), otp.Sent)
		code := w.Inbox.last(t)
		w.Verifier.Keys = rotated(t, 2, 1)
		if got := w.verify(t, "old", wrong(code, 0), otp.Unmatched); got.Left != 4 {
			t.Errorf("%d attempts left, want 4", got.Left)
		}
		w.Issuer.Keys = rotated(t, 2, 1)
		w.init(t, start("old", phone), otp.Sent)
		other := start("old", phone)
		other.Fingerprinted[0] += "0"
		w.init(t, other, otp.Inconsistent)
		w.init(t, start("new", "+606543216354"), otp.Sent)
		w.verify(t, "new", w.Inbox.last(t), otp.Passed)
		w.Verifier.Keys, w.Issuer.Keys = rotated(t, 2), rotated(t, 2) // the old one is gone
		w.verify(t, "old", code, otp.Unknown)
		w.Verifier.Keys = rotated(t, 2, 1)
		w.verify(t, "old", code, otp.Passed)
		w.Verifier.Keys = rotated(t, 3)
		w.verify(t, "no such id", code, otp.Unknown)
	})
	t.Run("what is sent", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.init(t, start("id", phone), otp.Sent)
		m := w.Inbox.Messages()[0]
		if m.To != phone || m.Text != string(m.Code)+" is your code for 5m0s" || len(m.Code) != 6 {
			t.Error("the message is not to the phone, or not the text with the code")
		}
	})
	t.Run("a ledger outlives every pause", func(t *testing.T) {
		w := newWorld(o.Open(t))
		r := &recorder{Store: w.Store}
		w.Issuer.Ledgers, w.Issuer.Challenges = r, r
		w.init(t, start("id", phone), otp.Sent)
		if c := r.put; c.SentAt != otp.MillisOf(epoch) || c.ExpiresAt != c.SentAt.Add(5*time.Minute) || c.Lease != c.SentAt.Add(otp.Lease) ||
			string(c.Guess) != "-" || c.Op != "-" || c.Attempts != 0 || c.Max != 5 || c.TTL != c.ExpiresAt.Add(24*time.Hour).Seconds() {
			t.Errorf("reserved %+v", c)
		}
		if end := r.spend.Now.Add(30 * 24 * time.Hour).Seconds(); r.spend.TTL != end {
			t.Errorf("TTL %d, want %d", r.spend.TTL, end)
		}
	})
	t.Run("unclear, at the moment it expires", func(t *testing.T) {
		w := unclear(t)
		first := w.Inbox.last(t)
		w.Clock.Advance(otp.DefaultPolicy().Validity)
		w.init(t, start("id", phone), otp.Sent)
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
		if w.Inbox.last(t) == first {
			t.Log("the same code by chance, or no new one")
		}
	})
	t.Run("no restart while the lease lives", func(t *testing.T) {
		w := unclear(t)
		w.Clock.Advance(otp.DefaultPolicy().Validity - time.Millisecond)
		busy := w.Issuer // takes over at the last moment, and is slow
		busy.Sender = meanwhile{w.Inbox, func() {
			w.Clock.Advance(time.Second)
			w.init(t, start("id", phone), otp.InProgress)
		}}
		if got, err := busy.Init(ctx, start("id", phone)); err != nil || got.Outcome != otp.Sent {
			t.Errorf("%v %v", got, err)
		}
		if got := len(w.Inbox.Messages()); got != 2 {
			t.Errorf("%d messages, want 2", got)
		}
	})
	t.Run("lost to another restart", func(t *testing.T) { // what the race above finds by chance
		w := unclear(t)
		w.Clock.Advance(6 * time.Minute)
		late := w.Issuer
		calls := 0
		late.Challenges = &decorated{w.Store, func(call func() error) error {
			if calls++; calls == 2 { // between its look and its own restart
				w.init(t, start("id", phone), otp.Sent)
			}
			return call()
		}}
		if got, err := late.Init(ctx, start("id", phone)); err != nil || got.Outcome != otp.InProgress {
			t.Errorf("%v %v, want in progress", got.Outcome, err)
		}
		if got := len(w.Inbox.Messages()); got != 2 {
			t.Errorf("%d messages, want 2", got)
		}
	})
	t.Run("restart, first answer lost", func(t *testing.T) {
		count := 0 // 3 requests make it unclear, 4 looks, 5 restarts
		w := newWorld(o.Lossy(t, func() Fate {
			if count++; count == 5 {
				return LostAfter
			}
			return Through
		}))
		w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
		w.init(t, start("id", phone), otp.Unclear)
		w.Clock.Advance(6 * time.Minute)
		w.init(t, start("id", phone), otp.Sent)
	})
	t.Run("unclear, then locked: no second message", func(t *testing.T) {
		w := unclear(t)
		code := w.Inbox.last(t)
		for n := range 4 {
			w.verify(t, "id", wrong(code, n), otp.Unmatched)
		}
		w.verify(t, "id", wrong(code, 4), otp.Exhausted)
		first := w.init(t, start("id", phone), otp.Sent)
		if again := w.init(t, start("id", phone), otp.Sent); !reflect.DeepEqual(first, again) || first.AuthID == "" {
			t.Errorf("answered %+v, then %+v", first, again)
		}
		w.verify(t, "id", code, otp.Locked)
		if got := len(w.Inbox.Messages()); got != 1 {
			t.Errorf("%d messages, want 1", got)
		}
	})
	t.Run("unclear, then fewer attempts are allowed: those of its init stay", func(t *testing.T) {
		w := unclear(t)
		for n := range 4 {
			w.verify(t, "id", wrong(w.Inbox.last(t), n), otp.Unmatched)
		}
		r := start("id", phone)
		r.Policy.Attempts = 3
		w.init(t, r, otp.Sent)
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
	})
	t.Run("unclear, passed, repeated: still used", func(t *testing.T) {
		w := unclear(t)
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
		first := w.init(t, start("id", phone), otp.Sent)
		if again := w.init(t, start("id", phone), otp.Sent); !reflect.DeepEqual(first, again) {
			t.Errorf("answered %+v, then %+v", first, again)
		}
		w.verify(t, "id", w.Inbox.last(t), otp.Used)
	})
	t.Run("a send that could not be counted may be tried again at once", func(t *testing.T) {
		w := newWorld(o.Open(t))
		broken := w.Issuer
		broken.Ledgers = failing(w.Store, nth(1, LostBefore))
		if _, err := broken.Init(ctx, start("id", phone)); err == nil {
			t.Fatal("init was to fail")
		}
		w.init(t, start("id", phone), otp.Sent)
	})
	t.Run("a refund that fails is not an answer", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Inbox.Answers = []otp.Delivery{otp.Refused, otp.Refused}
		broken := w.Issuer
		broken.Ledgers = failing(w.Store, nth(2, LostBefore))
		if got, err := broken.Init(ctx, start("id", phone)); err == nil || got.Outcome != "" {
			t.Errorf("%v %v, want an error", got, err)
		}
		w.Clock.Advance(otp.Lease)
		if got := w.init(t, start("id", phone), otp.Undeliverable); got.Cause == nil {
			t.Error("undeliverable without a cause")
		}
		// The call before may have got as far as sending, for all that the second knows:
		// its message stays counted.
		w.init(t, start("next", phone), otp.TooSoon)
	})
	t.Run("its time ends while it sends", func(t *testing.T) {
		for answer, want := range map[otp.Delivery]otp.Outcome{otp.MaybeSent: otp.Unclear, otp.Accepted: otp.Sent} {
			w := newWorld(o.Open(t))
			w.Inbox.Answers = []otp.Delivery{answer}
			short, cancel := context.WithCancel(ctx)
			slow := w.Issuer
			slow.Sender = meanwhile{w.Inbox, cancel}
			if got, err := slow.Init(short, start("id", phone)); err != nil || got.Outcome != want {
				t.Errorf("%+v %v, want %s", got, err, want)
			}
			w.verify(t, "id", w.Inbox.last(t), otp.Passed) // the code is live
		}
	})
	t.Run("overtaken while sending", func(t *testing.T) {
		w := newWorld(o.Open(t))
		slow := w.Issuer
		slow.Sender = meanwhile{w.Inbox, func() {
			w.Clock.Advance(otp.Lease)
			w.init(t, start("id", phone), otp.Sent)
		}}
		w.Inbox.Answers = []otp.Delivery{otp.Accepted, otp.Refused} // the slow call's comes second
		if got, err := slow.Init(ctx, start("id", phone)); err != nil || got.Outcome != otp.InProgress {
			t.Errorf("%+v %v, want in progress", got, err)
		}
		w.init(t, start("id", phone), otp.Sent)
	})
	for name, wait := range map[string]time.Duration{"take-over": 0, "restart": 6 * time.Minute} {
		for n := 1; n <= 4; n++ { // look, take over or restart, spend, settle
			t.Run(fmt.Sprintf("%s, request %d fails", name, n), func(t *testing.T) {
				w := unclear(t)
				w.Clock.Advance(wait)
				broken, faulty := w.Issuer, failing(w.Store, nth(n, LostBefore))
				broken.Challenges, broken.Ledgers = faulty, faulty
				if got, err := broken.Init(ctx, start("id", phone)); err == nil || got.Outcome != "" {
					t.Errorf("%+v %v, want an error and no outcome", got, err)
				}
			})
		}
	}
	t.Run("swept between look and take-over", func(t *testing.T) {
		w := unclear(t)
		w.Issuer.Challenges = gone{w.Store}
		w.init(t, start("id", phone), otp.InProgress)
	})
	t.Run("a ledger that refuses for no reason is an error", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Issuer.Ledgers = stubborn{w.Store}
		if got, err := w.Issuer.Init(ctx, start("id", phone)); err == nil || got.Outcome != "" {
			t.Errorf("%v %v", got, err)
		}
	})

	// Of the stores.
	t.Run("keys are compared byte by byte", func(t *testing.T) {
		s := o.Open(t)
		for _, key := range []string{"C#demo#abc", "C#demo#abd"} {
			c := challenge(key)
			c.State = otp.MaybeDelivered
			put(t, s, c)
		}
		for _, key := range []string{"C#demo#%", "C#demo#ab_", "C#demo#ABC", "C#demo#ab", "C#demo#a*"} {
			w, err := s.TakeOver(ctx, otp.TakeOver{Key: key, From: "owner-1", Owner: "x", Lease: now + 99_999, Now: now + 60_000})
			applied(t, w, err, false, nil)
			a, err := s.Attempt(ctx, otp.Guess{Key: key, KeyVersion: 1, Digest: bytes32(7), Op: "op", Now: now})
			applied(t, a, err, false, nil)
			if w.Item != nil || a.Item != nil {
				t.Errorf("%s found %v %v", key, w.Item, a.Item)
			}
		}
		w, err := s.TakeOver(ctx, otp.TakeOver{Key: "C#demo#abc", From: "owner-1", Owner: "owner-2", Lease: now + 99_999, Now: now + 60_000})
		applied(t, w, err, true, nil)
		if got := stored(t, s, "C#demo#abd"); got.Owner != "owner-1" {
			t.Errorf("the neighbour's owner is %s", got.Owner)
		}
		w, err = s.TakeOver(ctx, otp.TakeOver{Key: "C#demo#abd", From: "OWNER-1", Owner: "x", Lease: now + 99_999, Now: now + 60_000})
		applied(t, w, err, false, nil)
		spent(t, s, spend("N#abc", "a", now), true)
		for _, key := range []string{"N#ABC", "N#%", "N#ab_"} {
			spent(t, s, spend(key, "a", now), true)
		}
		spent(t, s, spend("N#abc", "A", now.Add(time.Hour)), true)
	})
	t.Run("attempt: older key, part of the AuthID, operation in capitals", func(t *testing.T) {
		s := o.Open(t)
		c := challenge("C#demo#1")
		c.State, c.KeyVersion, c.Op = otp.Delivered, 2, "OP-0"
		put(t, s, c)
		for _, g := range []otp.Guess{{KeyVersion: 1}, {KeyVersion: 3}, {KeyVersion: 2, AuthID: c.AuthID[:8]}, {KeyVersion: 2, AuthID: "%"}, {KeyVersion: 2, User: "token#demo#1"}} {
			g.Key, g.Digest, g.Op, g.Now = c.Key, bytes32(7), "op-1", now
			w, err := s.Attempt(ctx, g)
			applied(t, w, err, false, &c)
		}
		w, err := s.Attempt(ctx, otp.Guess{Key: c.Key, KeyVersion: 2, Digest: bytes32(7), Op: "op-0", Now: now})
		applied(t, w, err, true, nil)
	})
	t.Run("a first send has a TTL, and old ones are dropped", func(t *testing.T) {
		s := o.Open(t)
		sp := spend("N#1", "a", now)
		spent(t, s, sp, true)
		if got := ledgerOf(t, s, "N#1", "a"); got.TTL != sp.TTL {
			t.Errorf("TTL %d, want %d", got.TTL, sp.TTL)
		}
		limits := otp.Limits{Windows: []otp.Window{{Sends: 3, In: time.Second}}, Unanswered: 1000}
		for n := range 40 {
			p := spend("N#2", fmt.Sprint(n), now.Add(time.Duration(n)*time.Minute))
			p.Limits = limits
			spent(t, s, p, true)
		}
		if got := ledgerOf(t, s, "N#2", "39"); len(got.Sends) < limits.Depth()+2 || len(got.Sends) >= limits.Depth()+12 || got.Unanswered != 40 {
			t.Errorf("%d sends kept of 40, %d unanswered", len(got.Sends), got.Unanswered)
		}
	})
}

type gone struct{ Store }

func (gone) TakeOver(context.Context, otp.TakeOver) (otp.Write, error) { return otp.Write{}, nil }

type stubborn struct{ Store }

func (stubborn) Spend(context.Context, otp.Spend) (otp.Spent, error) {
	return otp.Spent{Item: &otp.Ledger{}}, nil
}
