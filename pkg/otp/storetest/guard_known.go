package storetest

import (
	"fmt"
	"testing"
	"time"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// testKnownNumbers sends to numbers that answered before.
func testKnownNumbers(t *testing.T, o Opener) {
	run(t, o, cases{
		{"they are refused by no budget, and counted in none", knownIsFree},
		{"for 180 days after the latest answer", knownFor180Days},
		{"a later answer is not replaced by an earlier one", answersOutOfOrder},
		{"an answer to a chosen code makes no number known", chosenMakesUnknown},
		{"a ledger is kept as long as its number is known", answeredTTL},
		{"the operator's clearing of a ledger keeps when it answered", clearedStaysKnown},
		{"a newer ledger takes over when the number answered", rotatedKnown},
		{"blocks that answer go on while their country has no room", answeringBlocksGoOn},
		{"the answer of a known number gives a little room", knownGivesRoom},
		{"an answer gives the room back, and adds some", answerGivesRoom},
		{"an answer frees a source", answerFreesSource},
	})
}

// answered marks the number of a challenge as one that answered now.
func (w *world) answered(t testing.TB, id string) {
	t.Helper()
	c := stored(t, w.Store, otp.ChallengeKey("demo", id))
	if err := w.Store.Answered(ctx, otp.Answer{Ledger: c.LedgerKey, At: otp.MillisOf(w.Clock.Now())}); err != nil {
		t.Fatal(err)
	}
}

// knownAs asks for a further code for a number that is known.
func knownAs(id string, r otp.Start) otp.Start {
	r.ID = id
	return r
}

func knownIsFree(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	w.sends(t, 0, 0, roomOfBlock, otp.Sent)
	w.verify(t, block(0, 0).ID, w.Inbox.Messages()[0].Code, otp.Passed)
	w.answered(t, block(0, 0).ID)
	for of := range roomOfCountry - roomOfBlock {
		w.sends(t, 1+of, 0, 1, otp.Sent)
	}
	w.sends(t, 50, 0, 1, otp.OverCountry)
	w.sends(t, 0, 50, 51, otp.OverCountry)
	for n := range 4 {
		w.Clock.Advance(cooldown)
		r := knownAs(fmt.Sprint("known", n), block(0, 0))
		r.Guard.Young, r.Source = 1, "attacker"
		w.init(t, r, otp.Sent)
		if _, _, known := w.tagged(t, r.ID); !known {
			t.Error("the tag does not say that the number is known")
		}
	}
	n, _, _ := w.tagged(t, "known0")
	if n.Source == nil || entry(t, w.Store, n.SourceKey()).TTL != 0 {
		t.Errorf("a message to a known number is counted for its source: %+v", n)
	}
	unanswered(t, w.Store, roomOfCountry, countryKey("MY"))
	unanswered(t, w.Store, roomOfBlock, n.BlockKey())
}

func knownFor180Days(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	for n := range 3 {
		w.init(t, block(0, n), otp.Sent)
		w.answered(t, block(0, n).ID)
	}
	for n, later := range []time.Duration{time.Hour, otp.KnownMemory - time.Millisecond, otp.KnownMemory} {
		w.Clock.Advance(epoch.Add(later).Sub(w.Clock.Now()))
		want, id := later < otp.KnownMemory, fmt.Sprint("later", n)
		w.init(t, knownAs(id, block(0, n)), otp.Sent)
		if _, _, known := w.tagged(t, id); known != want {
			t.Errorf("%v after the answer the number is known: %v", later, known)
		}
	}
}

func answersOutOfOrder(t *testing.T, o Opener) {
	s := o.Open(t)
	spent(t, s, spend("N#1", "a", now), true)
	ledger := func(a otp.Answer) *otp.Ledger {
		t.Helper()
		a.Ledger = "N#1"
		err := s.Answered(ctx, a)
		n, failed := s.Ledger(ctx, "N#1")
		if err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		return n
	}
	for n, at := range []otp.Millis{now, now - 1, 0, now + 5, now + 5, now + 4} {
		want := []otp.Millis{now, now, now, now + 5, now + 5, now + 5}[n]
		if got := ledger(otp.Answer{At: at, Source: source(n % 3)}); got.Answered != want || got.Unanswered != 0 {
			t.Errorf("after an answer at %d: %+v, want %d", at, got, want)
		}
	}
	if err := s.Answered(ctx, otp.Answer{Ledger: "N#none", At: now}); err != nil {
		t.Error(err)
	}
	if n, err := s.Ledger(ctx, "N#none"); n != nil || err != nil {
		t.Errorf("an answer made the ledger %+v %v", n, err)
	}
}

func chosenMakesUnknown(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	r := block(0, 0)
	w.init(t, r, otp.Sent)
	c := stored(t, w.Store, otp.ChallengeKey("demo", r.ID))
	if err := w.Store.Answered(ctx, otp.Answer{Ledger: c.LedgerKey}); err != nil { // of a code that the client chose
		t.Fatal(err)
	}
	w.Clock.Advance(cooldown)
	w.init(t, knownAs("again", r), otp.Sent)
	if _, _, known := w.tagged(t, "again"); known {
		t.Error("the number is known")
	}
	unanswered(t, w.Store, 2, countryKey("MY"))
}

// answeredTTL: the TTL grows with an answer, and never shrinks by one.
func answeredTTL(t *testing.T, o Opener) {
	s := o.Open(t)
	long := now.Add(2 * otp.KnownMemory).Seconds()
	for n, ttl := range []int64{now.Seconds(), long} {
		sp := spend(fmt.Sprint("N#", n), "a", now)
		sp.TTL = ttl
		spent(t, s, sp, true)
		for _, source := range [][]byte{nil, source(1)} {
			if err := s.Answered(ctx, otp.Answer{Ledger: sp.Key, At: now + 1, Source: source}); err != nil {
				t.Fatal(err)
			}
			got, err := s.Ledger(ctx, sp.Key)
			if want := max(ttl, (now + 1).Add(otp.KnownMemory).Seconds()); err != nil || got.TTL != want {
				t.Errorf("TTL %d %v, want %d", got.TTL, err, want)
			}
		}
	}
}

func clearedStaysKnown(t *testing.T, o Opener) {
	w := exhausted(t, o)
	w.answered(t, block(0, 0).ID)
	ledger := stored(t, w.Store, otp.ChallengeKey("demo", block(0, 0).ID)).LedgerKey
	if err := w.Store.ClearLedger(ctx, ledger); err != nil {
		t.Fatal(err)
	}
	w.init(t, knownAs("cleared", block(0, 0)), otp.Sent)
}

func rotatedKnown(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	known := func(id string, keys *otp.Keys) (known bool) {
		t.Helper()
		w.Issuer.Keys = keys
		w.init(t, knownAs(id, block(0, 0)), otp.Sent)
		w.Clock.Advance(cooldown)
		_, _, known = w.tagged(t, id)
		return known
	}
	if known("first", Numbered(t, 1)) {
		t.Error("a new number is known")
	}
	w.answered(t, "first")
	if !known("both", Numbered(t, 2, 1)) {
		t.Error("the number is not known while both keys are held")
	}
	if !known("newer", Numbered(t, 2)) {
		t.Error("the number is not known to the newer key")
	}
	w.Clock.Advance(otp.KnownMemory)
	if known("later", Numbered(t, 2)) {
		t.Error("the number is known for longer than the older key knew it")
	}
}

// passed credits the answer to a challenge, as the follower of the table does.
func (o Opener) passed(t testing.TB, w *world, id string) {
	t.Helper()
	w.verify(t, id, w.codeOf(t, id), otp.Passed)
	w.answered(t, id)
	o.credit(t, w.Store, w.credits(t, id)...)
}

// credits returns what follows from the answer to a challenge that was sent in this hour.
func (w *world) credits(t testing.TB, id string) []guard.Credit {
	t.Helper()
	n, young, known := w.tagged(t, id)
	credit := func(key string, e guard.Event) guard.Credit {
		return guard.Credit{Key: key, Country: n.CountryKey(), Event: e, Hour: w.hour()}
	}
	of := guard.Answered
	if known {
		of = guard.AnsweredByKnown
	}
	all := []guard.Credit{credit(n.CountryKey(), of), credit(n.BlockKey(), of)}
	if known {
		return all
	}
	if young {
		all = append(all, credit(n.YoungKey(), of))
	}
	if n.Source != nil {
		all = append(all, credit(n.SourceKey(), of))
	}
	return all
}

// codeOf returns the code of the latest message of a challenge.
func (w *world) codeOf(t testing.TB, id string) otp.Code {
	t.Helper()
	c := stored(t, w.Store, otp.ChallengeKey("demo", id))
	for _, m := range w.Inbox.Messages() {
		if m.AuthID == c.AuthID {
			return m.Code
		}
	}
	t.Fatalf("challenge %s has no message", id)
	return ""
}

func answeringBlocksGoOn(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	w.sends(t, 0, 0, 1, otp.Sent)
	o.passed(t, w, block(0, 0).ID)
	w.toHour(w.hour() + 24) // the answer is remembered, and its room is not
	for of := range roomOfCountry {
		w.sends(t, 1+of, 0, 1, otp.Sent)
	}
	for range 2 {
		for n := range roomOfCountry / 8 {
			w.sends(t, 0, 1+n+100*int(w.hour()%24), 2+n+100*int(w.hour()%24), otp.Sent)
		}
		w.sends(t, 0, 4000, 4001, otp.OverCountry)
		w.sends(t, 1, 1, 2, otp.OverCountry)
		w.toHour(w.hour() + 1)
	}
	unanswered(t, w.Store, roomOfCountry+2*(roomOfCountry/8), countryKey("MY"))
	w.Clock.Advance(14 * 24 * time.Hour)
	for of := range roomOfCountry {
		w.sends(t, 100+of, 0, 1, otp.Sent)
	}
	w.sends(t, 0, 5000, 5001, otp.OverCountry) // its people have not answered for 14 days
}

func knownGivesRoom(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	w.sends(t, 0, 0, 1, otp.Sent)
	w.answered(t, block(0, 0).ID)
	w.Clock.Advance(cooldown)
	w.init(t, knownAs("known", block(0, 0)), otp.Sent)
	n, _, _ := w.tagged(t, "known")
	before := []int{entry(t, w.Store, n.CountryKey()).Left, entry(t, w.Store, n.BlockKey()).Left}
	o.passed(t, w, "known")
	after := []int{entry(t, w.Store, n.CountryKey()).Left, entry(t, w.Store, n.BlockKey()).Left}
	if after[0] != before[0]+16 || after[1] != before[1] {
		t.Errorf("the room is %v, and was %v: want 16 hundredths for the country, none for the block", after, before)
	}
	unanswered(t, w.Store, 1, n.CountryKey(), n.BlockKey())
}

func answerGivesRoom(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	o.baseline(t, w, "MY", 0)
	w.sends(t, 0, 0, roomOfBlock, otp.Sent)
	w.sends(t, 0, 100, 101, otp.OverBlock)
	for n := range 3 { // three answers give a message more
		o.passed(t, w, block(0, n).ID)
	}
	w.sends(t, 0, 200, 204, otp.Sent)
	w.sends(t, 0, 204, 205, otp.OverBlock)
	n, _, _ := w.tagged(t, block(0, 0).ID)
	unanswered(t, w.Store, roomOfBlock+1, n.BlockKey())
	if e := entry(t, w.Store, n.BlockKey()); guard.Sum(e.Answered) != 3 || e.AnsweredAt != w.hour() {
		t.Errorf("the block has %+v, want 3 answers", e)
	}
}

func answerFreesSource(t *testing.T, o Opener) {
	w := newWorld(o.Open(t))
	from := func(n int, region string) otp.Start {
		r := block(n, n)
		r.Source, r.Region = "home", region
		return r
	}
	for n, region := range []string{"MY", "TH", "VN"} {
		w.init(t, from(n, region), otp.Sent)
	}
	w.init(t, from(3, "KH"), otp.OverSource)
	o.passed(t, w, from(1, "TH").ID)
	for n := range roomOfSource - 2 {
		w.init(t, from(10+n, []string{"KH", "LA"}[n%2]), otp.Sent)
	}
	w.init(t, from(50, "MY"), otp.OverSource)
}
