package storetest

import (
	"reflect"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testIdempotency repeats an init in every state of its challenge, with the
// same and with other fields (P19).
func testIdempotency(t *testing.T, o Opener) {
	memory := otp.DefaultPolicy().Validity + otp.DefaultPolicy().Memory
	inProgress := func(t *testing.T, w *world) { // as a crashed call leaves it
		crashing := w.Issuer
		crashing.Ledgers = failing(w.Store, nth(1, LostBefore))
		crashing.Challenges = failing(w.Store, nth(2, LostBefore)) // giving up the lease
		if _, err := crashing.Init(ctx, start("id", phone)); err == nil {
			t.Fatal("init was to fail")
		}
	}
	done := func(t *testing.T, w *world) { w.init(t, start("id", phone), otp.Sent) }
	say := func(d otp.Delivery, want otp.Outcome) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			w.Inbox.Answers = []otp.Delivery{d}
			w.init(t, start("id", phone), want)
		}
	}
	for _, c := range []struct {
		name     string
		before   func(*testing.T, *world)
		wait     time.Duration
		want     otp.Outcome // of the same fields
		messages int         // in all, then
		fresh    bool        // other fields are as good as the same
	}{
		{"sent", done, 0, otp.Sent, 1, false},
		{"sent, used", func(t *testing.T, w *world) { done(t, w); w.verify(t, "id", w.Inbox.last(t), otp.Passed) }, 0, otp.Sent, 1, false},
		{"sent, expired", done, time.Hour, otp.Sent, 1, false},
		{"sent, last moment of its memory", done, memory - time.Millisecond, otp.Sent, 1, false},
		{"sent, forgotten", done, memory + time.Second, otp.Sent, 2, true},
		{"refused by the sender", say(otp.Refused, otp.Undeliverable), 0, otp.Undeliverable, 0, false},
		{"unclear", say(otp.MaybeSent, otp.Unclear), 0, otp.Sent, 2, false},
		{"unclear, expired", say(otp.MaybeSent, otp.Unclear), 6 * time.Minute, otp.Sent, 2, false},
		{"in progress", inProgress, 0, otp.InProgress, 0, false},
		{"crashed", inProgress, otp.Lease, otp.Sent, 1, false},
		{"crashed, expired", inProgress, 6 * time.Minute, otp.Sent, 1, false},
		{"refused by a limit", func(t *testing.T, w *world) {
			w.init(t, start("other", phone), otp.Sent)
			w.init(t, start("id", phone), otp.TooSoon)
		}, time.Minute, otp.TooSoon, 1, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for field := range start("id", phone).Fingerprinted {
				w := newWorld(o.Open(t))
				c.before(t, w)
				w.Clock.Advance(c.wait)
				other := start("id", phone)
				other.Fingerprinted[field] += "0"
				if !c.fresh {
					before := len(w.Inbox.Messages())
					w.init(t, other, otp.Inconsistent)
					if len(w.Inbox.Messages()) != before {
						t.Error("an inconsistent repeat sent a message")
					}
				}
				first := w.init(t, start("id", phone), c.want)
				if got := len(w.Inbox.Messages()); got != c.messages {
					t.Errorf("%d messages, want %d", got, c.messages)
				}
				if c.want == otp.InProgress {
					continue
				}
				second := w.init(t, start("id", phone), c.want)
				if second.Wait = first.Wait; !reflect.DeepEqual(first, second) {
					t.Errorf("repeat answered %+v, first %+v", second, first)
				}
				if got := len(w.Inbox.Messages()); got != c.messages {
					t.Errorf("%d messages after a further repeat, want %d", got, c.messages)
				}
			}
		})
	}
	t.Run("unclear, then passed: no second message", func(t *testing.T) {
		w := newWorld(o.Open(t))
		say(otp.MaybeSent, otp.Unclear)(t, w)
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
		w.init(t, start("id", phone), otp.Sent)
		if got := len(w.Inbox.Messages()); got != 1 {
			t.Errorf("%d messages, want 1", got)
		}
	})
	t.Run("unclear: same code, attempts and end of lifetime stay", func(t *testing.T) {
		w := newWorld(o.Open(t))
		say(otp.MaybeSent, otp.Unclear)(t, w)
		code := w.Inbox.last(t)
		w.verify(t, "id", wrong(code, 0), otp.Unmatched)
		w.Clock.Advance(4 * time.Minute)
		w.init(t, start("id", phone), otp.Sent)
		messages := w.Inbox.Messages()
		if messages[1].Code != code {
			t.Error("the second message carries another code")
		}
		if want := string(code) + " is your code for 1m0s"; messages[1].Text != want {
			t.Errorf("the second message says %q, want %q", messages[1].Text, want)
		}
		if got := w.verify(t, "id", wrong(code, 1), otp.Unmatched); got.Left != 3 {
			t.Errorf("%d attempts left, want 3", got.Left)
		}
		w.Clock.Advance(time.Minute)
		w.verify(t, "id", code, otp.Expired)
	})
	t.Run("unclear is counted once, even behind another send", func(t *testing.T) {
		w := newWorld(o.Open(t))
		say(otp.MaybeSent, otp.Unclear)(t, w)
		w.Clock.Advance(time.Minute)
		w.init(t, start("other", phone), otp.Sent)
		w.init(t, start("id", phone), otp.Sent) // within the cooldown of the other
		for n := range 3 {                      // three more make five in the hour
			w.Clock.Advance(time.Minute)
			w.init(t, start("more"+string(rune('0'+n)), phone), otp.Sent)
		}
		w.Clock.Advance(time.Minute)
		w.init(t, start("sixth", phone), otp.TooMany)
	})
	t.Run("a message refused for good is not counted", func(t *testing.T) {
		w := newWorld(o.Open(t))
		say(otp.Refused, otp.Undeliverable)(t, w)
		w.init(t, start("next", phone), otp.Sent)
	})
}
