package storetest

import (
	"testing"
	"time"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// testGivenBack counts messages that then do not go out, and further messages of a code.
func testGivenBack(t *testing.T, o Opener) {
	run(t, o, cases{
		{"a refund gives back what was charged, once", refundGivesBack},
		{"what the limit of all clients refuses is given back", sharedGivesChargeBack},
		{"what a newer ledger refuses is given back", newerGivesBack},
		{"what another call takes is given back", takenGivesBack},
		{"what the client's quota refuses is not counted", quotaChargesNothing},
		{"what the sender refuses stays counted", refusedStaysCharged},
		{"a re-send counts, and its refusal leaves the code as it is", resendIsCharged},
		{"a code of otp.send is refused, sent again and replaced", sendIsCharged},
		{"a call after a crash counts anew", crashIsCharged},
		{"a further copy that the guard refuses stays unclear", unclearIsRefused},
	})
}

func refundGivesBack(t *testing.T, o Opener) {
	s, hour := o.Open(t), now.Hour()
	sp := spend("N#1", "a", now)
	sp.Guard = &guard.Message{
		Policy: enforced, Numbers: guard.Numbers{Client: "demo", Region: "MY", Block: source(1)}, Hour: hour,
		Label: func() []byte { return []byte("label") },
	}
	got, err := s.Spend(ctx, sp)
	if err != nil || !got.Applied || len(got.Verdict.Charged) != 2 || got.Answered != 0 {
		t.Fatalf("%+v %v, want two charges", got, err)
	}
	refund := func(id string, charged ...guard.Charged) {
		t.Helper()
		if err := s.Refund(ctx, "N#1", id, charged...); err != nil {
			t.Fatal(err)
		}
	}
	refund("another", got.Verdict.Charged...)
	unanswered(t, s, 1, countryKey("MY"))
	for range 2 {
		refund("a", got.Verdict.Charged...)
	}
	unanswered(t, s, 0, countryKey("MY"))
	sp.ID = "b"
	if got, err = s.Spend(ctx, sp); err != nil || !got.Applied {
		t.Fatal(got, err)
	}
	late := got.Verdict.Charged
	for i := range late {
		kind := guard.KindOf(late[i].Key)
		charge(t, s, guard.Charge{Key: late[i].Key, Kind: kind, Hour: hour + 24, Base: 20000}, true)
	}
	refund("b", late...)
	unanswered(t, s, 1, countryKey("MY")) // what is a day old does not count any more
}

func sharedGivesChargeBack(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.NumberPerDay = 1
	r := block(0, 0)
	r.Client = "other"
	w.init(t, r, otp.Sent)
	w.init(t, block(0, 0), otp.TooMany)
	unanswered(t, w.Store, 0, countryKey("MY"))
	w.init(t, block(0, 1), otp.Sent)
	unanswered(t, w.Store, 1, countryKey("MY"))
}

func newerGivesBack(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Keys = Numbered(t, 2)
	w.init(t, knownAs("1", block(0, 0)), otp.Sent)
	w.Issuer.Keys = Numbered(t, 2, 1)
	w.init(t, knownAs("2", block(0, 0)), otp.TooSoon)
	unanswered(t, w.Store, 1, countryKey("MY"))
}

// asked is [scenario] for a client whose messages the guard counts.
func asked() otp.Start {
	r := scenario("")
	r.Region, r.Guard, r.Policy.Cooldown = "MY", enforced, 0
	return r
}

func takenGivesBack(t *testing.T, o Opener) {
	for name, digits := range map[string]int{"again": 0, "another": 8} {
		w := newWorld(o.Open(t))
		r := asked()
		w.send(t, r, otp.Sent)
		code, once := w.Inbox.last(t), false
		w.Issuer.Ledgers = Decorate(w.Store, func(do func() error) error {
			err := do()
			if !once {
				once = true
				w.check(t, "", code, 0, otp.Passed)
			}
			return err
		})
		r.Digits = digits
		w.send(t, r, otp.InProgress)
		w.messages(t, 1)
		if n := guard.Sum(entry(t, w.Store, countryKey("MY")).Unanswered); n != 1 {
			t.Errorf("%s: %d messages are counted, want 1", name, n)
		}
		unanswered(t, w.Store, 1, countryKey("MY"))
	}
}

func quotaChargesNothing(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	p := &purse{left: 1}
	w.Issuer.Quota = p
	r := block(0, 0)
	r.PerDay = 1
	w.init(t, r, otp.Sent)
	other := block(0, 1)
	other.PerDay = 1
	w.init(t, other, otp.TooSoon)
	unanswered(t, w.Store, 1, countryKey("MY"))
	p.left = 1
	w.init(t, block(0, 5), otp.Sent)
	p.left = 1
	third := block(0, 2)
	third.PerDay, third.Guard.Young = 1, 1
	w.init(t, third, otp.OverClient)
	if p.left != 1 {
		t.Error("a message that the guard refuses uses one of the client's quota")
	}
}

func refusedStaysCharged(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Inbox.Answers = []otp.Delivery{otp.Refused, otp.MaybeSent}
	w.init(t, block(0, 0), otp.Undeliverable)
	w.init(t, block(0, 1), otp.Unclear)
	unanswered(t, w.Store, 2, countryKey("MY"))
	w.tagged(t, block(0, 0).ID)
	w.tagged(t, block(0, 1).ID)
}

func resendIsCharged(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	first := w.sends(t, 0, 0, 1, otp.Sent)
	was := stored(t, w.Store, otp.ChallengeKey("demo", block(0, 0).ID)).Guard
	resend := func(id string, want otp.Outcome) otp.Started {
		t.Helper()
		w.Clock.Advance(cooldown)
		r := again(id, first)
		r.Guard = enforced
		return w.resend(t, r, want)
	}
	resend("", otp.Sent)
	w.sends(t, 0, 2, roomOfBlock-1, otp.Sent)
	resend("b", otp.Sent)
	for _, id := range []string{"", "c", "c"} {
		got := resend(id, otp.OverBlock)
		if id != "c" && got.Wait <= 22*time.Hour {
			t.Errorf("re-send %q: wait %v, want that of the block", id, got.Wait)
		}
	}
	c := stored(t, w.Store, otp.ChallengeKey("demo", block(0, 0).ID))
	if string(c.Guard) != string(was) {
		t.Errorf("re-sends changed the tag to %x", c.Guard)
	}
	unanswered(t, w.Store, roomOfBlock, countryKey("MY"))
	w.messages(t, roomOfBlock)
	w.verify(t, block(0, 0).ID, w.codeOf(t, block(0, 0).ID), otp.Passed)
}

func sendIsCharged(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := asked()
	r.Guard.Young = 2 // and one is the country's own
	w.send(t, r, otp.Sent)
	w.send(t, r, otp.Sent) // again
	code := w.Inbox.last(t)
	r.Digits = 8
	w.send(t, r, otp.Sent) // replaced
	unanswered(t, w.Store, 3, countryKey("MY"))
	code, old := w.Inbox.last(t), code
	for _, r.Digits = range []int{8, 6} {
		if got := w.send(t, r, otp.OverClient); got.Wait <= 23*time.Hour {
			t.Errorf("wait %v", got.Wait)
		}
	}
	w.check(t, "", old, 0, otp.Unmatched)
	w.check(t, "", code, 0, otp.Passed) // the refusals left it as it was
	for range 2 {
		w.send(t, r, otp.OverClient)
	}
	c := stored(t, w.Store, otp.ChallengeKey("demo", r.ID))
	if _, young, _ := w.tagged(t, r.ID); c.State != otp.Failed || c.Result != otp.OverClient || !young {
		t.Errorf("stored are %s %s and the tag %x", c.State, c.Result, c.Guard)
	}
	unanswered(t, w.Store, 3, countryKey("MY"))
	w.messages(t, 3)
	w.toHour(w.hour() + 24)
	w.send(t, r, otp.Sent)
}

func crashIsCharged(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := block(0, 0)
	crashing := w.Issuer
	crashing.Ledgers = failing(w.Store, forever(1, LostAfter)) // counted, and not given back
	crashing.Challenges = failing(w.Store, nth(2, LostBefore)) // the write that gives up the lease
	if _, err := crashing.Init(ctx, r); err == nil {
		t.Fatal("the init did not fail")
	}
	unanswered(t, w.Store, 1, countryKey("MY"))
	w.Clock.Advance(otp.Lease)
	w.init(t, r, otp.Unclear)
	unanswered(t, w.Store, 1, countryKey("MY"))
	w.Clock.Advance(cooldown)
	w.init(t, r, otp.Sent)
	unanswered(t, w.Store, 2, countryKey("MY"))
	w.messages(t, 1)
	w.tagged(t, r.ID)
}

func unclearIsRefused(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
	w.init(t, block(0, 0), otp.Unclear)
	w.sends(t, 0, 1, roomOfBlock, otp.Sent)
	w.Clock.Advance(cooldown)
	for n := range 2 {
		if got := w.init(t, block(0, 0), otp.Unclear); got.Cause == nil || got.Wait <= 22*time.Hour {
			t.Errorf("call %d: %+v, want the block as the cause", n, got)
		}
	}
	w.verify(t, block(0, 0).ID, w.codeOf(t, block(0, 0).ID), otp.Passed)
	w.messages(t, roomOfBlock)
	unanswered(t, w.Store, roomOfBlock, countryKey("MY"))
	w.init(t, knownAs("next", block(0, 0)), otp.OverBlock) // nothing credits the answer here
}
