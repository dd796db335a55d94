package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// fiveMinutes is the validity that the texts of a [scenario] state.
const fiveMinutes = 5 * time.Minute

// scenario asks for a code as the Unimatrix contract does: without an idempotency
// key, for a code that lives half an hour.
func scenario(intent string) otp.Start {
	r := start(Keys().Scenarios("demo", phone, intent)[0], phone)
	r.Fingerprinted = nil
	r.Policy.Validity, r.StatedValidity = 30*time.Minute, 5*time.Minute
	return r
}

// send sends a code, which must come out as want.
func (w *world) send(t testing.TB, r otp.Start, want otp.Outcome) otp.Started {
	t.Helper()
	got, err := w.Issuer.Send(ctx, r)
	if err != nil || got.Outcome != want {
		t.Fatalf("send: %s %v, want %s", got.Outcome, err, want)
	}
	return got
}

// check verifies a code of a scenario, which must come out as want.
func (w *world) check(t testing.TB, intent string, code otp.Code, maxAge time.Duration, want otp.Outcome) {
	t.Helper()
	got, err := w.Verifier.Verify(ctx, otp.Check{Client: "demo", ID: scenario(intent).ID, Code: code, MaxAge: maxAge})
	if err != nil || got.Outcome != want {
		t.Fatalf("check: %s %v, want %s", got.Outcome, err, want)
	}
}

// testSend sends codes without an idempotency key.
func testSend(t *testing.T, o Opener) {
	run(t, o, cases{
		{"a live code is sent again", liveCodeAgain},
		{"until half an hour after the first message", liveCodeUntilEnd},
		{"a new code after one that is over", newCodeAfterOld},
		{"the client's own code", clientsOwnCode},
		{"a chosen code never replaces a live one that the service made", chosenKeepsMade},
		{"a chosen code follows one that is over", chosenAfterMade},
		{"a code of the service's replaces a live chosen one", madeReplacesChosen},
		{"a chosen code and one of the service's at once", chosenBesideMade},
		{"another code gets the attempts that were left", anotherCode},
		{"another code under another policy", anotherCodeAnotherPolicy},
		{"the same code again keeps its attempts under a stricter policy", sameCodeStricter},
		{"another number of digits is another code", anotherLength},
		{"a limit leaves the live code as it is", limitKeepsCode},
		{"a new code that the sender refuses leaves the old one as it was", refusedKeepsCode},
		{"to a number that is refused by now", refusedRecipient},
		{"refused and unclear", refusedAndUnclear},
		{"refused for one reason and another", refusedInTurn},
		{"fifty at once", sendTogether},
		{"each request of a further send fails in turn", sendFails},
	})
}

func liveCodeAgain(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.send(t, scenario(""), otp.Sent)
	code := w.Inbox.last(t)
	w.check(t, "", wrong(code, 0), fiveMinutes, otp.Unmatched)
	w.check(t, "login", code, fiveMinutes, otp.Unknown)
	if got := w.send(t, scenario(""), otp.TooSoon); got.Wait != cooldown {
		t.Errorf("wait %v, want %v", got.Wait, cooldown)
	}
	w.Clock.Advance(fiveMinutes)
	w.check(t, "", code, fiveMinutes, otp.Expired)
	w.send(t, scenario(""), otp.Sent)
	if got := w.Inbox.Messages(); len(got) != 2 || got[1].Code != code || got[1].Text != got[0].Text {
		t.Error("the second message is not the same as the first")
	}
	for range 3 {
		w.check(t, "", wrong(code, 0), fiveMinutes, otp.Unmatched)
	}
	w.Clock.Advance(fiveMinutes - time.Millisecond)
	w.check(t, "", code, fiveMinutes, otp.Passed)
	w.check(t, "", code, fiveMinutes, otp.Used)
}

func liveCodeUntilEnd(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.send(t, scenario(""), otp.Sent)
	code := w.Inbox.last(t)
	w.Clock.Advance(30*time.Minute - time.Second)
	w.send(t, scenario(""), otp.Sent)
	if got := w.Inbox.Messages()[1]; got.Code != code || got.Text != fmt.Sprint(string(code), " is your code for 1s") {
		t.Error("the second message has another code or remaining validity")
	}
	w.Clock.Advance(time.Second)
	w.check(t, "", code, fiveMinutes, otp.Expired)
}

func newCodeAfterOld(t *testing.T, o Opener) {
	for name, end := range map[string]func(t *testing.T, w *world, code otp.Code){
		"passed": func(t *testing.T, w *world, code otp.Code) { w.check(t, "", code, 0, otp.Passed) },
		"exhausted": func(t *testing.T, w *world, code otp.Code) {
			for range 4 {
				w.check(t, "", wrong(code, 0), 0, otp.Unmatched)
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
			old := w.Inbox.last(t)
			end(t, w, old)
			w.Clock.Advance(cooldown)
			r := scenario("")
			r.Digits = 8 // so that it cannot be the old code by chance
			w.send(t, r, otp.Sent)
			code := w.Inbox.last(t)
			if len(code) != 8 {
				t.Fatal("not a new code")
			}
			for range 3 { // the new code has all its attempts
				w.check(t, "", wrong(code, 0), fiveMinutes, otp.Unmatched)
			}
			w.check(t, "", old, fiveMinutes, otp.Unmatched)
			w.check(t, "", code, fiveMinutes, otp.Passed)
		})
	}
}

func clientsOwnCode(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := scenario("")
	r.Code, r.Policy.Validity, r.StatedValidity = "004711", 10*time.Minute, 0
	w.send(t, r, otp.Sent)
	if got := w.Inbox.Messages()[0]; got.Code != r.Code || got.Text != "004711 is your code for 10m0s" {
		t.Error("another code was sent")
	}
	w.Clock.Advance(9 * time.Minute)
	w.send(t, r, otp.Sent) // the same
	for _, m := range w.Inbox.Messages() {
		if m.Code != r.Code {
			t.Error("another code was sent")
		}
	}
	w.check(t, "", "004712", time.Second, otp.Unmatched)
	w.Clock.Advance(10 * time.Second)
	w.check(t, "", r.Code, time.Second, otp.Passed) // MaxAge does not apply to a chosen code
	w.Clock.Advance(49 * time.Second)
	w.check(t, "", r.Code, 0, otp.Used)
}

func anotherCode(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := chosen("123456")
	w.send(t, r, otp.Sent)
	old := w.Inbox.last(t)
	for range 3 {
		w.check(t, "", wrong(old, 0), 0, otp.Unmatched)
	}
	w.Clock.Advance(cooldown)
	r.Code = "4711"
	w.send(t, r, otp.Sent)
	if got := w.Inbox.last(t); got != r.Code {
		t.Error("the message has another code than the one asked for")
	}
	w.check(t, "", old, 0, otp.Unmatched)
	w.check(t, "", "4712", 0, otp.Exhausted)
	w.check(t, "", r.Code, 0, otp.Locked)
}

func anotherCodeAnotherPolicy(t *testing.T, o Opener) {
	for _, limit := range []struct{ old, used, now, left int }{
		{5, 2, 5, 3}, {5, 0, 3, 3}, {5, 2, 3, 1},
		{5, 3, 3, 1}, {5, 4, 3, 1}, {5, 4, 1, 1}, // a code that cannot pass is not sent
		{3, 2, 5, 1}, {3, 0, 5, 3}, // and a new code gives no more guesses than the old one had left
	} {
		for _, last := range []otp.Outcome{otp.Passed, otp.Exhausted} {
			name := fmt.Sprintf("%d of %d attempts used, %d allowed by now, %s", limit.used, limit.old, limit.now, last)
			t.Run(name, func(t *testing.T) {
				w := newWorld(o.Open(t))
				r := chosen("123456")
				r.Policy.Attempts = limit.old
				w.send(t, r, otp.Sent)
				for n := range limit.used {
					w.check(t, "", wrong(w.Inbox.last(t), n), 0, otp.Unmatched)
				}
				w.Clock.Advance(cooldown)
				r.Code, r.Policy.Attempts = "4711", limit.now
				w.send(t, r, otp.Sent)
				for range limit.left - 1 {
					w.check(t, "", "4712", 0, otp.Unmatched)
				}
				w.check(t, "", map[otp.Outcome]otp.Code{otp.Passed: "4711", otp.Exhausted: "4712"}[last], 0, last)
			})
		}
	}
}

func sameCodeStricter(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.send(t, scenario(""), otp.Sent)
	code := w.Inbox.last(t)
	for n := range 4 {
		w.check(t, "", wrong(code, n), 0, otp.Unmatched)
	}
	w.Clock.Advance(cooldown)
	r := scenario("")
	r.Policy.Attempts = 3
	w.send(t, r, otp.Sent)
	if w.Inbox.last(t) != code {
		t.Error("another code was sent")
	}
	w.check(t, "", code, 0, otp.Passed)
}

func anotherLength(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	for n, digits := range []int{0, 6, 8, 8, 0, 4} {
		r := scenario("")
		r.Digits = digits
		w.send(t, r, otp.Sent)
		w.Clock.Advance(cooldown)
		if got, want := len(w.Inbox.last(t)), []int{6, 6, 8, 8, 8, 4}[n]; got != want {
			t.Errorf("send %d: %d digits, want %d", n, got, want)
		}
		if n == 4 {
			w.Clock.Advance(time.Hour - 5*cooldown) // until the limit of the number allows more
			w.send(t, scenario(""), otp.Sent)       // the earlier codes have expired
			w.Clock.Advance(cooldown)
		}
	}
	m := w.Inbox.Messages()
	if m[0].Code != m[1].Code || m[2].Code != m[3].Code || m[3].Code != m[4].Code {
		t.Error("a live code was not sent again")
	}
}

func limitKeepsCode(t *testing.T, o Opener) {
	for name, first := range map[string]otp.Start{"made": scenario(""), "chosen": chosen("123456")} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(o.Open(t))
			w.send(t, first, otp.Sent)
			code := w.Inbox.last(t)
			w.send(t, chosen("4711"), otp.TooSoon)
			w.send(t, scenario(""), otp.TooSoon)
			longer := scenario("")
			longer.Digits = 8
			w.send(t, longer, otp.TooSoon)
			w.check(t, "", code, fiveMinutes, otp.Passed)
		})
	}
}

func refusedKeepsCode(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.send(t, chosen("123456"), otp.Sent)
	old := w.Inbox.last(t)
	w.check(t, "", wrong(old, 0), 0, otp.Unmatched)
	w.Clock.Advance(cooldown)
	w.Inbox.Answers = []otp.Delivery{otp.Refused}
	r := chosen("4711")
	r.Policy.Attempts = 2 // the attempts of the new code
	w.send(t, r, otp.Undeliverable)
	w.check(t, "", "4711", 0, otp.Unmatched)
	for range 2 {
		w.check(t, "", wrong(old, 0), 0, otp.Unmatched)
	}
	w.check(t, "", old, fiveMinutes, otp.Passed)
}

func refusedAndUnclear(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Inbox.Answers = []otp.Delivery{otp.Refused, otp.MaybeSent, otp.Refused}
	w.send(t, scenario(""), otp.Undeliverable)
	w.Clock.Advance(cooldown)
	w.check(t, "", "123456", 0, otp.Unknown)
	w.send(t, scenario(""), otp.Unclear)
	code := w.Inbox.last(t)
	w.Clock.Advance(cooldown)
	w.send(t, scenario(""), otp.Undeliverable) // the code stays
	w.Clock.Advance(cooldown)
	w.send(t, scenario(""), otp.Sent)
	if w.Inbox.last(t) != code {
		t.Error("another code was sent")
	}
	w.check(t, "", code, fiveMinutes, otp.Passed)
}

// refusedInTurn: whoever is refused for two reasons in turn does not keep others from the challenge by storing both
// again and again.
func refusedInTurn(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := scenario("")
	w.send(t, r, otp.Sent)
	w.check(t, "", w.Inbox.last(t), 0, otp.Passed)
	hourly := r
	hourly.Policy.PerHour = 1
	owners := map[string]bool{}
	for n := range 10 {
		if n%2 == 0 {
			w.send(t, r, otp.TooSoon)
		} else {
			w.send(t, hourly, otp.TooMany)
		}
		owners[stored(t, w.Store, otp.ChallengeKey("demo", r.ID)).Owner] = true
	}
	if len(owners) != 2 {
		t.Errorf("%d calls stored that they were refused, want 2", len(owners))
	}
	if c := stored(t, w.Store, otp.ChallengeKey("demo", r.ID)); c.Result != otp.TooMany {
		t.Errorf("stored is %s, want %s", c.Result, otp.TooMany)
	}
	w.Clock.Advance(cooldown)
	w.send(t, r, otp.Sent)
}

func sendTogether(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	for round := range 2 {
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if _, err := w.Issuer.Send(ctx, scenario("")); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		messages := w.Inbox.Messages()
		if len(messages) != round+1 || messages[round].Code != messages[0].Code {
			t.Fatalf("%d messages, want %d of one code", len(messages), round+1)
		}
		w.Clock.Advance(cooldown)
	}
}

func sendFails(t *testing.T, o Opener) {
	for n := 1; n <= 4; n++ { // reserve, claim, spend, settle
		for _, fate := range []Fate{LostBefore, LostAfter} {
			t.Run(fmt.Sprintf("request %d is %s", n, fate), func(t *testing.T) {
				w := newWorld(o.Open(t))
				w.send(t, scenario(""), otp.Sent)
				code := w.Inbox.last(t)
				w.Clock.Advance(cooldown)
				broken, faulty := w.Issuer, failing(w.Store, nth(n, fate))
				broken.Challenges, broken.Ledgers = faulty, faulty
				if got, err := broken.Send(ctx, scenario("")); err == nil {
					t.Errorf("%+v, want an error", got)
				}
				w.check(t, "", wrong(code, 0), 0, otp.Unmatched)
				w.Clock.Advance(cooldown)
				w.send(t, scenario(""), otp.Sent)
				if w.Inbox.last(t) != code {
					t.Error("another code was sent")
				}
				w.check(t, "", code, fiveMinutes, otp.Passed)
			})
		}
	}
}

func refusedRecipient(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := scenario("")
	r.Refusal = otp.Barred
	w.send(t, r, otp.Barred) // there is no live code
	w.messages(t, 0)
	w.Clock.Advance(otp.Lease)
	w.send(t, scenario(""), otp.Sent)
	code := w.Inbox.last(t)
	w.Clock.Advance(cooldown)
	w.send(t, r, otp.Barred)
	w.messages(t, 1)
	w.check(t, "", code, fiveMinutes, otp.Passed)
}
