package storetest

import (
	"context"
	"reflect"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// reviewer is the code of the test number of these cases.
const reviewer otp.Code = "424242"

// tested asks for the code of a test number that lasts longer than any code.
func tested(r otp.Start) otp.Start {
	r.Test = otp.Test{Code: reviewer, Until: now.Add(time.Hour)}
	r.PerDay = 1
	return r
}

// writes counts the writes of a store.
type writes struct {
	Store
	n int
}

func (s *writes) Reserve(
	ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis,
) (otp.Write, error) {
	s.n++
	return s.Store.Reserve(ctx, c, over, now)
}

func (s *writes) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	s.n++
	return s.Store.Claim(ctx, c)
}

func (s *writes) Settle(ctx context.Context, t otp.Settlement) (otp.Write, error) {
	s.n++
	return s.Store.Settle(ctx, t)
}

// testWorld is a service that has neither ledgers nor a sender nor messages of the day: whoever asks for one of them
// fails the test.
func testWorld(t *testing.T, o Opener) (*world, *writes) {
	s := &writes{Store: o.Open(t)}
	w := newWorld(s)
	w.Issuer.Ledgers, w.Issuer.Sender, w.Issuer.Quota, w.Issuer.NumberPerDay = nil, nil, &purse{}, 1
	return w, s
}

// testTestNumbers lives the life of test numbers.
func testTestNumbers(t *testing.T, o Opener) {
	run(t, o, cases{
		{"nothing is sent or counted", testNothingCounted},
		{"attempts, single use and idempotency hold", testRulesHold},
		{"the code ends with the test number", testEnds},
		{"a re-send sends nothing", testResent},
		{"a scenario", testScenario},
		{"in place of another code, and the other way round", testReplaces},
		{"a crash between the writes", testCrashed},
		{"a refused user", testRefusedUser},
	})
}

func testNothingCounted(t *testing.T, o Opener) {
	w, s := testWorld(t, o)
	for _, id := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} { // more than a day has
		s.n = 0
		if got := w.init(t, tested(start(id, phone)), otp.Sent); !got.Test || got.AuthID == "" || s.n != 2 {
			t.Errorf("%+v with %d writes, want one of a test number with 2", got, s.n)
		}
		w.verify(t, id, reviewer, otp.Passed)
		c := stored(t, s, otp.ChallengeKey("demo", id))
		if !c.Test || c.Chosen || c.LedgerKey != "" || c.Source != nil {
			t.Errorf("stored %+v", c)
		}
	}
	w.Issuer.Ledgers, w.Issuer.Sender, w.Issuer.Quota = w.Store, w.Inbox, nil
	if got := w.init(t, start("ordinary", phone), otp.Sent); got.Test { // at once: nothing was counted
		t.Errorf("an ordinary challenge is marked: %+v", got)
	}
	w.messages(t, 1)
	w.counted(t, 1)
	w.verify(t, "ordinary", w.Inbox.last(t), otp.Passed)
}

func testRulesHold(t *testing.T, o Opener) {
	w, s := testWorld(t, o)
	r := tested(start("id", phone))
	first := w.init(t, r, otp.Sent)
	s.n = 0
	if again := w.init(t, r, otp.Sent); !reflect.DeepEqual(again, first) || s.n != 1 {
		t.Errorf("the repeat is %+v with %d writes, want %+v with 1", again, s.n, first)
	}
	other := r
	other.Fingerprinted = []string{"other"}
	w.init(t, other, otp.Inconsistent)
	w.verify(t, "id", reviewer+"0", otp.Unmatched)
	for n := range 3 {
		w.verify(t, "id", wrong(reviewer, n), otp.Unmatched)
	}
	w.verify(t, "id", wrong(reviewer, 3), otp.Exhausted)
	w.verify(t, "id", reviewer, otp.Locked)
	w.init(t, tested(start("used", phone)), otp.Sent)
	w.verify(t, "used", reviewer, otp.Passed)
	w.verify(t, "used", reviewer, otp.Used)
	w.init(t, tested(start("late", phone)), otp.Sent)
	w.Clock.Advance(otp.DefaultPolicy().Validity - time.Millisecond)
	w.verify(t, "late", wrong(reviewer, 0), otp.Unmatched)
	w.Clock.Advance(time.Millisecond)
	w.verify(t, "late", reviewer, otp.Expired)
}

// testEnds makes challenges shortly before the end of a test number: no code of it passes from that instant on.
func testEnds(t *testing.T, o Opener) {
	for _, before := range []time.Duration{time.Millisecond, time.Second, 4 * time.Minute, 6 * time.Minute} {
		w, _ := testWorld(t, o)
		r := start("id", phone)
		r.Test = otp.Test{Code: reviewer, Until: now.Add(before)}
		w.init(t, r, otp.Sent)
		lives := min(before, r.Policy.Validity)
		w.Clock.Advance(lives - time.Millisecond)
		w.verify(t, "id", wrong(reviewer, 0), otp.Unmatched)
		w.Clock.Advance(time.Millisecond)
		w.verify(t, "id", reviewer, otp.Expired)
	}
}

func testResent(t *testing.T, o Opener) {
	w, s := testWorld(t, o)
	first := w.init(t, tested(start("id", phone)), otp.Sent)
	w.verify(t, "id", wrong(reviewer, 0), otp.Unmatched)
	r := again("", first)
	r.Recipient = func(otp.Phone) otp.Decision { // as of one that is no test number any more
		return otp.Decision{Refusal: otp.Barred}
	}
	for _, r.ID = range []string{"", "", "trigger", "trigger"} {
		s.n = 0
		got := w.resend(t, r, otp.Sent)
		if got.Mask != first.Mask || s.n > 4 {
			t.Errorf("%+v with %d writes", got, s.n)
		}
	}
	for n := range 3 {
		w.verify(t, "id", wrong(reviewer, n), otp.Unmatched)
	}
	w.verify(t, "id", reviewer, otp.Passed)
	w.resend(t, again("", first), otp.Used)
}

func testScenario(t *testing.T, o Opener) {
	w, _ := testWorld(t, o)
	for range 3 { // at once
		if got := w.send(t, tested(scenario("")), otp.Sent); !got.Test {
			t.Error("it is not marked")
		}
	}
	w.check(t, "", wrong(reviewer, 0), fiveMinutes, otp.Unmatched)
	w.Clock.Advance(fiveMinutes)
	w.check(t, "", reviewer, fiveMinutes, otp.Expired) // a chosen code would pass
	w.send(t, tested(scenario("")), otp.Sent)
	for n := range 3 {
		w.check(t, "", wrong(reviewer, n), fiveMinutes, otp.Unmatched)
	}
	w.Clock.Advance(fiveMinutes - time.Millisecond)
	w.check(t, "", reviewer, fiveMinutes, otp.Passed)
	w.check(t, "", reviewer, fiveMinutes, otp.Used)
	own := tested(scenario(""))
	own.Code, own.Digits = "4711", 8 // the code of the test number takes its place
	w.send(t, own, otp.Sent)
	w.send(t, own, otp.Sent)
	w.check(t, "", "4711", 0, otp.Unmatched)
	w.check(t, "", reviewer, 0, otp.Passed)
}

// testReplaces sends for a number that becomes a test number, and is one no more: each code ends when the other one
// begins, and none gets further attempts.
func testReplaces(t *testing.T, o Opener) {
	for name, ordinary := range map[string]otp.Start{"made": scenario(""), "chosen": chosen("4711")} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(o.Open(t))
			w.send(t, ordinary, otp.Sent)
			code := w.Inbox.last(t)
			w.check(t, "", wrong(code, 0), 0, otp.Unmatched)
			w.send(t, tested(scenario("")), otp.Sent)
			w.messages(t, 1)
			w.check(t, "", code, 0, otp.Unmatched)
			w.Clock.Advance(cooldown)
			w.send(t, ordinary, otp.Sent)
			w.messages(t, 2)
			w.check(t, "", reviewer, 0, otp.Unmatched)
			w.check(t, "", wrong(reviewer, 7), 0, otp.Unmatched)
			w.send(t, tested(scenario("")), otp.Sent)
			w.check(t, "", wrong(reviewer, 8), 0, otp.Exhausted)
			w.check(t, "", reviewer, 0, otp.Locked)
		})
	}
}

// testCrashed repeats a call that broke off between its two writes: the code is live once the repeat is answered.
func testCrashed(t *testing.T, o Opener) {
	w, _ := testWorld(t, o)
	crashing := w.Issuer
	crashing.Challenges = failing(w.Store, nth(2, LostBefore))
	r := tested(start("id", phone))
	if got, err := crashing.Init(ctx, r); err == nil {
		t.Fatalf("%+v, want an error", got)
	}
	w.verify(t, "id", reviewer, otp.Unknown)
	w.init(t, r, otp.InProgress)
	w.Clock.Advance(otp.Lease)
	w.init(t, r, otp.Sent)
	w.verify(t, "id", reviewer, otp.Passed)
}

// testRefusedUser refuses the user of a test number: its code is as dead as that of any other.
func testRefusedUser(t *testing.T, o Opener) {
	w, _ := testWorld(t, o)
	r := tested(start("id", phone))
	r.User, r.Refusal = "user", otp.Blocked
	w.init(t, r, otp.Blocked)
	w.verify(t, "id", reviewer, otp.Unknown)
}
