package storetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// purse is a quota with so many messages.
type purse struct {
	mu   sync.Mutex
	left int
}

func (p *purse) Stock(string, int) (reserve func(context.Context)) { return nil }

func (p *purse) Take(context.Context, string, int) (giveBack func(), wait time.Duration, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.left == 0 {
		return nil, time.Hour, nil
	}
	p.left--
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.left++
	}, 0, nil
}

// quotaBounds: each message that goes out uses one of the client's messages of the day, whichever call sends it, and
// nothing else uses any. Without one left, nothing is sent, and what is live stays as it is.
func quotaBounds(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	p := &purse{left: 4}
	w.Issuer.Quota = p
	has := func(left, messages int) {
		t.Helper()
		if p.left != left {
			t.Errorf("%d messages are left, want %d", p.left, left)
		}
		w.messages(t, messages)
	}
	with := func(id string, to otp.Phone) otp.Start {
		r := start(id, to)
		r.PerDay = 4
		return r
	}
	first := w.init(t, with("a", phone), otp.Sent)
	w.init(t, with("a", phone), otp.Sent) // a repeat
	w.init(t, with("b", phone), otp.TooSoon)
	has(3, 1)
	w.Clock.Advance(cooldown)
	resend := again("", first)
	resend.PerDay = 4
	w.resend(t, resend, otp.Sent)
	has(2, 2)
	w.Inbox.Answers = []otp.Delivery{otp.MaybeSent, otp.Refused}
	w.init(t, with("unclear", phone2), otp.Unclear)
	w.Clock.Advance(cooldown)
	w.init(t, with("refused", phone2), otp.Undeliverable)
	has(0, 3) // one of them was refused by the sender
	w.Clock.Advance(cooldown)
	if got := w.init(t, with("c", phone2), otp.TooSoon); got.Wait != time.Hour || got.Cause == nil {
		t.Errorf("%+v, want a wait of an hour and a cause", got)
	}
	w.init(t, with("c", phone2), otp.TooSoon)       // a repeat
	w.init(t, with("unclear", phone2), otp.Unclear) // its first copy may have arrived
	w.resend(t, resend, otp.TooSoon)
	w.init(t, with("a", phone), otp.Sent)
	has(0, 3)
	w.verify(t, "a", w.Inbox.Messages()[1].Code, otp.Passed)
	w.init(t, start("no limit", phone), otp.Sent)
	p.left = 1
	w.init(t, with("unclear", phone2), otp.Sent)
	has(0, 5)
}

// quotaAfterCrash repeats an init that crashed before its message was counted, when the client has no messages left. If
// the repeat made the code live, there would be guesses at a code that no ledger of the number counts.
func quotaAfterCrash(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	initCrashed(t, w)
	w.Clock.Advance(otp.Lease)
	p := &purse{}
	w.Issuer.Quota = p
	r := start("id", phone)
	r.PerDay = 4
	for range 2 {
		w.init(t, r, otp.InProgress)
		w.verify(t, "id", "000000", otp.Unknown)
	}
	p.left = 1
	w.init(t, r, otp.Sent)
	w.messages(t, 1)
}

// quotaGivenBack asks for a code again, and another call takes its challenge once the message is counted: the message
// does not go out, and the client has it again.
func quotaGivenBack(t *testing.T, o Opener) {
	for name, digits := range map[string]int{"again": 0, "another": 8} {
		w := newWorld(o.Open(t))
		p := &purse{left: 3}
		w.Issuer.Quota = p
		r := scenario("")
		r.PerDay, r.Policy.Cooldown = 4, 0
		w.send(t, r, otp.Sent)
		code, others, once := w.Inbox.last(t), w.Verifier, false
		w.Issuer.Ledgers = Decorate(w.Store, func(do func() error) error {
			err := do()
			if !once {
				once = true
				got, err := others.Verify(ctx, otp.Check{Client: "demo", ID: r.ID, Code: code})
				if err != nil || got.Outcome != otp.Passed {
					t.Errorf("%+v %v, want passed", got, err)
				}
			}
			return err
		})
		r.Digits = digits
		w.send(t, r, otp.InProgress)
		w.messages(t, 1)
		if p.left != 2 {
			t.Errorf("%s: %d messages are left, want 2", name, p.left)
		}
	}
}
