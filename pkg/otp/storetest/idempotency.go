package storetest

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testIdempotency repeats an init with the same idempotency key (P19).
func testIdempotency(t *testing.T, o Opener) {
	run(t, o, cases{
		{"a repeat in every state of the challenge", repeats},
		{"unclear, then passed: no second message", unclearPassed},
		{"unclear, passed, repeated: the code stays used", unclearPassedRepeated},
		{"unclear, then locked: no second message", unclearLocked},
		{"unclear: code, used attempts and end of lifetime stay", unclearKeepsCode},
		{"unclear, then a stricter policy: the attempts of its init stay", unclearStricter},
		{"unclear, in the moment it expires: a new challenge", unclearExpired},
		{"each copy of an unclear message is counted", unclearCounted},
		{"a hundred repeats of an unclear init send nothing in the cooldown", unclearHammered},
		{"an unclear init over the limit of the hour stays unclear until its code expires", unclearTooMany},
		{"crashed, nothing counted: a limit refuses the repeat", crashedThenLimited},
		{"crashed, counted: the code is live once a repeat was refused", crashedCountedLive},
		{"a message that the sender refuses is counted", refusedCounted},
	})
}

// repeats repeats an init in every state of its challenge, with the same and with
// other fields.
func repeats(t *testing.T, o Opener) {
	memory := otp.DefaultPolicy().Validity + otp.DefaultPolicy().Memory
	for _, c := range []repeat{
		{"sent", initSent, 0, otp.Sent, 1, false},
		{"sent, used", initUsed, 0, otp.Sent, 1, false},
		{"sent, expired", initSent, time.Hour, otp.Sent, 1, false},
		{"sent, last moment of its memory", initSent, memory - time.Millisecond, otp.Sent, 1, false},
		{"sent, forgotten", initSent, memory + time.Second, otp.Sent, 2, true},
		{"refused by the sender", initUndeliverable, 0, otp.Undeliverable, 0, false},
		{"unclear", initUnclear, cooldown, otp.Sent, 2, false},
		{"unclear, before the next message may go out", initUnclear, cooldown - 1, otp.Unclear, 1, false},
		{"unclear, expired", initUnclear, 6 * time.Minute, otp.Sent, 2, false},
		{"in progress", initCrashed, 0, otp.InProgress, 0, false},
		{"crashed", initCrashed, otp.Lease, otp.Sent, 1, false},
		{"crashed once counted", initCrashedCounted, otp.Lease, otp.Unclear, 0, false},
		{"crashed once counted, after the cooldown", initCrashedCounted, cooldown, otp.Sent, 1, false},
		{"crashed, expired", initCrashed, 6 * time.Minute, otp.Sent, 1, false},
		{"refused by a limit", initTooSoon, time.Minute, otp.TooSoon, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for field := range start("id", phone).Fingerprinted {
				c.test(t, newWorld(o.Open(t)), field)
			}
		})
	}
}

// repeat is one row of repeats.
type repeat struct {
	name     string
	before   func(*testing.T, *world)
	wait     time.Duration
	want     otp.Outcome // the outcome of a repeat with the same fields
	messages int         // sent by the first call and the repeat together
	fresh    bool        // the id is free again, so other fields are as good as the same
}

// test repeats the init of c with another value in one field, and twice with the
// same values.
func (c repeat) test(t *testing.T, w *world, field int) {
	c.before(t, w)
	w.Clock.Advance(c.wait)
	if !c.fresh {
		before := len(w.Inbox.Messages())
		other := start("id", phone)
		other.Fingerprinted[field] += "0"
		w.init(t, other, otp.Inconsistent)
		w.messages(t, before)
	}
	first := w.init(t, start("id", phone), c.want)
	w.messages(t, c.messages)
	if c.want == otp.InProgress {
		return
	}
	second := w.init(t, start("id", phone), c.want)
	if second.Wait = first.Wait; !reflect.DeepEqual(first, second) {
		t.Errorf("the repeat returned %+v, the first call %+v", second, first)
	}
	w.messages(t, c.messages)
}

func initSent(t *testing.T, w *world) { w.init(t, start("id", phone), otp.Sent) }

func initUsed(t *testing.T, w *world) {
	initSent(t, w)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
}

func initUndeliverable(t *testing.T, w *world) {
	w.Inbox.Answers = []otp.Delivery{otp.Refused}
	w.init(t, start("id", phone), otp.Undeliverable)
}

func initUnclear(t *testing.T, w *world) {
	w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
	if got := w.init(t, start("id", phone), otp.Unclear); got.Cause == nil {
		t.Error("an unclear init has no cause")
	}
}

func initTooSoon(t *testing.T, w *world) {
	w.init(t, start("other", phone), otp.Sent)
	w.init(t, start("id", phone), otp.TooSoon)
}

// initCrashed leaves a challenge as a crashed call does: reserved, with its lease.
func initCrashed(t *testing.T, w *world) {
	crashing := w.Issuer
	crashing.Ledgers = failing(w.Store, nth(1, LostBefore))
	crashing.Challenges = failing(w.Store, nth(2, LostBefore)) // the write that gives up the lease
	if _, err := crashing.Init(ctx, start("id", phone)); err == nil {
		t.Fatal("the init did not fail")
	}
}

// initCrashedCounted leaves a challenge as a call does that crashes once its message
// is counted, and before it is sent or after.
func initCrashedCounted(t *testing.T, w *world) {
	crashing := w.Issuer
	crashing.Ledgers = failing(w.Store, forever(1, LostAfter)) // counted, and not given back
	crashing.Challenges = failing(w.Store, nth(2, LostBefore)) // the write that gives up the lease
	if _, err := crashing.Init(ctx, start("id", phone)); err == nil {
		t.Fatal("the init did not fail")
	}
	w.counted(t, 1)
}

func unclearPassed(t *testing.T, o Opener) {
	w := unclear(t, o)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
	w.init(t, start("id", phone), otp.Sent)
	w.messages(t, 1)
}

func unclearPassedRepeated(t *testing.T, o Opener) {
	w := unclear(t, o)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
	first := w.init(t, start("id", phone), otp.Sent)
	if again := w.init(t, start("id", phone), otp.Sent); !reflect.DeepEqual(first, again) {
		t.Errorf("the first repeat returned %+v, the second %+v", first, again)
	}
	w.verify(t, "id", w.Inbox.last(t), otp.Used)
}

func unclearLocked(t *testing.T, o Opener) {
	w := unclear(t, o)
	code := w.Inbox.last(t)
	for n := range 4 {
		w.verify(t, "id", wrong(code, n), otp.Unmatched)
	}
	w.verify(t, "id", wrong(code, 4), otp.Exhausted)
	first := w.init(t, start("id", phone), otp.Sent)
	if again := w.init(t, start("id", phone), otp.Sent); !reflect.DeepEqual(first, again) || first.AuthID == "" {
		t.Errorf("the first repeat returned %+v, the second %+v", first, again)
	}
	w.verify(t, "id", code, otp.Locked)
	w.messages(t, 1)
}

func unclearKeepsCode(t *testing.T, o Opener) {
	w := unclear(t, o)
	code := w.Inbox.last(t)
	w.verify(t, "id", wrong(code, 0), otp.Unmatched)
	w.Clock.Advance(4 * time.Minute)
	w.init(t, start("id", phone), otp.Sent)
	messages := w.Inbox.Messages()
	if messages[1].Code != code {
		t.Error("the second message carries another code")
	}
	if want := string(code) + " is your code for 1m0s"; messages[1].Text != want {
		t.Errorf("the second message is %q, want %q", messages[1].Text, want)
	}
	if got := w.verify(t, "id", wrong(code, 1), otp.Unmatched); got.Left != 3 {
		t.Errorf("%d attempts left, want 3", got.Left)
	}
	w.Clock.Advance(time.Minute)
	w.verify(t, "id", code, otp.Expired)
}

func unclearStricter(t *testing.T, o Opener) {
	w := unclear(t, o)
	for n := range 4 {
		w.verify(t, "id", wrong(w.Inbox.last(t), n), otp.Unmatched)
	}
	r := start("id", phone)
	r.Policy.Attempts = 3
	w.Clock.Advance(cooldown)
	w.init(t, r, otp.Sent)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
}

func unclearExpired(t *testing.T, o Opener) {
	w := unclear(t, o)
	w.Clock.Advance(otp.DefaultPolicy().Validity)
	w.init(t, start("id", phone), otp.Sent)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
}

func unclearCounted(t *testing.T, o Opener) {
	w := unclear(t, o)
	w.Clock.Advance(time.Minute)
	w.init(t, start("other", phone), otp.Sent)
	w.init(t, start("id", phone), otp.Unclear) // within the cooldown of the other message
	w.Clock.Advance(time.Minute)
	w.init(t, start("id", phone), otp.Sent)
	for n := range 2 { // two more are five in the hour
		w.Clock.Advance(time.Minute)
		w.init(t, start(fmt.Sprint("more", n), phone), otp.Sent)
	}
	w.Clock.Advance(time.Minute)
	w.init(t, start("sixth", phone), otp.TooMany)
}

func unclearHammered(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Inbox.Answers = slices.Repeat([]otp.Delivery{otp.MaybeSent}, 100)
	for n := range 100 { // one in 400 ms
		w.init(t, start("id", phone), otp.Unclear)
		w.Clock.Advance(400 * time.Millisecond)
		if want := 1 + n*400/30_000; len(w.Inbox.Messages()) != want {
			t.Fatalf("%d messages after %d calls, want %d", len(w.Inbox.Messages()), n+1, want)
		}
	}
	for _, m := range w.Inbox.Messages() {
		if m.Code != w.Inbox.last(t) {
			t.Error("two copies have two codes")
		}
	}
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
}

func unclearTooMany(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	for n := range 4 {
		w.init(t, start(fmt.Sprint("before", n), phone), otp.Sent)
		w.Clock.Advance(cooldown)
	}
	initUnclear(t, w)
	code := w.Inbox.last(t)
	for range 9 {
		w.Clock.Advance(cooldown)
		got := w.init(t, start("id", phone), otp.Unclear)
		if got.Cause == nil || got.Wait == 0 {
			t.Errorf("%+v, want a cause and a wait", got)
		}
		w.messages(t, 5)
	}
	w.verify(t, "id", wrong(code, 0), otp.Unmatched)
	w.Clock.Advance(cooldown)
	w.init(t, start("id", phone), otp.TooMany) // a new challenge, as the code has expired
	w.init(t, start("id", phone), otp.TooMany)
	w.messages(t, 5)
}

func crashedThenLimited(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	initCrashed(t, w)
	w.Clock.Advance(otp.Lease)
	w.init(t, start("other", phone), otp.Sent)
	w.init(t, start("id", phone), otp.TooSoon)
	w.verify(t, "id", "000000", otp.Unknown)
	w.Clock.Advance(cooldown)
	w.init(t, start("id", phone), otp.TooSoon) // the repeat of a finished call
	w.messages(t, 1)
}

func crashedCountedLive(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	initCrashedCounted(t, w)
	w.Clock.Advance(otp.Lease)
	w.verify(t, "id", "000000", otp.Unknown) // nobody knows yet that it was counted
	w.init(t, start("id", phone), otp.Unclear)
	if got := stored(t, w.Store, otp.ChallengeKey("demo", "id")); got.State != otp.MaybeDelivered || got.Attempts != 0 {
		t.Errorf("%+v, want a live challenge", got)
	}
}

func refusedCounted(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	initUndeliverable(t, w)
	w.init(t, start("next", phone), otp.TooSoon)
	w.Clock.Advance(cooldown)
	w.init(t, start("another", phone), otp.Sent)
}
