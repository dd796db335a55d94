package changestest

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
)

func (l *Life) passes() {
	for _, wrong := range []int{0, 2, 4} {
		id := fmt.Sprint("passes after ", wrong)
		auth := l.init(l.start(id), otp.Sent)
		l.wants(auth, changes.Sent, -1)
		for n := range wrong {
			l.verify(id, l.wrong(), otp.Unmatched)
			l.wants(auth, changes.Failed, 4-n)
		}
		l.verify(id, l.code, otp.Passed)
		l.wants(auth, changes.Passed, 4-wrong)
		l.verify(id, l.code, otp.Used) // changes nothing
	}
}

func (l *Life) exhausts() {
	auth := l.init(l.start("exhausts"), otp.Sent)
	l.wants(auth, changes.Sent, -1)
	for n := range 4 {
		l.verify("exhausts", l.wrong(), otp.Unmatched)
		l.wants(auth, changes.Failed, 4-n)
	}
	l.verify("exhausts", l.wrong(), otp.Exhausted)
	l.wants(auth, changes.Exhausted, 0)
	l.verify("exhausts", l.code, otp.Locked)
	l.wants(auth, changes.Expired, 0) // when it is swept
}

func (l *Life) expires() {
	auth := l.init(l.start("expires"), otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.verify("expires", l.wrong(), otp.Unmatched)
	l.wants(auth, changes.Failed, 4)
	l.wants(auth, changes.Expired, 4) // when it is swept
}

func (l *Life) isRefused() {
	first := l.start("first")
	auth := l.init(first, otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.wants(auth, changes.Expired, 5) // when it is swept
	soon := first
	soon.ID, soon.Fingerprinted = "too soon", nil
	l.refused(l.init(soon, otp.TooSoon), otp.TooSoon)
	l.init(soon, otp.TooSoon) // again: no further fact
	l.answers = []otp.Delivery{otp.Refused}
	l.refused(l.init(l.start("undeliverable"), otp.Undeliverable), otp.Undeliverable)
	for _, why := range []otp.Outcome{otp.Blocked, otp.NoUser} {
		r := l.start(string(why))
		r.User, r.Refusal, r.To, r.Mask, r.Region = "user", why, "", "", ""
		if auth := l.init(r, why); why != otp.NoUser { // which has no fact
			l.refused(auth, why)
		}
	}
}

func (l *Life) isUnclear() {
	l.answers = []otp.Delivery{otp.MaybeSent, otp.MaybeSent}
	r := l.start("unclear twice")
	auth := l.init(r, otp.Unclear)
	l.init(r, otp.Unclear) // in the cooldown: it sends nothing
	l.Now = l.Now.Add(30 * time.Second)
	l.init(r, otp.Unclear)
	l.Now = l.Now.Add(30 * time.Second)
	l.init(r, otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.wants(auth, changes.Expired, 5)

	l.answers = []otp.Delivery{otp.MaybeSent}
	auth = l.init(l.start("unclear for ever"), otp.Unclear)
	l.wants(auth, changes.Expired, 5)

	l.answers = []otp.Delivery{otp.MaybeSent}
	r = l.start("arrived all the same")
	auth = l.init(r, otp.Unclear)
	l.verify(r.ID, l.code, otp.Passed)
	l.wants(auth, changes.Passed, 4)
	l.init(r, otp.Sent)
	l.wants(auth, changes.Sent, -1)

	for _, why := range []otp.Outcome{otp.Blocked, otp.NoUser} {
		l.answers = []otp.Delivery{otp.MaybeSent}
		r = l.start(string(why) + " meanwhile")
		auth = l.init(r, otp.Unclear)
		r.Refusal = why
		if l.init(r, why); why != otp.NoUser {
			l.refused(auth, why)
		}
	}
}

func (l *Life) isSentAgain() {
	auth := l.init(l.start("sent again"), otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.verify("sent again", l.wrong(), otp.Unmatched)
	l.wants(auth, changes.Failed, 4)
	l.resend(auth, "too soon", otp.TooSoon) // no fact about the challenge
	l.Now = l.Now.Add(30 * time.Second)
	l.resend(auth, "again", otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.Now = l.Now.Add(30 * time.Second)
	l.resend(auth, "", otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.verify("sent again", l.code, otp.Passed)
	l.wants(auth, changes.Passed, 3)
	l.resend(auth, "passed", otp.Used)
}

func (l *Life) isReplaced() {
	r := l.start("scenario")
	r.Fingerprinted = nil
	auth := l.send(r, otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.verify(r.ID, l.wrong(), otp.Unmatched)
	l.wants(auth, changes.Failed, 4)
	l.send(r, otp.TooSoon) // the live code again: refused, and no fact follows
	l.Now = l.Now.Add(30 * time.Second)
	l.send(r, otp.Sent) // the live code again
	l.wants(auth, changes.Sent, -1)
	l.Now = l.Now.Add(10 * time.Minute)
	l.wants(auth, changes.Expired, 4)
	l.send(r, otp.Sent) // another one
	l.wants(auth, changes.Sent, -1)
	l.verify(r.ID, l.wrong(), otp.Unmatched)
	l.wants(auth, changes.Failed, 4)
	l.verify(r.ID, l.wrong(), otp.Unmatched)
	l.wants(auth, changes.Failed, 3)
	l.Now = l.Now.Add(30 * time.Second)
	r.Digits = 8
	l.send(r, otp.Sent) // in the place of a live one, with the attempts that it had left
	l.wants(auth, changes.Sent, -1)
	l.verify(r.ID, l.wrong(), otp.Unmatched)
	l.wants(auth, changes.Failed, 2)
	l.verify(r.ID, l.code, otp.Passed)
	l.wants(auth, changes.Passed, 1)
	l.send(r, otp.TooSoon) // after a pass it is a new challenge, refused at once
	l.refused(auth, otp.TooSoon)
	l.send(r, otp.TooSoon) // again, for the same reason: no further fact
}

// isRestored replaces a challenge by one whose message is refused: the person may still use
// the first code. The first challenge had itself replaced another one.
func (l *Life) isRestored() {
	for _, answer := range []otp.Delivery{otp.Accepted, otp.MaybeSent} {
		r := l.start(fmt.Sprint("restored ", answer))
		r.Fingerprinted = nil
		auth := l.send(r, otp.Sent)
		l.wants(auth, changes.Sent, -1)
		for left := range 2 {
			l.verify(r.ID, l.wrong(), otp.Unmatched)
			l.wants(auth, changes.Failed, 4-left)
		}
		l.Now = l.Now.Add(30 * time.Second)
		l.answers = []otp.Delivery{answer, otp.Refused}
		r.Digits = 7
		if answer == otp.Accepted {
			l.send(r, otp.Sent)
			l.wants(auth, changes.Sent, -1)
		} else {
			l.send(r, otp.Unclear)
		}
		code := l.code
		l.verify(r.ID, l.wrong(), otp.Unmatched)
		l.wants(auth, changes.Failed, 2)
		l.Now = l.Now.Add(30 * time.Second)
		r.Digits = 8
		l.refused(l.send(r, otp.Undeliverable), otp.Undeliverable)
		l.code = code
		l.verify(r.ID, l.wrong(), otp.Unmatched)
		l.wants(auth, changes.Failed, 1)
		if answer == otp.Accepted {
			l.verify(r.ID, code, otp.Passed)
			l.wants(auth, changes.Passed, 0)
		} else {
			l.wants(auth, changes.Expired, 1)
		}
	}
}

// isReported receives receipts of a message, some twice, late or in a wrong order. One of another message comes
// before anything is known about that one.
func (l *Life) isReported() {
	auth := l.init(l.start("reported"), otp.Sent)
	l.wants(auth, changes.Sent, -1)
	l.wants(auth, changes.Expired, 5)
	for _, r := range []struct {
		reason otp.Reason
		kind   changes.Kind // "" if no fact follows
	}{
		{otp.ReasonSilence, changes.Undelivered},
		{otp.ReasonPhoneUnreachable, ""}, // higher, but of the same state
		{otp.ReasonExpired, changes.MessageExpired},
		{otp.ReasonNetworkUnreachable, ""}, // lower
		{otp.ReasonSpam, changes.Blocked},
		{otp.ReasonSpam, ""}, // the same
		{otp.ReasonOptedOut, changes.Undelivered},
		{otp.ReasonArrived, changes.Delivered},
		{otp.ReasonAccepted, ""},
	} {
		l.receive(auth, l.messages, r.reason)
		if r.kind != "" {
			l.wants(auth, r.kind, -1, string(r.reason))
		}
	}
	l.receive("", l.messages+1000, otp.ReasonInvalidNumber)
	l.wants("", changes.Undelivered, -1, string(otp.ReasonInvalidNumber))
}

// receive receives a receipt of a message.
func (l *Life) receive(authID string, message int, reason otp.Reason) {
	l.t.Helper()
	r := otp.Receipt{
		MessageID: messageID(message), Reason: reason, Network: "502-12", At: l.Now, Parts: 1, Price: 6450,
		TTL: l.Now.Add(otp.ReceiptMemory).Seconds(),
	}
	r.Reported = otp.Reported{Client: l.client, AuthID: authID, Region: "MY", Mask: "+*******0001"}
	if _, err := l.receipts.Receive(l.t.Context(), r); err != nil {
		l.t.Fatal(err)
	}
}

// crashes leaves a challenge that was never sent, and one whose message was not
// settled.
func (l *Life) crashes() {
	alive := l.issuer
	defer func() { l.issuer = alive }()
	for _, id := range []string{"crashed before its message", "crashed after it"} {
		r := l.start(id)
		l.issuer.Challenges = dead{alive.Challenges}
		if id == "crashed before its message" {
			l.issuer.Ledgers = unspent{alive.Ledgers}
		} else {
			l.issuer.Ledgers = alive.Ledgers
		}
		if _, err := l.issuer.Init(l.t.Context(), r); err == nil {
			l.t.Fatalf("%s: no error", id)
		}
		l.made(r)
	}
	l.Now = l.Now.Add(72 * time.Hour)
}

var errDead = errors.New("the process ended")

// dead and unspent fail as if the process had ended.
type (
	dead    struct{ otp.Challenges }
	unspent struct{ otp.Ledgers }
)

func (dead) Settle(context.Context, otp.Settlement) (otp.Write, error) {
	return otp.Write{}, errDead
}

func (unspent) Spend(context.Context, otp.Spend) (otp.Spent, error) { return otp.Spent{}, errDead }
