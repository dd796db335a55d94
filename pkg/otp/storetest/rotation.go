package storetest

import (
	"testing"
	"time"

	"countersign/pkg/otp"
)

// testRotation changes the keys while challenges are live (P21).
func testRotation(t *testing.T, o Opener) {
	run(t, o, cases{
		{"challenges of the older code key stay valid while it is held", rotatedCodeKey},
		{"another process rotates first", rotatedElsewhere},
		{"a newer key that cannot be fetched decides nothing", newerKeyMissing},
		{"the challenges of a retired key are worth nothing", retiredKey},
		{"a challenge of a retired key stays until its lease is over", retiredInLease},
		{"a retry finds a challenge of a newer key", retryNewerKey},
		{"no limit is forgotten", rotatedLimits},
		{"no pause is forgotten, and an answer ends it", rotatedPause},
		{"a newer ledger counts neither what an older one refuses nor what is unanswered", newerLedger},
		{"a send that a newer ledger refuses is removed from the older one", newerLedgerRefuses},
		{"a message that the sender refuses stays counted in all ledgers", refusedInAllLedgers},
		{"a scenario has the same name in all processes", scenarioNames},
		{"a re-send after a rotation", rotatedResend},
	})
}

func rotatedCodeKey(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Keys = rotated(t, 1)
	w.init(t, start("old", phone), otp.Sent)
	code := w.Inbox.last(t)
	w.Verifier.Keys = rotated(t, 2, 1)
	if got := w.verify(t, "old", wrong(code, 0), otp.Unmatched); got.Left != 4 {
		t.Errorf("%d attempts left, want 4", got.Left)
	}
	w.Issuer.Keys = rotated(t, 2, 1)
	w.init(t, start("old", phone), otp.Sent)
	other := start("old", phone)
	other.Fingerprinted[0] += "0"
	w.init(t, other, otp.Inconsistent)
	w.init(t, start("new", "+606543216354"), otp.Sent)
	w.verify(t, "new", w.Inbox.last(t), otp.Passed)
	w.Verifier.Keys, w.Issuer.Keys = rotated(t, 2), rotated(t, 2) // the old key is retired
	w.verify(t, "old", code, otp.Unknown)
	w.Verifier.Keys = rotated(t, 2, 1)
	w.verify(t, "old", code, otp.Passed)
	w.Verifier.Keys = rotated(t, 3)
	w.verify(t, "no such id", code, otp.Unknown)
}

func rotatedElsewhere(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Keys = rotated(t, 2, 1)
	w.init(t, start("id", phone), otp.Sent)
	late := &ring{held: rotated(t, 1), fetched: rotated(t, 2, 1)}
	w.Verifier.Keys = late
	w.verify(t, "id", wrong(w.Inbox.last(t), 0), otp.Unmatched)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
	if late.fetches != 1 {
		t.Errorf("%d fetches, want 1", late.fetches)
	}
	late.held = rotated(t, 1)
	w.Issuer.Keys = late
	w.init(t, start("id", phone), otp.Sent)
	w.messages(t, 1)
}

func newerKeyMissing(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Keys = rotated(t, 2, 1)
	w.init(t, start("id", phone), otp.Sent)
	w.Clock.Advance(otp.Lease)
	w.Issuer.Keys, w.Verifier.Keys = rotated(t, 1), rotated(t, 1)
	w.initFails(t, w.Issuer)
	w.verifyFails(t, w.Verifier)
	w.Verifier.Keys = rotated(t, 2, 1)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
}

func retiredKey(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Keys = rotated(t, 1)
	w.init(t, start("id", phone), otp.Sent)
	old := w.Inbox.last(t)
	w.Verifier.Keys, w.Issuer.Keys = rotated(t, 2), rotated(t, 2)
	w.verify(t, "id", old, otp.Unknown)
	w.Clock.Advance(otp.DefaultPolicy().Cooldown)
	w.init(t, start("id", phone), otp.Sent)
	w.messages(t, 2)
	w.verify(t, "id", old, otp.Unmatched)
	w.verify(t, "id", w.Inbox.last(t), otp.Passed)
}

func retiredInLease(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Sender = meanwhile{w.Inbox, func() {
		hasty := w.Issuer
		hasty.Sender, hasty.Keys = w.Inbox, rotated(t, 2)
		if got, err := hasty.Init(ctx, start("id", phone)); err != nil || got.Outcome != otp.InProgress {
			t.Errorf("%+v %v, want in progress", got, err)
		}
	}}
	w.init(t, start("id", phone), otp.Sent)
}

func retryNewerKey(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Keys = rotated(t, 2, 1)
	w.Inbox.Answers = []otp.Delivery{otp.MaybeSent}
	w.init(t, start("id", phone), otp.Unclear)
	w.Clock.Advance(cooldown)
	w.Issuer.Keys = &ring{held: rotated(t, 1), fetched: rotated(t, 2, 1)}
	w.init(t, start("id", phone), otp.Sent)
	if m := w.Inbox.Messages(); len(m) != 2 || m[0].Code != m[1].Code {
		t.Errorf("%d messages, want 2 with one code", len(m))
	}
}

func rotatedLimits(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	send := func(id string, keys *otp.Keys, want otp.Outcome) otp.Started {
		t.Helper()
		w.Issuer.Keys = keys
		got := w.init(t, start(id, phone), want)
		w.Clock.Advance(cooldown)
		return got
	}
	for _, id := range []string{"1", "2", "3"} {
		send(id, Numbered(t, 1), otp.Sent)
	}
	w.Clock.Advance(-cooldown)
	send("soon", Numbered(t, 2, 1), otp.TooSoon)
	send("4", Numbered(t, 2, 1), otp.Sent)
	send("5", Numbered(t, 1), otp.Sent) // a process that has not seen the rotation
	if got := send("6", Numbered(t, 2, 1), otp.TooMany); got.Wait != time.Hour-5*cooldown {
		t.Errorf("wait %v, want %v", got.Wait, time.Hour-5*cooldown)
	}
	w.Clock.Advance(24 * time.Hour)
	for _, id := range []string{"7", "8", "9", "10", "11"} {
		send(id, Numbered(t, 2, 1), otp.Sent)
	}
	send("12", Numbered(t, 2), otp.TooMany) // version 1 is retired
}

func rotatedPause(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Keys = Numbered(t, 1)
	quiet := func(id string) otp.Start {
		r := start(id, phone)
		r.Policy.Unanswered = 3
		return r
	}
	for _, id := range []string{"1", "2", "3"} {
		w.init(t, quiet(id), otp.Sent)
		w.Clock.Advance(cooldown)
	}
	w.Issuer.Keys = Numbered(t, 2, 1)
	w.init(t, quiet("paused"), otp.TooMany) // five an hour would allow it
	w.Clock.Advance(time.Hour)
	w.init(t, quiet("4"), otp.Sent)
	w.verify(t, "4", w.Inbox.last(t), otp.Passed)
	ledger := stored(t, w.Store, otp.ChallengeKey("demo", "4")).LedgerKey
	if err := w.Store.Answered(ctx, otp.Answer{Ledger: ledger}); err != nil { // as the follower of the table does
		t.Fatal(err)
	}
	for _, id := range []string{"5", "6", "7"} { // with message 4 they would be more than a pause lets through
		w.Clock.Advance(cooldown)
		w.init(t, quiet(id), otp.Sent)
	}
}

func newerLedger(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	policy := func(id string) otp.Start {
		r := start(id, phone)
		r.Policy.Unanswered = 3
		return r
	}
	w.Issuer.Keys = Numbered(t, 1)
	w.init(t, policy("1"), otp.Sent)
	w.Issuer.Keys = Numbered(t, 2, 1)
	w.init(t, policy("2"), otp.TooSoon)
	w.Issuer.Keys = Numbered(t, 2)
	w.init(t, policy("3"), otp.Sent)
	w.Clock.Advance(time.Hour)
	w.Issuer.Keys = Numbered(t, 2, 1)
	w.init(t, policy("4"), otp.Sent)
	w.Clock.Advance(time.Hour / 2)
	w.init(t, policy("5"), otp.Sent)
	w.Clock.Advance(cooldown)
	w.Issuer.Keys = Numbered(t, 2)
	for _, id := range []string{"6", "7"} { // with message 3 these are the first unanswered ones that it counts
		w.init(t, policy(id), otp.Sent)
		w.Clock.Advance(cooldown)
	}
	w.init(t, policy("8"), otp.TooMany)
}

func newerLedgerRefuses(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Keys = Numbered(t, 2)
	w.init(t, start("1", phone), otp.Sent) // happens only if a keyring lost its older key
	w.Issuer.Keys = Numbered(t, 2, 1)
	w.init(t, start("2", phone), otp.TooSoon)
	w.Issuer.Keys = Numbered(t, 1)
	w.init(t, start("3", phone), otp.Sent)
}

func refusedInAllLedgers(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Keys = Numbered(t, 2, 1)
	w.Inbox.Answers = []otp.Delivery{otp.Refused}
	w.init(t, start("1", phone), otp.Undeliverable)
	for id, version := range map[string]int{"2": 1, "3": 2} {
		w.Issuer.Keys = Numbered(t, version)
		w.init(t, start(id, phone), otp.TooSoon)
	}
}

func scenarioNames(t *testing.T, o Opener) {
	before, during, other := Numbered(t, 1), Numbered(t, 2, 1), Numbered(t, 3, 2, 1)
	want := before.Scenarios("demo", phone, "login")[0]
	for _, k := range []*otp.Keys{during, other} {
		if k.Scenarios("demo", phone, "login")[0] != want {
			t.Error("a scenario has another name while the older key is held")
		}
	}
	second := Numbered(t, 2).Scenarios("demo", phone, "login")[0]
	if got := other.Scenarios("demo", phone, "login"); len(got) != 3 || got[1] != second {
		t.Error("the names are not those of all keys, oldest first")
	}
}

func rotatedResend(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	w.Issuer.Keys = rotated(t, 1)
	first := w.init(t, start("id", phone), otp.Sent)
	code := w.Inbox.last(t)
	w.Clock.Advance(cooldown)
	w.Issuer.Keys = rotated(t, 2, 1)
	w.resend(t, again("a", first), otp.Sent)
	if w.Inbox.last(t) != code {
		t.Error("the re-send carries another code")
	}
	w.Clock.Advance(cooldown)
	w.Issuer.Keys = rotated(t, 2)
	w.resend(t, again("b", first), otp.Unknown)
	w.Issuer.Keys = &ring{held: rotated(t, 1), fetched: rotated(t, 2, 1)}
	w.resend(t, again("c", first), otp.Sent)
}
