package storetest

import (
	"context"
	"errors"
	"testing"

	"countersign/pkg/otp"
)

// testHopeless sends further messages of challenges whose latest message has a receipt.
func testHopeless(t *testing.T, o Opener) {
	run(t, o, cases{
		{"a re-send after each receipt", resendAfterReceipt},
		{"a further send after each receipt", sendAfterReceipt},
		{"the latest message counts", latestReceipt},
		{"a receipt that comes before its message is settled", receiptBeforeSettle},
		{"an init reads no receipt, and neither does a process without receipts", initReadsNone},
		{"a receipt that cannot be read keeps no message back", unreadableReceipt},
	})
}

// withReceipts returns a world whose process reads receipts.
func withReceipts(t *testing.T, o Opener) *world {
	w := newWorld(o.Open(t))
	w.Issuer.Receipts = w.Store
	return w
}

// reports receives a receipt of the n-th message.
func (w *world) reports(t testing.TB, n int, reason otp.Reason) {
	t.Helper()
	at := otp.MillisOf(w.Clock.Now())
	receive(t, w.Store, otp.Receipt{MessageID: messageID(n), Reason: reason, At: at, TTL: at.Seconds()}, true)
}

func resendAfterReceipt(t *testing.T, o Opener) {
	for _, reason := range otp.Reasons() {
		w := withReceipts(t, o)
		first := w.init(t, start("id", phone), otp.Sent)
		w.reports(t, 1, reason)
		w.Clock.Advance(cooldown)
		want, messages := otp.Sent, 2
		if reason.State() == otp.MessageUndeliverable {
			want, messages = otp.Undeliverable, 1
		}
		got := w.resend(t, again("r", first), want)
		if (got.Cause != nil) != (want != otp.Sent) {
			t.Errorf("%s: the cause is %v", reason, got.Cause)
		}
		w.messages(t, messages)
		w.counted(t, messages)
		w.resend(t, again("r", first), want) // a repeat has the same answer
		if want != otp.Sent {
			w.resend(t, again("", first), want)
			w.resend(t, again("other", first), want)
		}
		w.messages(t, messages)
		w.counted(t, messages)
		w.verify(t, "id", w.Inbox.last(t), otp.Passed) // the code stays live: the receipt may be wrong
	}
}

func sendAfterReceipt(t *testing.T, o Opener) {
	for _, reason := range otp.Reasons() {
		w := withReceipts(t, o)
		w.send(t, scenario(""), otp.Sent)
		code := w.Inbox.last(t)
		w.reports(t, 1, reason)
		w.Clock.Advance(cooldown)
		if reason.State() != otp.MessageUndeliverable {
			w.send(t, scenario(""), otp.Sent)
			w.messages(t, 2)
			continue
		}
		w.send(t, scenario(""), otp.Undeliverable)
		other := scenario("")
		other.Digits = 8
		w.send(t, other, otp.Undeliverable) // the number is the same
		w.messages(t, 1)
		w.counted(t, 1)
		w.check(t, "", code, fiveMinutes, otp.Passed)
		w.send(t, scenario(""), otp.Sent) // a new challenge: the person may have opted in again
		w.messages(t, 2)
	}
}

func latestReceipt(t *testing.T, o Opener) {
	w := withReceipts(t, o)
	first := w.init(t, start("id", phone), otp.Sent)
	w.Clock.Advance(cooldown)
	w.resend(t, again("", first), otp.Sent)
	w.reports(t, 1, otp.ReasonInvalidNumber) // late
	w.Clock.Advance(cooldown)
	w.resend(t, again("", first), otp.Sent)
	w.reports(t, 3, otp.ReasonSpam)
	w.reports(t, 3, otp.ReasonOptedOut)
	w.Clock.Advance(cooldown)
	w.resend(t, again("", first), otp.Undeliverable)
	w.reports(t, 3, otp.ReasonArrived) // higher
	w.resend(t, again("", first), otp.Sent)
	w.messages(t, 4)
}

func receiptBeforeSettle(t *testing.T, o Opener) {
	w := withReceipts(t, o)
	w.Issuer.Sender = meanwhile{w.Inbox, func() { w.reports(t, 1, otp.ReasonOptedOut) }}
	first := w.init(t, start("id", phone), otp.Sent)
	w.Issuer.Sender = w.Inbox
	w.Clock.Advance(cooldown)
	w.resend(t, again("", first), otp.Undeliverable)
	w.messages(t, 1)
}

// reading is a reader of receipts that has a fault.
type reading struct {
	calls int
	fault error
}

func (r *reading) Receipt(context.Context, string) (*otp.Receipt, error) {
	r.calls++
	return nil, r.fault
}

func initReadsNone(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	first := w.init(t, start("id", phone), otp.Sent)
	w.reports(t, 1, otp.ReasonOptedOut)
	w.Clock.Advance(cooldown)
	w.resend(t, again("", first), otp.Sent) // it reads no receipts
	r := &reading{}
	w.Issuer.Receipts = r
	w.init(t, start("id", phone), otp.Sent)
	w.init(t, start("soon", phone), otp.TooSoon)
	w.Clock.Advance(cooldown)
	w.init(t, start("other", phone), otp.Sent)
	w.resend(t, again("soon", first), otp.TooSoon) // of a live challenge, so it reads one
	w.verify(t, "id", w.Inbox.Messages()[0].Code, otp.Passed)
	w.resend(t, again("used", first), otp.Used)
	if r.calls != 1 {
		t.Errorf("%d receipts are read, want 1", r.calls)
	}
}

func unreadableReceipt(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := &reading{fault: errors.New("away")}
	w.Issuer.Receipts = r
	first := w.init(t, start("id", phone), otp.Sent)
	w.Clock.Advance(cooldown)
	w.resend(t, again("", first), otp.Sent)
	w.Clock.Advance(cooldown)
	w.resend(t, again("r", first), otp.Sent)
	w.messages(t, 3)
	if r.calls != 2 {
		t.Errorf("%d receipts are read, want 2", r.calls)
	}
}
