package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testCrashes breaks an init at each of its steps. The same id brings it to an end
// within one lease, or one cooldown if its message was counted (P4, P6, P17).
func testCrashes(t *testing.T, o Opener) {
	run(t, o, cases{
		{"each write fails in turn", eachWriteFails},
		{"each write of a retry fails in turn", eachRetryWriteFails},
		{"stopped for longer than the lease", stoppedTooLong},
		{"a take-over that fails leaves a live code alive", failedTakeOver},
		{"a message that could not be counted may be tried again at once", uncountedRetry},
		{"a message whose count has no answer is given back", countAnswerLost},
		{"a message that could not be given back waits for the cooldown", countNotGivenBack},
		{"the time of the call ends while it sends", timeEndsWhileSending},
		{"taken over while it sends", overtaken},
		{"no restart before the lease is over", noRestartInLease},
		{"another call restarts first", lostRestart},
		{"a restart whose first answer is lost", restartAnswerLost},
		{"the item is swept before the take-over", sweptBeforeTakeOver},
		{"a ledger that refuses for no reason is an error", refusedForNoReason},
		{"an attempt that fails is neither passed nor wrong", failedAttempt},
	})
}

// eachWriteFails fails each write of an init, before and after it is applied, with a
// caller that tries the same id again.
func eachWriteFails(t *testing.T, o Opener) {
	for _, answer := range []otp.Delivery{otp.Accepted, otp.MaybeSent, otp.Refused} {
		for _, fate := range []Fate{LostBefore, LostAfter} {
			for n := 1; n <= 4; n++ {
				name := fmt.Sprintf("sender answers %d, %s write %d", answer, fate, n)
				t.Run(name, func(t *testing.T) { crash(t, o, answer, nth(n, fate)) })
			}
		}
	}
}

// crash runs an init that fails at one write, and then retries it as a merchant does:
// at once, and again when the lease is over.
func crash(t *testing.T, o Opener, answer otp.Delivery, next func() Fate) {
	w := newWorld(o.Open(t))
	w.Inbox.Answers = []otp.Delivery{answer}
	broken, faulty := w.Issuer, failing(w.Store, next)
	broken.Challenges, broken.Ledgers = faulty, faulty
	first, err := broken.Init(ctx, start("id", phone))
	if err != nil && first.Outcome != "" {
		t.Fatalf("an error has the outcome %s, want none", first.Outcome)
	}
	if err == nil && first.Outcome == otp.Undeliverable {
		w.init(t, start("id", phone), otp.Undeliverable)
		return
	}
	calls, final := 1, first
	for final.Outcome != otp.Sent && final.Outcome != otp.Undeliverable {
		if w.Clock.Now().After(epoch.Add(otp.Lease + cooldown)) {
			t.Fatalf("still %q after a lease and a cooldown", final.Outcome)
		}
		calls++
		if final, err = w.Issuer.Init(ctx, start("id", phone)); err != nil {
			t.Fatal(err)
		}
		if final.Outcome == otp.InProgress || final.Outcome == otp.Unclear {
			w.Clock.Advance(otp.Lease)
		}
	}
	messages := w.Inbox.Messages()
	if len(messages) > calls {
		t.Errorf("%d messages for %d calls", len(messages), calls)
	}
	if final.Outcome == otp.Undeliverable {
		return
	}
	for _, m := range messages {
		if m.Code != messages[0].Code {
			t.Error("two messages carry two codes")
		}
	}
	w.verify(t, "id", messages[0].Code, otp.Passed)
	w.init(t, start("next", phone), otp.TooSoon) // the message was counted
}

// eachRetryWriteFails fails each write of a call that takes over an unclear challenge
// or restarts an expired one.
func eachRetryWriteFails(t *testing.T, o Opener) {
	for name, wait := range map[string]time.Duration{"take-over": cooldown, "restart": 6 * time.Minute} {
		for n := 1; n <= 4; n++ { // reserve, take over or restart, spend, settle
			t.Run(fmt.Sprintf("%s, request %d fails", name, n), func(t *testing.T) {
				w := unclear(t, o)
				w.Clock.Advance(wait)
				broken, faulty := w.Issuer, failing(w.Store, nth(n, LostBefore))
				broken.Challenges, broken.Ledgers = faulty, faulty
				w.initFails(t, broken)
			})
		}
	}
}

func stoppedTooLong(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Ledgers = &decorated{w.Store, func(call func() error) error {
		err := call()
		w.Clock.Advance(otp.Lease)
		return err
	}}
	w.init(t, start("id", phone), otp.InProgress)
	if got := len(w.Inbox.Messages()); got != 0 {
		t.Errorf("a call whose lease is over sent %d messages", got)
	}
	w.Issuer.Ledgers = w.Store
	w.init(t, start("id", phone), otp.Unclear) // it found the message counted
	w.Clock.Advance(cooldown - otp.Lease)
	w.init(t, start("id", phone), otp.Sent)
}

func failedTakeOver(t *testing.T, o Opener) {
	w := unclear(t, o)
	broken := w.Issuer
	broken.Ledgers = failing(w.Store, nth(1, LostBefore))
	w.initFails(t, broken)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
}

func uncountedRetry(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	broken := w.Issuer
	broken.Ledgers = failing(w.Store, nth(1, LostBefore))
	w.initFails(t, broken)
	w.init(t, start("id", phone), otp.Sent)
}

func countAnswerLost(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	broken := w.Issuer
	broken.Ledgers = failing(w.Store, nth(1, LostAfter))
	w.initFails(t, broken)
	w.messages(t, 0)
	w.init(t, start("id", phone), otp.Sent)
	w.counted(t, 1)
}

func countNotGivenBack(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	broken := w.Issuer
	broken.Ledgers = failing(w.Store, forever(1, LostAfter))
	w.initFails(t, broken)
	// For all that the second call knows, the first may have sent its message.
	if got := w.init(t, start("id", phone), otp.Unclear); got.Cause == nil {
		t.Error("an unclear init has no cause")
	}
	w.messages(t, 0)
	w.Clock.Advance(cooldown)
	w.init(t, start("id", phone), otp.Sent)
	w.counted(t, 2)
}

func timeEndsWhileSending(t *testing.T, o Opener) {
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
}

func overtaken(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	slow := w.Issuer
	slow.Sender = meanwhile{w.Inbox, func() {
		w.Clock.Advance(max(otp.Lease, cooldown))
		w.init(t, start("id", phone), otp.Sent)
	}}
	w.Inbox.Answers = []otp.Delivery{otp.Accepted, otp.Refused} // the slow call gets the second answer
	if got, err := slow.Init(ctx, start("id", phone)); err != nil || got.Outcome != otp.InProgress {
		t.Errorf("%+v %v, want in progress", got, err)
	}
	w.init(t, start("id", phone), otp.Sent)
}

func noRestartInLease(t *testing.T, o Opener) {
	w := unclear(t, o)
	w.Clock.Advance(otp.DefaultPolicy().Validity - time.Millisecond)
	busy := w.Issuer // takes over at the last moment, and is slow
	busy.Sender = meanwhile{w.Inbox, func() {
		w.Clock.Advance(time.Second)
		w.init(t, start("id", phone), otp.InProgress)
	}}
	if got, err := busy.Init(ctx, start("id", phone)); err != nil || got.Outcome != otp.Sent {
		t.Errorf("%+v %v, want sent", got, err)
	}
	w.messages(t, 2)
}

func lostRestart(t *testing.T, o Opener) {
	w := unclear(t, o)
	w.Clock.Advance(6 * time.Minute)
	late := w.Issuer
	calls := 0
	late.Challenges = &decorated{w.Store, func(call func() error) error {
		if calls++; calls == 2 { // after it found the old challenge, before its own restart
			w.init(t, start("id", phone), otp.Sent)
		}
		return call()
	}}
	if got, err := late.Init(ctx, start("id", phone)); err != nil || got.Outcome != otp.InProgress {
		t.Errorf("%v %v, want in progress", got.Outcome, err)
	}
	w.messages(t, 2)
}

func restartAnswerLost(t *testing.T, o Opener) {
	count := 0 // requests 1 to 3 make it unclear, 4 finds it, 5 restarts it
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
}

func sweptBeforeTakeOver(t *testing.T, o Opener) {
	w := unclear(t, o)
	w.Issuer.Challenges = swept{w.Store}
	w.init(t, start("id", phone), otp.InProgress)
}

func refusedForNoReason(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Ledgers = stubborn{w.Store}
	w.initFails(t, w.Issuer)
}

func failedAttempt(t *testing.T, o Opener) {
	for _, fate := range []Fate{LostBefore, LostAfter} {
		w := newWorld(o.Open(t))
		w.init(t, start("id", phone), otp.Sent)
		v := w.Verifier
		v.Challenges = failing(w.Store, nth(1, fate))
		w.verifyFails(t, v)
	}
}
