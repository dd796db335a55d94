package storetest

import (
	"fmt"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testLostAnswers loses each request in turn, before and after it is applied,
// under a client that repeats it: nobody may notice (P3).
func testLostAnswers(t *testing.T, o Opener) {
	for _, fate := range []Fate{LostBefore, LostAfter} {
		for n := 1; n <= 17; n++ {
			t.Run(fmt.Sprintf("%s request %d", fate, n), func(t *testing.T) {
				w := newWorld(o.Lossy(t, nth(n, fate)))
				first := w.init(t, start("id", phone), otp.Sent)             // requests 1, 2, 3
				code := w.Inbox.last(t)                                      //
				w.verify(t, "id", wrong(code, 0), otp.Unmatched)             // 4
				w.verify(t, "id", code, otp.Passed)                          // 5
				w.verify(t, "id", code, otp.Used)                            // 6
				w.Inbox.Answers = []otp.Delivery{otp.Refused, otp.MaybeSent} //
				w.Clock.Advance(30 * time.Second)                            //
				w.init(t, start("refused", phone), otp.Undeliverable)        // 7, 8, 9, 10
				w.init(t, start("unclear", phone), otp.Unclear)              // 11, 12, 13
				w.init(t, start("unclear", phone), otp.Sent)                 // 14, 15, 16, 17
				if again := w.init(t, start("id", phone), otp.Sent); again.AuthID != first.AuthID {
					t.Errorf("replayed %s, first %s", again.AuthID, first.AuthID)
				}
				if got := len(w.Inbox.Messages()); got != 3 {
					t.Errorf("%d messages, want 3", got)
				}
				ledger := ledgerOf(t, w.Store, Keys().LedgerKeys("demo", phone)[0], otp.SendID(stored(t, w.Store, otp.ChallengeKey("demo", "id")).Seed))
				if len(ledger.Sends) != 2 {
					t.Errorf("%d sends counted, want 2", len(ledger.Sends))
				}
			})
		}
	}
}

// testLostResends does the same with further messages of a code.
func testLostResends(t *testing.T, o Opener) {
	for _, fate := range []Fate{LostBefore, LostAfter} {
		for n := 4; n <= 15; n++ {
			t.Run(fmt.Sprintf("%s request %d", fate, n), func(t *testing.T) {
				w := newWorld(o.Lossy(t, nth(n, fate)))
				first := w.init(t, start("id", phone), otp.Sent) // requests 1, 2, 3
				w.Clock.Advance(time.Minute)                     //
				w.resend(t, again("r", first), otp.Sent)         // 4, 5, 6, 7, 8
				w.Clock.Advance(time.Minute)                     //
				w.send(t, scenario(""), otp.Sent)                // 9, 10, 11
				w.Clock.Advance(time.Minute)                     //
				w.send(t, scenario(""), otp.Sent)                // 12, 13, 14, 15
				m := w.Inbox.Messages()
				if len(m) != 4 || m[0].Code != m[1].Code || m[2].Code != m[3].Code {
					t.Errorf("%d messages, want 4 with two codes", len(m))
				}
				ledger := ledgerOf(t, w.Store, Keys().LedgerKeys("demo", phone)[0], otp.SendID(stored(t, w.Store, otp.ChallengeKey("demo", "id")).Seed))
				if len(ledger.Sends) != 4 {
					t.Errorf("%d sends counted, want 4", len(ledger.Sends))
				}
			})
		}
	}
}

func (f Fate) String() string {
	return [...]string{"through", "lost", "lost answer of"}[f]
}

// testCrashes fails each write of an init in turn, before and after it was
// applied, with a caller that tries the same id again (P4, P6, P17).
func testCrashes(t *testing.T, o Opener) {
	for _, answer := range []otp.Delivery{otp.Accepted, otp.MaybeSent, otp.Refused} {
		for _, fate := range []Fate{LostBefore, LostAfter} {
			for n := 1; n <= 4; n++ {
				name := fmt.Sprintf("sender says %d, %s write %d", answer, fate, n)
				t.Run(name, func(t *testing.T) { crash(t, o, answer, nth(n, fate)) })
			}
		}
	}
	t.Run("stopped for longer than the lease", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Issuer.Ledgers = &decorated{w.Store, func(call func() error) error {
			err := call()
			w.Clock.Advance(otp.Lease)
			return err
		}}
		w.init(t, start("id", phone), otp.InProgress)
		if got := len(w.Inbox.Messages()); got != 0 {
			t.Errorf("%d messages from a call whose lease was over", got)
		}
		w.Issuer.Ledgers = w.Store
		w.init(t, start("id", phone), otp.Sent)
	})
	t.Run("a take-over that fails leaves a live code alive", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
		w.init(t, start("id", phone), otp.Unclear)
		broken := w.Issuer
		broken.Ledgers = failing(w.Store, nth(1, LostBefore))
		if _, err := broken.Init(ctx, start("id", phone)); err == nil {
			t.Fatal("init was to fail")
		}
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
	})
	t.Run("a message that may have gone out stays counted, also when the next try is refused", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Inbox.Answers = []otp.Delivery{otp.MaybeSent, otp.Refused}
		w.init(t, start("id", phone), otp.Unclear)
		w.init(t, start("id", phone), otp.Undeliverable)
		w.init(t, start("next", phone), otp.TooSoon)
	})
	t.Run("a code whose message is not counted takes no guess (P11)", func(t *testing.T) {
		w := newWorld(o.Open(t))
		w.Issuer.Ledgers = &decorated{w.Store, func(call func() error) error {
			w.verify(t, "id", "000000", otp.Unknown) // before
			err := call()
			w.verify(t, "id", "000000", otp.Unknown) // and before the message goes out
			return err
		}}
		w.init(t, start("id", phone), otp.Sent)
		if got := w.verify(t, "id", wrong(w.Inbox.last(t), 0), otp.Unmatched); got.Left != 4 {
			t.Errorf("%d attempts left: a guess before the message was counted", got.Left)
		}
		crashed := w.Issuer
		crashed.Ledgers = failing(w.Store, nth(1, LostBefore))
		if _, err := crashed.Init(ctx, start("uncounted", phone)); err == nil {
			t.Fatal("init was to fail")
		}
		w.Clock.Advance(otp.Lease)
		w.verify(t, "uncounted", "000000", otp.Unknown)
	})
	t.Run("an attempt that fails is neither passed nor wrong", func(t *testing.T) {
		for _, fate := range []Fate{LostBefore, LostAfter} {
			w := newWorld(o.Open(t))
			w.init(t, start("id", phone), otp.Sent)
			v := w.Verifier
			v.Challenges = failing(w.Store, nth(1, fate))
			got, err := v.Verify(ctx, otp.Check{Client: "demo", ID: "id", Code: w.Inbox.last(t)})
			if err == nil || got.Outcome != "" {
				t.Errorf("%v: %v %v, want an error and no outcome", fate, got, err)
			}
		}
	})
}

// crash runs an init that fails at one write, and then retries it as a merchant
// would: at once, and again when the lease is over.
func crash(t *testing.T, o Opener, answer otp.Delivery, next func() Fate) {
	w := newWorld(o.Open(t))
	w.Inbox.Answers = []otp.Delivery{answer}
	broken, faulty := w.Issuer, failing(w.Store, next)
	broken.Challenges, broken.Ledgers = faulty, faulty
	first, err := broken.Init(ctx, start("id", phone))
	if err != nil && first.Outcome != "" {
		t.Fatalf("an error came with the outcome %s", first.Outcome)
	}
	if err == nil && first.Outcome == otp.Undeliverable {
		w.init(t, start("id", phone), otp.Undeliverable)
		return
	}
	calls, final := 1, first
	for final.Outcome != otp.Sent && final.Outcome != otp.Undeliverable {
		if calls++; calls > 4 {
			t.Fatalf("still %q after %d calls", final.Outcome, calls)
		}
		if final, err = w.Issuer.Init(ctx, start("id", phone)); err != nil {
			t.Fatal(err)
		}
		if final.Outcome == otp.InProgress {
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
	w.init(t, start("next", phone), otp.TooSoon) // it was counted
}
