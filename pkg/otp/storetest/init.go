package storetest

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testInit looks at what an init sends and stores.
func testInit(t *testing.T, o Opener) {
	run(t, o, cases{
		{"the message goes to the number, carries the code and names its challenge", initMessage},
		{"the challenge is reserved with all its limits", initChallenge},
		{"a ledger outlives every pause", ledgerOutlivesPause},
		{"each call writes in this order", writesInOrder},
	})
}

func initMessage(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	started := w.init(t, start("id", phone), otp.Sent)
	m := w.Inbox.Messages()[0]
	if m.Client != "demo" || m.AuthID != started.AuthID {
		t.Errorf("the message is of challenge %q of client %q", m.AuthID, m.Client)
	}
	if m.To != phone || m.Text != string(m.Code)+" is your code for 5m0s" || len(m.Code) != 6 {
		t.Error("the message does not go to the number, or its text lacks the code")
	}
}

func initChallenge(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := &recorder{Store: w.Store}
	w.Issuer.Ledgers, w.Issuer.Challenges = r, r
	w.init(t, start("id", phone), otp.Sent)
	c, sentAt := r.reserved[0], otp.MillisOf(epoch)
	if c.SentAt != sentAt || c.ExpiresAt != sentAt.Add(5*time.Minute) || c.Lease != sentAt.Add(otp.Lease) ||
		c.TTL != c.ExpiresAt.Add(24*time.Hour).Seconds() {
		t.Errorf("the times of the challenge are wrong: %+v", c)
	}
	if string(c.Guess) != "-" || c.Op != "-" || c.Attempts != 0 || c.Max != 5 {
		t.Errorf("the attempts of the challenge are wrong: %+v", c)
	}
}

func ledgerOutlivesPause(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := &recorder{Store: w.Store}
	w.Issuer.Ledgers = r
	w.init(t, start("id", phone), otp.Sent)
	if got, want := r.spent[0].TTL, r.spent[0].Now.Add(30*24*time.Hour).Seconds(); got != want {
		t.Errorf("the TTL of the ledger is %d, want %d", got, want)
	}
}

// writesInOrder holds each call to its writes: which they are, their order and
// their number (docs/costs.md counts them).
func writesInOrder(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := &recorder{Store: w.Store, Inbox: w.Inbox}
	w.Issuer.Ledgers, w.Issuer.Challenges, w.Issuer.Sender = r, r, r
	var first otp.Started
	call := func(want otp.Outcome, init func() (otp.Started, error)) func() {
		return func() {
			got, err := init()
			if err != nil || got.Outcome != want {
				t.Errorf("%+v %v, want %s", got, err, want)
			}
			if first.AuthID == "" {
				first = got
			}
		}
	}
	initOf := func(id string, to otp.Phone, want otp.Outcome) func() {
		return call(want, func() (otp.Started, error) { return w.Issuer.Init(ctx, start(id, to)) })
	}
	sendOf := func(digits int, want otp.Outcome) func() {
		r := scenario("")
		r.Digits = digits
		return call(want, func() (otp.Started, error) { return w.Issuer.Send(ctx, r) })
	}
	resendOf := func(id string, want otp.Outcome) func() {
		return call(want, func() (otp.Started, error) { return w.Issuer.Resend(ctx, again(id, first)) })
	}
	answered := func(answer otp.Delivery, call func()) func() {
		return func() { w.Inbox.Answers = []otp.Delivery{answer}; call() }
	}
	for _, step := range []struct {
		name, want string
		call       func()
	}{
		{"an init", "reserve spend send settle", initOf("id", phone, otp.Sent)},
		{"its repeat", "reserve", initOf("id", phone, otp.Sent)},
		{"a re-send", "reserve claim spend send settle settle", resendOf("r", otp.Sent)},
		{"its repeat", "reserve", resendOf("r", otp.Sent)},
		{"a re-send without an id", "claim spend send settle", resendOf("", otp.Sent)},
		{"a send", "reserve spend send settle", sendOf(0, otp.Sent)},
		{"the same code again", "reserve spend claim send settle", sendOf(0, otp.Sent)},
		{"an init over a limit", "reserve spend settle", initOf("many", phone, otp.TooMany)},
		{"another code over a limit", "reserve spend", sendOf(8, otp.TooMany)},
		{"the same code over a limit", "reserve spend", sendOf(0, otp.TooMany)},
		{"refused by the sender", "reserve spend send settle",
			answered(otp.Refused, initOf("refused", phone2, otp.Undeliverable))},
		{"unclear", "reserve spend send settle", answered(otp.MaybeSent, initOf("unclear", phone2, otp.Unclear))},
		{"its repeat", "reserve take over spend send settle", initOf("unclear", phone2, otp.Sent)},
	} {
		w.Clock.Advance(cooldown)
		r.calls = nil
		step.call()
		if got := strings.Join(r.calls, " "); got != step.want {
			t.Errorf("%s: the calls are %q, want %q", step.name, got, step.want)
		}
	}
}
