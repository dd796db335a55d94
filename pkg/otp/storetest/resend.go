package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// again asks for the code of a challenge once more.
func again(id string, first otp.Started) otp.Resend {
	r := start("", phone)
	return otp.Resend{Client: "demo", AuthID: first.AuthID, ID: id, Policy: r.Policy, Text: r.Text}
}

// resend sends a code again, which must come out as want.
func (w *world) resend(t testing.TB, r otp.Resend, want otp.Outcome) otp.Started {
	t.Helper()
	got, err := w.Issuer.Resend(ctx, r)
	if err != nil || got.Outcome != want {
		t.Fatalf("resend: %s %v, want %s", got.Outcome, err, want)
	}
	if got.AuthID != "" {
		t.Error("a re-send returned an authenticationId")
	}
	return got
}

// testResend sends a code again, by the authenticationId of its init.
func testResend(t *testing.T, o Opener) {
	run(t, o, cases{
		{"code, used attempts and end of lifetime stay", resendKeepsCode},
		{"attempts stay under a stricter policy", resendStricter},
		{"no code is live", resendNothingLive},
		{"to a number that is refused by now", resendRefused},
		{"idempotent by its own id", resendIdempotent},
		{"unclear: a repeat that the limits refuse stays unclear", resendUnclear},
		{"a repeat while the first is in progress", resendInProgress},
		{"a replay of a signed request sends nothing", resendReplayed},
		{"a signed request whose writes are lost is no replay", resendSignedLost},
		{"many at once", resendTogether},
		{"each request fails in turn", resendFails},
		{"the ids of the latest messages", resendMessageIDs},
	})
}

func resendKeepsCode(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := start("id", phone)
	r.Region = "MY"
	first := w.init(t, r, otp.Sent)
	code := w.Inbox.last(t)
	w.verify(t, "id", wrong(code, 0), otp.Unmatched)
	soon := w.resend(t, again("soon", first), otp.TooSoon)
	if soon.Wait != cooldown {
		t.Errorf("wait %v, want %v", soon.Wait, cooldown)
	}
	for n := range 3 {
		w.Clock.Advance(cooldown)
		if got := w.resend(t, again(fmt.Sprint(n), first), otp.Sent); got.Mask != first.Mask {
			t.Errorf("mask %q, want %q", got.Mask, first.Mask)
		}
		w.verify(t, "id", wrong(code, 0), otp.Unmatched)
	}
	w.Clock.Advance(cooldown)
	w.resend(t, again("", first), otp.Sent) // without an idempotency key
	messages := w.Inbox.Messages()
	if len(messages) != 5 {
		t.Fatalf("%d messages, want 5", len(messages))
	}
	for n, m := range messages {
		left := otp.DefaultPolicy().Validity - time.Duration(n)*cooldown
		if m.Code != code || m.To != phone || m.Text != fmt.Sprint(string(code), " is your code for ", left) {
			t.Errorf("message %d has another code, number or remaining validity", n)
		}
		if m.Life != left || m.Region != "MY" {
			t.Errorf("message %d to %q has a code of another %v, want one to MY of %v", n, m.Region, m.Life, left)
		}
	}
	w.Clock.Advance(cooldown)
	w.resend(t, again("many", first), otp.TooMany)
	w.verify(t, "id", wrong(code, 0), otp.Exhausted)
	w.resend(t, again("locked", first), otp.Locked)
}

func resendStricter(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	first := w.init(t, start("id", phone), otp.Sent)
	for n := range 4 {
		w.verify(t, "id", wrong(w.Inbox.last(t), n), otp.Unmatched)
	}
	for _, attempts := range []int{3, 1} {
		w.Clock.Advance(cooldown)
		r := again(fmt.Sprint(attempts), first)
		r.Policy.Attempts = attempts
		w.resend(t, r, otp.Sent)
	}
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
}

func resendNothingLive(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	first := w.init(t, start("id", phone), otp.Sent)
	w.Inbox.Answers = []otp.Delivery{otp.Refused}
	w.init(t, start("failed", "+606543216354"), otp.Undeliverable)
	w.Clock.Advance(cooldown)
	for _, authID := range map[string]string{
		"empty": "", "short": first.AuthID[1:], "long": first.AuthID + "1", "letters": "x" + first.AuthID[1:],
		"another date":   "20010101" + first.AuthID[8:],
		"another serial": first.AuthID[:34] + string(rune('0'+(first.AuthID[34]-'0'+1)%10)),
	} {
		r := again("", first)
		r.AuthID = authID
		w.resend(t, r, otp.Unknown)
		r.ID = "same" // an unknown challenge does not bind the id
		w.resend(t, r, otp.Unknown)
		w.resend(t, r, otp.Unknown)
	}
	w.resend(t, again("same", first), otp.Sent)
	w.Clock.Advance(cooldown)
	blind := w.Issuer
	blind.Challenges = failing(w.Store, func() Fate { return LostBefore })
	for _, id := range []string{"", "12", first.AuthID + "1"} { // not an authenticationId: the store is not asked
		r := again("blind", first)
		r.AuthID = id
		if got, err := blind.Resend(ctx, r); err != nil || got.Outcome != otp.Unknown {
			t.Errorf("%q: %s %v, want unknown", id, got.Outcome, err)
		}
	}
	r := again("", first)
	r.Client = "other"
	w.resend(t, r, otp.Unknown)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
	w.resend(t, again("used", first), otp.Used)
	second := w.init(t, start("id2", phone), otp.Sent)
	w.Clock.Advance(otp.DefaultPolicy().Validity)
	w.resend(t, again("expired", second), otp.Expired)
	w.messages(t, 3)
}

func resendIdempotent(t *testing.T, o Opener) {
	for _, c := range []struct {
		say  otp.Delivery
		want otp.Outcome
		then otp.Outcome // the outcome of a repeat
		sent int         // messages after it
	}{
		{otp.Accepted, otp.Sent, otp.Sent, 2},
		{otp.Refused, otp.Undeliverable, otp.Undeliverable, 1},
		{otp.MaybeSent, otp.Unclear, otp.Sent, 3},
	} {
		w := newWorld(o.Open(t))
		first := w.init(t, start("id", phone), otp.Sent)
		other := w.init(t, start("other", "+606543216354"), otp.Sent)
		w.Clock.Advance(cooldown)
		w.Inbox.Answers = []otp.Delivery{c.say}
		w.Inbox.messages = w.Inbox.messages[:1]
		got := w.resend(t, again("r", first), c.want)
		w.resend(t, again("r", other), otp.Inconsistent)
		w.Clock.Advance(cooldown)
		repeat := w.resend(t, again("r", first), c.then)
		if c.want == c.then && repeat.Mask != got.Mask {
			t.Errorf("%s: a repeat answered %+v, first %+v", c.want, repeat, got)
		}
		w.resend(t, again("r", first), c.then)
		if got := len(w.Inbox.Messages()); got != c.sent {
			t.Errorf("%s: %d messages, want %d", c.want, got, c.sent)
		}
		w.verify(t, "id", w.Inbox.last(t), otp.Passed)
		w.resend(t, again("r", first), c.then) // also after the challenge is over
		want := 2                              // the first, and each copy of the re-send
		if c.say == otp.MaybeSent {
			want = 3
		}
		w.Clock.Advance(cooldown)
		for n := range 5 - want {
			w.init(t, start(fmt.Sprint("more", n), phone), otp.Sent)
			w.Clock.Advance(cooldown)
		}
		w.init(t, start("too many", phone), otp.TooMany)
	}
}

func resendUnclear(t *testing.T, o Opener) {
	for name, fail := range map[string]func(*testing.T, *world, otp.Resend){
		"no clear answer": func(t *testing.T, w *world, r otp.Resend) {
			w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
			w.resend(t, r, otp.Unclear)
		},
		"crashed once counted": func(t *testing.T, w *world, r otp.Resend) {
			crashing := w.Issuer
			crashing.Ledgers = failing(w.Store, forever(1, LostAfter))
			crashing.Challenges = failing(w.Store, forever(3, LostBefore)) // the writes that give up the leases
			if got, err := crashing.Resend(ctx, r); err == nil {
				t.Errorf("%+v, want an error", got)
			}
			w.Clock.Advance(otp.Lease)
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(o.Open(t))
			first := w.init(t, start("id", phone), otp.Sent)
			w.Clock.Advance(cooldown)
			counted := w.Clock.Now()
			fail(t, w, again("r", first))
			sent := len(w.Inbox.Messages())
			for range 3 {
				w.resend(t, again("r", first), otp.Unclear)
			}
			w.resend(t, again("", first), otp.TooSoon) // each call without an id is a message of its own
			w.resend(t, again("other", first), otp.TooSoon)
			w.messages(t, sent)
			w.Clock.Advance(counted.Add(cooldown).Sub(w.Clock.Now()))
			w.resend(t, again("r", first), otp.Sent)
			w.messages(t, sent+1)
			w.counted(t, 3)
			w.verify(t, "id", w.Inbox.last(t), otp.Passed)
		})
	}
}

func resendInProgress(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	first := w.init(t, start("id", phone), otp.Sent)
	w.Clock.Advance(cooldown)
	busy := w.Issuer
	busy.Sender = meanwhile{w.Inbox, func() {
		w.resend(t, again("r", first), otp.InProgress)
		w.resend(t, again("r2", first), otp.InProgress)
		w.resend(t, again("", first), otp.InProgress)
		w.init(t, start("id", phone), otp.Sent) // a repeat
		w.verify(t, "id", wrong(w.Inbox.last(t), 0), otp.Unmatched)
	}}
	if got, err := busy.Resend(ctx, again("r", first)); err != nil || got.Outcome != otp.Sent {
		t.Errorf("%+v %v, want sent", got, err)
	}
	w.resend(t, again("r", first), otp.Sent)
	w.resend(t, again("r2", first), otp.TooSoon) // it was not decided, so it is tried again
	w.messages(t, 2)
}

func resendTogether(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	first := w.init(t, start("id", phone), otp.Sent)
	w.Clock.Advance(cooldown)
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() {
			if _, err := w.Issuer.Resend(ctx, again([]string{"", "a", "b"}[n%3], first)); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.messages(t, 2)
}

func resendFails(t *testing.T, o Opener) {
	for n := 1; n <= 5; n++ { // reserve, claim, spend, settle, settle
		for _, fate := range []Fate{LostBefore, LostAfter} {
			t.Run(fmt.Sprintf("request %d is %s", n, fate), func(t *testing.T) {
				w := newWorld(o.Open(t))
				first := w.init(t, start("id", phone), otp.Sent)
				w.Clock.Advance(cooldown)
				broken, faulty := w.Issuer, failing(w.Store, nth(n, fate))
				broken.Challenges, broken.Ledgers = faulty, faulty
				if got, err := broken.Resend(ctx, again("r", first)); err == nil {
					t.Errorf("%+v, want an error", got)
				}
				before := len(w.Inbox.Messages())
				w.Clock.Advance(max(otp.Lease, cooldown))
				w.resend(t, again("r", first), otp.Sent)
				w.resend(t, again("r", first), otp.Sent)
				got := len(w.Inbox.Messages())
				if got > before+1 || got < 2 {
					t.Errorf("%d messages, %d of them before the retry, want 2, or 1 more", got, before)
				}
				w.counted(t, got) // a message that was never handed to the sender was given back
				w.verify(t, "id", w.Inbox.last(t), otp.Passed)
			})
		}
	}
}

func resendRefused(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	first := w.init(t, start("id", phone), otp.Sent)
	w.Clock.Advance(cooldown)
	for _, id := range []string{"", "r"} {
		r := again(id, first)
		r.Recipient = func(to otp.Phone) otp.Decision {
			if to != phone {
				t.Error("another number was asked for than that of the challenge")
			}
			return otp.Decision{Refusal: otp.Barred}
		}
		w.resend(t, r, otp.Barred)
	}
	w.resend(t, again("r", first), otp.Barred) // a repeat
	w.messages(t, 1)
	w.counted(t, 1)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
}

// A challenge has the provider's ids of its latest messages. A message that was not clearly accepted has none.
func resendMessageIDs(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	first := w.init(t, start("id", phone), otp.Sent)
	want := []string{messageID(1)}
	for n := 2; n <= 5; n++ {
		w.Clock.Advance(cooldown)
		outcome := otp.Sent
		if n == 3 {
			w.Inbox.Answers, outcome = []otp.Delivery{otp.MaybeSent}, otp.Unclear
		} else {
			want = append([]string{messageID(n)}, want...)
		}
		w.resend(t, again(fmt.Sprint(n), first), outcome)
		refused, err := w.Store.Settle(ctx, otp.Settlement{Key: otp.ChallengeKey("demo", "id"), Owner: "nobody"})
		if err != nil {
			t.Fatal(err)
		}
		if got := refused.Item.MessageIDs(); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("after message %d the challenge has the ids %q, want %q", n, got, want)
		}
	}
}
