package storetest

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testKnown lets strangers and the owner of a number ask for codes.
func testKnown(t *testing.T, o Opener) {
	run(t, o, cases{
		{"a right code makes its source known", rightCodeMakesKnown},
		{"a scenario knows the source of the guess", guessMakesKnown},
		{"a right guess without a source makes none known", guessWithoutSource},
		{"a guess lends its source to nobody who asks again", guessLendsNothing},
		{"strangers cannot use up the day", strangersLeaveSome},
		{"strangers cannot pause a known source", knownIsNotPaused},
		{"a number that answers nobody is bounded for known sources too", knownIsBounded},
		{"a re-send has the source of its challenge", resendIsKnown},
		{"strangers who are refused keep a known source from nothing", refusedKeepNobody},
		{"without a known source strangers have the whole day", nobodyIsKnown},
		{"a source is known for one number of one client", knownForOneNumber},
		{"few sources are known", fewAreKnown},
		{"an ordinary message takes one write to the ledger", knownWrites},
	})
}

// from is start with a source.
func from(source, id string) otp.Start {
	r := start(id, phone)
	r.Source = source
	return r
}

// answer does what the follower of the table does after a right code.
func (w *world) answer(t testing.TB, key string) {
	t.Helper()
	c := stored(t, w.Store, key)
	if err := w.Store.Answered(ctx, otp.Answer{Ledger: c.LedgerKey, Source: c.Source}); err != nil {
		t.Fatal(err)
	}
}

// known makes a world in which the source "home" is known.
func known(t *testing.T, o Opener) *world {
	w := newWorld(o.Open(t))
	w.init(t, from("home", "first"), otp.Sent)
	w.verify(t, "first", w.Inbox.last(t), otp.Passed)
	w.answer(t, otp.ChallengeKey("demo", "first"))
	w.Clock.Advance(48 * time.Hour)
	return w
}

// strangers asks for codes until the limits refuse a message, and returns how many went
// out. Messages of a cooldown's distance are refused by the limits of an hour and more.
func (w *world) strangers(t testing.TB, name string) (sent int) {
	t.Helper()
	for ; ; sent++ {
		r := from(name, fmt.Sprint(name, w.Clock.Now()))
		got, err := w.Issuer.Init(ctx, r)
		if err != nil || got.Outcome != otp.Sent {
			return sent
		}
		w.Clock.Advance(cooldown)
	}
}

func rightCodeMakesKnown(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.init(t, from("home", "id"), otp.Sent)
	c := stored(t, w.Store, otp.ChallengeKey("demo", "id"))
	if want := Keys().Source("demo", phone, "home"); !reflect.DeepEqual(c.Source, want) {
		t.Errorf("the challenge has the source %x, want %x", c.Source, want)
	}
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
	w.answer(t, c.Key)
	n := ledgerOf(t, w.Store, c.LedgerKey, otp.SendID(c.Seed, c.Owner))
	if !n.Knows(c.Source) || n.Knows(nil) || n.Knows(Keys().Source("demo", phone, "elsewhere")) {
		t.Errorf("the ledger knows %x, want %x", n.Known, c.Source)
	}
	w.Clock.Advance(time.Hour)
	w.init(t, start("none", phone), otp.Sent)
	if c := stored(t, w.Store, otp.ChallengeKey("demo", "none")); c.Source != nil {
		t.Errorf("a challenge without a source has %x", c.Source)
	}
}

// guessMakesKnown: anybody may ask for the code of a scenario, so only the guess tells
// whose code it is. A wrong guess of somebody else does not remain.
func guessMakesKnown(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	stranger := scenario("")
	stranger.Source = "attacker"
	w.send(t, stranger, otp.Sent)
	code := w.Inbox.last(t)
	if c := stored(t, w.Store, otp.ChallengeKey("demo", stranger.ID)); c.Source != nil {
		t.Errorf("the challenge has the source %x of whoever asked first", c.Source)
	}
	guess := func(source string, code otp.Code) *otp.Challenge { return w.guess(t, stranger.ID, source, code) }
	guess("attacker", wrong(code, 0))
	want := Keys().Source("demo", phone, "home")
	if c := guess("home", code); !c.Passed() || !reflect.DeepEqual(c.Source, want) {
		t.Errorf("the challenge has the source %x, want %x", c.Source, want)
	}
	if c := guess("attacker", code); !reflect.DeepEqual(c.Source, want) {
		t.Errorf("a guess after the right one changed the source to %x", c.Source)
	}
}

// guessWithoutSource: a stranger guesses wrong at the code of somebody who has no source.
func guessWithoutSource(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := scenario("")
	w.send(t, r, otp.Sent)
	code := w.Inbox.last(t)
	w.guess(t, r.ID, "attacker", wrong(code, 0))
	if c := w.guess(t, r.ID, "", code); !c.Passed() || c.Source != nil {
		t.Errorf("passed %v, and the challenge has the source %x of a wrong guess", c.Passed(), c.Source)
	}
}

// guessLendsNothing: strangers have had their messages of the day, and the owner mistypes
// the code that he still got.
func guessLendsNothing(t *testing.T, o Opener) {
	w := known(t, o)
	for range 2 {
		w.strangers(t, "attacker")
		w.Clock.Advance(time.Hour)
	}
	owner, others := scenario(""), scenario("")
	owner.Source = "home"
	w.send(t, owner, otp.Sent)
	c := w.guess(t, owner.ID, "home", wrong(w.Inbox.last(t), 0))
	w.Clock.Advance(cooldown)
	w.send(t, others, otp.TooMany)
	w.resend(t, again("", otp.Started{AuthID: c.AuthID}), otp.TooMany)
	w.send(t, owner, otp.Sent)
}

// guess guesses at a code of a scenario, and returns the challenge after that.
func (w *world) guess(t testing.TB, id, source string, code otp.Code) *otp.Challenge {
	t.Helper()
	r := otp.Check{Client: "demo", ID: id, Code: code, Source: source, To: phone}
	if _, err := w.Verifier.Verify(ctx, r); err != nil {
		t.Fatal(err)
	}
	return stored(t, w.Store, otp.ChallengeKey("demo", id))
}

func strangersLeaveSome(t *testing.T, o Opener) {
	w := known(t, o)
	if got := w.strangers(t, "attacker"); got != 5 {
		t.Errorf("%d messages in the first hour, want 5", got)
	}
	w.Clock.Advance(time.Hour)
	if got := w.strangers(t, "attacker"); got != 2 {
		t.Errorf("%d further messages to strangers, want 2 of the day", got)
	}
	w.init(t, from("", "no source"), otp.TooMany)
	for n := range 3 {
		w.init(t, from("home", fmt.Sprint("owner", n)), otp.Sent)
		w.Clock.Advance(cooldown)
	}
	w.init(t, from("home", "one more"), otp.TooMany)
}

// paused makes a world with a known source whose number has had so many unanswered
// messages of strangers, as early as the limits allow.
func paused(t *testing.T, o Opener, messages int) *world {
	w := known(t, o)
	for n := 0; n < messages; {
		got, err := w.Issuer.Init(ctx, from("attacker", fmt.Sprint("p", n, w.Clock.Now())))
		if err != nil {
			t.Fatal(err)
		}
		if got.Outcome == otp.Sent {
			n++
		}
		w.Clock.Advance(max(got.Wait, time.Second))
	}
	return w
}

func knownIsNotPaused(t *testing.T, o Opener) {
	for _, messages := range []int{20, 24, 30, 35, 38, 45} {
		w := paused(t, o, messages)
		w.strangers(t, "attacker")
		w.init(t, from("attacker", "stranger"), otp.TooMany)
		for n := range 3 {
			got, _ := w.Issuer.Init(ctx, from("home", fmt.Sprint("early", n)))
			if got.Wait > time.Hour {
				t.Errorf("after %d messages of strangers the owner waits %v, want at most an hour", messages, got.Wait)
			}
			if w.Clock.Advance(got.Wait); got.Outcome != otp.Sent {
				w.init(t, from("home", fmt.Sprint("owner", n)), otp.Sent)
			}
			w.Clock.Advance(cooldown)
		}
	}
}

// knownIsBounded: at most six messages in 24 hours go to a number that never answers, also
// if the attacker is where its owner was.
func knownIsBounded(t *testing.T, o Opener) {
	w := paused(t, o, 45)
	var sends []time.Time
	for range 5 * 24 * 12 {
		if got, err := w.Issuer.Init(ctx, from("home", fmt.Sprint(w.Clock.Now()))); err != nil {
			t.Fatal(err)
		} else if got.Outcome == otp.Sent {
			sends = append(sends, w.Clock.Now())
		}
		w.Clock.Advance(5 * time.Minute)
	}
	for n := 6; n < len(sends); n++ {
		if d := sends[n].Sub(sends[n-6]); d < 24*time.Hour {
			t.Errorf("seven messages in %v", d)
		}
	}
	if len(sends) < 25 {
		t.Errorf("%d messages in five days, want 6 a day", len(sends))
	}
}

func resendIsKnown(t *testing.T, o Opener) {
	w := known(t, o)
	for range 2 {
		w.strangers(t, "attacker")
		w.Clock.Advance(time.Hour)
	}
	first := w.init(t, from("home", "owner"), otp.Sent)
	w.Clock.Advance(cooldown)
	w.init(t, from("", "stranger"), otp.TooMany)
	w.resend(t, again("r", first), otp.Sent)
}

// refusedKeepNobody: strangers ask for a code again and again, though the limits refuse
// them. One of their calls comes before each write of the owner's.
func refusedKeepNobody(t *testing.T, o Opener) {
	w := known(t, o)
	for range 2 {
		w.strangers(t, "attacker")
		w.Clock.Advance(time.Hour)
	}
	others, owner := w.Issuer, scenario("")
	owner.Source = "home"
	strangers := func() {
		r := scenario("")
		r.Source = "attacker"
		if got, err := others.Send(ctx, r); err != nil || got.Outcome == otp.Sent {
			t.Errorf("a stranger's call: %+v %v", got, err)
		}
	}
	busy := false
	between := func(do func() error) error {
		if !busy {
			busy = true
			strangers()
			busy = false
		}
		return do()
	}
	w.Issuer.Challenges, w.Issuer.Ledgers = Decorate(w.Store, between), Decorate(w.Store, between)
	w.send(t, owner, otp.Sent)
	w.Clock.Advance(cooldown)
	w.send(t, owner, otp.Sent) // the live code again
	w.Clock.Advance(cooldown)
	owner.Digits = 8
	w.send(t, owner, otp.Sent) // another one
}

func nobodyIsKnown(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	sent := w.strangers(t, "attacker")
	w.Clock.Advance(time.Hour)
	if sent += w.strangers(t, "attacker"); sent != 10 {
		t.Errorf("%d messages to a number without a known source, want 10", sent)
	}
	w.init(t, from("home", "owner"), otp.TooMany)
}

func knownForOneNumber(t *testing.T, o Opener) {
	k, other := Keys(), Numbered(t, 2, 1)
	digest := k.Source("demo", phone, "home")
	for name, d := range map[string][]byte{
		"another number": k.Source("demo", phone2, "home"), "another client": k.Source("other", phone, "home"),
		"another source": k.Source("demo", phone, "home2"), "another key": Numbered(t, 2).Source("demo", phone, "home"),
	} {
		if reflect.DeepEqual(d, digest) || len(d) != 8 {
			t.Errorf("%s: the digest %x, want another one", name, d)
		}
	}
	if !reflect.DeepEqual(other.Source("demo", phone, "home"), Numbered(t, 1).Source("demo", phone, "home")) {
		t.Error("a rotation changed the digest of a source: want that under the older key while it is held")
	}
	if k.Source("demo", phone, "") != nil {
		t.Error("no source has a digest")
	}
}

func fewAreKnown(t *testing.T, o Opener) {
	s := o.Open(t)
	spent(t, s, spend("N#1", "a", now), true)
	var want [][]byte
	for n := range 30 {
		for range 2 { // a repeat changes nothing
			if err := s.Answered(ctx, otp.Answer{Ledger: "N#1", Source: source(n)}); err != nil {
				t.Fatal(err)
			}
			want = otp.Remember(want, source(n))
			got := ledgerOf(t, s, "N#1", "a")
			if !reflect.DeepEqual(got.Known, want) || len(got.Known) != min(n+1, 8) || !got.Knows(source(n)) {
				t.Fatalf("after source %d the ledger knows %s, want %s", n, got.Known, want)
			}
		}
	}
	if err := s.Answered(ctx, otp.Answer{Ledger: "N#none", Source: source(1)}); err != nil {
		t.Error(err)
	}
	spent(t, s, spend("N#none", "first", now), true) // no ledger was made
}

func knownWrites(t *testing.T, o Opener) {
	w := known(t, o)
	r := &recorder{Store: w.Store, Inbox: w.Inbox}
	w.Issuer.Ledgers = r
	count := func(source, id string, want otp.Outcome, spends int) {
		t.Helper()
		r.calls = nil
		w.init(t, from(source, id), want)
		n := 0
		for _, call := range r.calls {
			if call == "spend" {
				n++
			}
		}
		if n != spends {
			t.Errorf("%s: %d writes to the ledger, want %d", id, n, spends)
		}
	}
	count("home", "ordinary", otp.Sent, 1)
	count("home", "too soon", otp.TooSoon, 1)
	w.Clock.Advance(time.Hour)
	for range 2 {
		w.strangers(t, "attacker")
		w.Clock.Advance(time.Hour)
	}
	count("attacker", "stranger", otp.TooMany, 1)
	count("home", "owner", otp.Sent, 2)
}
