package storetest

import (
	"fmt"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// signedAgain asks for a code once more, by a request that was signed at the present time.
func (w *world) signedAgain(id string, first otp.Started) otp.Resend {
	r := again(id, first)
	r.SignedAt = otp.MillisOf(w.Clock.Now())
	return r
}

// resendReplayed replays signed requests once the limits allow a message. A replay sends nothing and changes nothing,
// whether its own request was the latest one or not, and later requests go on.
func resendReplayed(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	first := w.init(t, start("id", phone), otp.Sent)
	w.Clock.Advance(cooldown)
	a := w.signedAgain("", first)
	w.resend(t, a, otp.Sent)
	replay := func(r otp.Resend, messages int) {
		t.Helper()
		before := stored(t, w.Store, otp.ChallengeKey("demo", "id"))
		w.resend(t, r, otp.InProgress)
		if after := stored(t, w.Store, before.Key); fmt.Sprintf("%+v", after) != fmt.Sprintf("%+v", before) {
			t.Errorf("a replay left %+v, want %+v", after, before)
		}
		w.messages(t, messages)
	}
	for range 3 {
		replay(a, 2)
		w.Clock.Advance(cooldown)
	}
	b := w.signedAgain("b", first) // with an id of its own, which its repeats go by
	w.resend(t, b, otp.Sent)
	w.Clock.Advance(cooldown)
	w.resend(t, b, otp.Sent)
	replay(a, 3)
	b.ID = ""
	replay(b, 3)
	w.resend(t, w.signedAgain("", first), otp.Sent)
	w.messages(t, 4)
	w.Clock.Advance(cooldown)
	w.resend(t, again("", first), otp.Sent) // one that nobody signed, by IAM
	w.Clock.Advance(time.Hour)
	w.resend(t, a, otp.Expired)
}

// resendSignedLost loses each request of a re-send in turn: it must go on when the store's client repeats the request,
// and a caller who signs again is served.
func resendSignedLost(t *testing.T, o Opener) {
	for _, fate := range []Fate{LostBefore, LostAfter} {
		for n := 4; n <= 6; n++ {
			w := newWorld(o.Lossy(t, nth(n, fate)))
			first := w.init(t, start("id", phone), otp.Sent) // requests 1, 2, 3
			w.Clock.Advance(cooldown)
			w.resend(t, w.signedAgain("", first), otp.Sent) // 4, 5, 6
			w.Clock.Advance(cooldown)
			w.resend(t, w.signedAgain("", first), otp.Sent)
			w.messages(t, 3)
		}
	}
}
