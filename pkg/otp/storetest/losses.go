package storetest

import (
	"fmt"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testLostAnswers loses each request in turn, before and after it is applied. The
// store's client repeats it, so nobody may notice (P3).
func testLostAnswers(t *testing.T, o Opener) {
	for _, fate := range []Fate{LostBefore, LostAfter} {
		for n := 1; n <= 16; n++ {
			t.Run(fmt.Sprintf("%s request %d", fate, n), func(t *testing.T) {
				w := newWorld(o.Lossy(t, nth(n, fate)))
				first := w.init(t, start("id", phone), otp.Sent)             // requests 1, 2, 3
				code := w.Inbox.last(t)                                      //
				w.verify(t, "id", wrong(code, 0), otp.Unmatched)             // 4
				w.verify(t, "id", code, otp.Passed)                          // 5
				w.verify(t, "id", code, otp.Used)                            // 6
				w.Inbox.Answers = []otp.Delivery{otp.Refused, otp.MaybeSent} //
				w.Clock.Advance(30 * time.Second)                            //
				w.init(t, start("refused", phone), otp.Undeliverable)        // 7, 8, 9
				w.Clock.Advance(30 * time.Second)                            //
				w.init(t, start("unclear", phone), otp.Unclear)              // 10, 11, 12
				w.Clock.Advance(30 * time.Second)                            //
				w.init(t, start("unclear", phone), otp.Sent)                 // 13, 14, 15, 16
				if again := w.init(t, start("id", phone), otp.Sent); again.AuthID != first.AuthID {
					t.Errorf("the repeat returned %s, the first call %s", again.AuthID, first.AuthID)
				}
				w.messages(t, 3)
				w.counted(t, 4)
			})
		}
	}
}

// testLostResends does the same with re-sends.
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
				w.counted(t, 4)
			})
		}
	}
}
