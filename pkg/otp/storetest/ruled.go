package storetest

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// testRuled decides about numbers before anything is counted.
func testRuled(t *testing.T, o Opener) {
	run(t, o, cases{
		{"an init that is refused takes one write", refusedInit},
		{"a send that is refused takes one write, and holds nobody up", refusedSend},
		{"a re-send that is refused leaves the code as it is", refusedResend},
		{"a re-send that is exempt is not counted by the guard", exemptResend},
	})
}

// blocked returns a request that the operator refuses for an hour.
func blocked(r otp.Start) otp.Start {
	r.Refusal, r.RefusalWait = otp.OperatorBlock, time.Hour
	return r
}

// recorded returns a world whose calls to the store are recorded.
func recorded(t *testing.T, o Opener) (*world, *recorder) {
	w := newWorld(o.Open(t))
	r := &recorder{Store: w.Store}
	w.Issuer.Ledgers, w.Issuer.Challenges = r, r
	return w, r
}

// took fails the test unless these calls were made since the last time.
func (r *recorder) took(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(r.calls, " "); got != want {
		t.Errorf("the calls are %q, want %q", got, want)
	}
	r.calls = nil
}

func refusedInit(t *testing.T, o Opener) {
	w, r := recorded(t, o)
	if got := w.init(t, blocked(start("id", phone)), otp.OperatorBlock); got.Wait != time.Hour {
		t.Errorf("the wait is %v", got.Wait)
	}
	r.took(t, "reserve")
	w.init(t, blocked(start("id", phone)), otp.OperatorBlock)
	w.init(t, start("id", phone), otp.OperatorBlock) // no block any more, but the call was answered
	r.took(t, "reserve reserve")
	w.init(t, start("next", phone), otp.Sent)
}

func refusedSend(t *testing.T, o Opener) {
	w, r := recorded(t, o)
	for range 3 {
		if got := w.send(t, blocked(scenario("")), otp.OperatorBlock); got.Wait != time.Hour {
			t.Errorf("the wait is %v", got.Wait)
		}
		r.took(t, "reserve")
	}
	w.send(t, scenario(""), otp.Sent) // at once
	code := w.Inbox.last(t)
	w.Clock.Advance(cooldown)
	r.calls = nil
	w.send(t, blocked(scenario("")), otp.OperatorBlock)
	r.took(t, "reserve")
	w.check(t, "", code, fiveMinutes, otp.Passed)
	w.send(t, blocked(scenario("")), otp.OperatorBlock) // the code that passed is over
	r.took(t, "reserve reserve")
	w.messages(t, 1)
}

func refusedResend(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	first := w.init(t, start("id", phone), otp.Sent)
	w.Clock.Advance(cooldown)
	for _, id := range []string{"", "r"} {
		r := again(id, first)
		r.Recipient = func(otp.Phone) otp.Decision {
			return otp.Decision{Refusal: otp.OperatorBlock, Wait: time.Hour}
		}
		if got := w.resend(t, r, otp.OperatorBlock); got.Wait != time.Hour {
			t.Errorf("the wait is %v", got.Wait)
		}
	}
	w.messages(t, 1)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
}

func exemptResend(t *testing.T, o Opener) {
	w, r := recorded(t, o)
	first := w.init(t, start("id", phone), otp.Sent)
	for _, exempt := range []bool{false, true} {
		w.Clock.Advance(cooldown)
		request := again("", first)
		request.Guard = guard.Policy{Mode: guard.Enforce, Young: 200, Shards: 1}
		request.Recipient = func(otp.Phone) otp.Decision { return otp.Decision{Exempt: exempt} }
		w.resend(t, request, otp.Sent)
		if counted := r.spent[len(r.spent)-1].Guard != nil; counted == exempt {
			t.Errorf("exempt %t: the guard was asked: %t", exempt, counted)
		}
	}
}
