package storetest

import (
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// chosen asks for a code that the client chose, as [scenario] asks for one that the service makes.
func chosen(code otp.Code) otp.Start {
	r := scenario("")
	r.Code = code
	return r
}

// chosenKeepsMade sends chosen codes while a code of the service's is live. Each is refused until that is over, nothing
// goes out, and the live code stays as it is. The answer is the same for the live code itself: else a caller could
// guess at it without using an attempt.
func chosenKeepsMade(t *testing.T, o Opener) {
	for name, first := range map[string]struct {
		answer otp.Delivery
		want   otp.Outcome
	}{"sent": {otp.Accepted, otp.Sent}, "unclear": {otp.MaybeSent, otp.Unclear}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(o.Open(t))
			w.Inbox.Answers = []otp.Delivery{first.answer}
			w.send(t, scenario(""), first.want)
			code := w.Inbox.last(t)
			for n := range 4 {
				w.check(t, "", wrong(code, n), 0, otp.Unmatched)
			}
			before := stored(t, w.Store, otp.ChallengeKey("demo", scenario("").ID))
			rest := 30 * time.Minute
			for _, passed := range []time.Duration{0, cooldown, 29 * time.Minute, 29999 * time.Millisecond} {
				w.Clock.Advance(passed)
				rest -= passed
				for _, c := range []otp.Code{"4711", "12345678", wrong(code, 0), code} {
					if got := w.send(t, chosen(c), otp.TooSoon); got.Wait != rest {
						t.Errorf("wait %v, want %v, until the live code is over", got.Wait, rest)
					}
				}
			}
			w.messages(t, 1)
			if after := stored(t, w.Store, before.Key); !reflect.DeepEqual(after, before) {
				t.Errorf("a refused code left %+v, want %+v", after, before)
			}
			w.check(t, "", code, 0, otp.Passed)
			w.send(t, chosen("4711"), otp.Sent)
			w.check(t, "", "4711", 0, otp.Passed)
		})
	}
}

// chosenAfterMade sends a chosen code once a code of the service's cannot pass any more.
func chosenAfterMade(t *testing.T, o Opener) {
	for name, end := range map[string]func(t *testing.T, w *world, code otp.Code){
		"passed": func(t *testing.T, w *world, code otp.Code) { w.check(t, "", code, 0, otp.Passed) },
		"locked": func(t *testing.T, w *world, code otp.Code) {
			for n := range 4 {
				w.check(t, "", wrong(code, n), 0, otp.Unmatched)
			}
			w.check(t, "", wrong(code, 0), 0, otp.Exhausted)
		},
		"expired": func(_ *testing.T, w *world, _ otp.Code) { w.Clock.Advance(30 * time.Minute) },
		"retired": func(t *testing.T, w *world, _ otp.Code) {
			w.Issuer.Keys, w.Verifier.Keys = rotated(t, 2), rotated(t, 2)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(o.Open(t))
			w.send(t, scenario(""), otp.Sent)
			end(t, w, w.Inbox.last(t))
			w.Clock.Advance(cooldown)
			w.send(t, chosen("4711"), otp.Sent)
			w.check(t, "", "4711", 0, otp.Passed)
		})
	}
}

// madeReplacesChosen asks for a code of the service's while a chosen one is live: whoever chose that knows it without
// the phone, so it is not sent again and does not pass any more.
func madeReplacesChosen(t *testing.T, o Opener) {
	for _, answer := range []otp.Delivery{otp.Accepted, otp.MaybeSent} { // to the chosen code
		for _, digits := range []int{0, 6, 8} {
			t.Run(fmt.Sprintf("answer %d, %d digits", answer, digits), func(t *testing.T) {
				w := newWorld(o.Open(t))
				w.Inbox.Answers = []otp.Delivery{answer}
				w.send(t, chosen("12345"), map[otp.Delivery]otp.Outcome{
					otp.Accepted: otp.Sent, otp.MaybeSent: otp.Unclear,
				}[answer])
				w.check(t, "", "12346", 0, otp.Unmatched)
				w.Clock.Advance(cooldown)
				r := scenario("")
				r.Digits = digits
				w.send(t, r, otp.Sent)
				code := w.Inbox.last(t)
				if want := max(6, digits); len(code) != want {
					t.Errorf("a code of %d digits was sent, want %d", len(code), want)
				}
				w.check(t, "", "12345", 0, otp.Unmatched)
				w.Clock.Advance(cooldown)
				w.send(t, chosen("12345"), otp.TooSoon)
				w.check(t, "", wrong(code, 0), 0, otp.Unmatched)
				w.check(t, "", code, fiveMinutes, otp.Passed) // the fourth of five attempts
			})
		}
	}
}

// chosenBesideMade sends both kinds at once. Whichever comes first, a chosen code passes only if no code of the
// service's went out after it.
func chosenBesideMade(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	for round := range 5 {
		var wg sync.WaitGroup
		for n := range 20 {
			wg.Go(func() {
				r := scenario("")
				if n%2 == 0 {
					r = chosen("4711")
				}
				if _, err := w.Issuer.Send(ctx, r); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.messages(t, round+1)
		code := w.Inbox.last(t)
		if code != "4711" {
			w.check(t, "", "4711", 0, otp.Unmatched)
		}
		w.check(t, "", code, fiveMinutes, otp.Passed)
		w.Clock.Advance(time.Hour)
	}
}
