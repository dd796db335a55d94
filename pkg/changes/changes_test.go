package changes_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
)

const (
	sentAt  otp.Millis = 1_795_320_306_007
	expires            = sentAt + 300_000
)

// image returns a reserved challenge, with changes.
func image(change ...func(*otp.Challenge)) *otp.Challenge {
	i := &otp.Challenge{
		Reported:  otp.Reported{Client: "demo", AuthID: "auth", Region: "MY", Mask: "+60******6353"},
		Key:       "C#demo#1",
		Seed:      []byte("seed"),
		State:     otp.Reserved,
		Code:      []byte("code"),
		Guess:     []byte("-"),
		Op:        "-",
		Max:       3,
		SentAt:    sentAt,
		ExpiresAt: expires,
		LedgerKey: "N#1",
	}
	for _, c := range change {
		c(i)
	}
	return i
}

func state(s otp.State) func(*otp.Challenge) { return func(i *otp.Challenge) { i.State = s } }
func guessed(n int) func(*otp.Challenge) {
	return func(i *otp.Challenge) { i.Attempts, i.Op = n, fmt.Sprint("op", n) }
}
func right(i *otp.Challenge)            { i.Guess = i.Code }
func record(i *otp.Challenge)           { i.Max = 0 }
func next(i *otp.Challenge)             { i.Seed, i.AuthID = []byte("next"), "next" }
func late(i *otp.Challenge)             { i.SentAt, i.ExpiresAt = expires, expires+300_000 }
func early(i *otp.Challenge)            { i.SentAt, i.ExpiresAt = expires-1, expires+299_999 }
func again(i *otp.Challenge)            { i.SentAt += 30_000 }
func refused(i *otp.Challenge)          { i.State, i.Result = otp.Failed, otp.TooSoon }
func noUser(i *otp.Challenge)           { i.State, i.Result = otp.Failed, otp.NoUser }
func used(n int) func(i *otp.Challenge) { return func(i *otp.Challenge) { i.Attempts = n } }

const sent, unclear = otp.Delivered, otp.MaybeDelivered

// factCase is a change and the facts that follow from it.
type factCase struct {
	name    string
	was, is *otp.Challenge
	swept   bool
	want    string // kind, authId and attempts left or reason of each fact
}

func TestFactsOfMessages(t *testing.T) {
	testFacts(t, []factCase{
		{name: "reserved", is: image()},
		{name: "sent", was: image(), is: image(state(sent)), want: "ChallengeSent auth"},
		{name: "unclear", was: image(), is: image(state(unclear))},
		{name: "unclear, then sent", was: image(state(unclear)), is: image(state(sent)), want: "ChallengeSent auth"},
		{name: "sent again", was: image(state(sent)), is: image(state(sent), again), want: "ChallengeSent auth"},
		{name: "claimed or taken over", was: image(state(sent)), is: image(state(sent))},
		{
			name: "settled after a pass", was: image(state(unclear), guessed(1), right),
			is: image(state(sent), guessed(1), right), want: "ChallengeSent auth",
		},
		{name: "record of a re-send", is: image(record, refused)},
		{name: "record of a re-send, sent", was: image(record), is: image(record, state(sent))},
		{name: "record of a re-send, swept", was: image(record, state(sent)), swept: true},
		{name: "nothing", want: ""},
	})
}

// The fact of a message has the number of its parts. To a test number nothing goes out.
func TestParts(t *testing.T) {
	tested := func(i *otp.Challenge) { i.Test = true }
	for want, is := range []*otp.Challenge{image(state(sent), tested), image(state(sent))} {
		facts := changes.Facts(changes.Change{Was: image(), Is: is})
		if len(facts) != 1 || facts[0].Parts != want {
			t.Fatalf("%+v, want one fact with %d parts", facts, want)
		}
		valid(t, facts[0])
	}
}

func TestFactsOfGuesses(t *testing.T) {
	testFacts(t, []factCase{
		{name: "wrong", was: image(state(sent)), is: image(state(sent), guessed(1)), want: "ChallengeFailed auth 2"},
		{
			name: "wrong again", was: image(state(sent), guessed(1)), is: image(state(sent), guessed(2)),
			want: "ChallengeFailed auth 1",
		},
		{
			name: "wrong for the last time", was: image(state(sent), guessed(2)), is: image(state(sent), guessed(3)),
			want: "ChallengeExhausted auth 0",
		},
		{
			name: "right", was: image(state(sent)), is: image(state(sent), guessed(1), right),
			want: "ChallengePassed auth 2",
		},
		{
			name: "right at last", was: image(state(sent), guessed(2)), is: image(state(sent), guessed(3), right),
			want: "ChallengePassed auth 0",
		},
		{
			name: "right, of an unclear one", was: image(state(unclear)), is: image(state(unclear), guessed(1), right),
			want: "ChallengePassed auth 2",
		},
		{
			name: "several writes", was: image(), is: image(state(sent), guessed(3)),
			want: "ChallengeSent auth, ChallengeFailed auth 2, ChallengeFailed auth 1, ChallengeExhausted auth 0",
		},
		{
			name: "several writes from the first on", is: image(state(sent), guessed(2), right),
			want: "ChallengeSent auth, ChallengeFailed auth 2, ChallengePassed auth 1",
		},
	})
}

func TestFactsOfRefusals(t *testing.T) {
	testFacts(t, []factCase{
		{name: "refused", was: image(), is: image(refused), want: "SendRefused auth too_soon"},
		{
			name: "refused when unclear", was: image(state(unclear)), is: image(refused),
			want: "SendRefused auth too_soon",
		},
		{name: "refused at once", is: image(refused), want: "SendRefused auth too_soon"},
		{name: "refused before", was: image(refused), is: image(refused)},
		{name: "no user", is: image(noUser)},
		{name: "no user any more", was: image(state(unclear)), is: image(noUser)},
		{
			name: "no user, in the place of an expired one", was: image(state(sent)), is: image(next, late, noUser),
			want: "ChallengeExpired auth 3",
		},
	})
}

func TestFactsOfDeletions(t *testing.T) {
	testFacts(t, []factCase{
		{name: "swept", was: image(state(sent)), swept: true, want: "ChallengeExpired auth 3"},
		{
			name: "swept when unclear", was: image(state(unclear), guessed(1)), swept: true,
			want: "ChallengeExpired auth 2",
		},
		{
			name: "swept when exhausted", was: image(state(sent), guessed(3)), swept: true,
			want: "ChallengeExpired auth 0",
		},
		{name: "swept when passed", was: image(state(sent), guessed(1), right), swept: true},
		{name: "swept when refused", was: image(refused), swept: true},
		{name: "swept when reserved", was: image(), swept: true},
		{name: "deleted by somebody", was: image(state(sent))},
	})
}

func TestFactsOfReplacements(t *testing.T) {
	testFacts(t, []factCase{
		{
			name: "replaced when expired", was: image(state(sent), guessed(1)), is: image(next, late),
			want: "ChallengeExpired auth 2",
		},
		{name: "replaced when live", was: image(state(sent), guessed(1)), is: image(next, early, used(1))},
		{name: "replaced when passed", was: image(state(sent), guessed(1), right), is: image(next, late)},
		{
			name: "replaced by a refused one", was: image(state(sent)), is: image(next, late, refused),
			want: "ChallengeExpired auth 3, SendRefused next too_soon",
		},
		{
			name: "guess at the replacement", was: image(next, state(sent), used(1)),
			is: image(next, state(sent), guessed(2)), want: "ChallengeFailed next 1",
		},
		{name: "restored", was: image(next, used(2), refused), is: image(state(sent), guessed(2))},
		{name: "restored when unclear", was: image(next, used(2), refused), is: image(state(unclear), guessed(2))},
		{name: "restored without a guess", was: image(next, used(1), refused), is: image(state(sent), used(1))},
		{
			name: "guess at the restored one", was: image(state(sent), guessed(2)), is: image(state(sent), guessed(3)),
			want: "ChallengeExhausted auth 0",
		},
	})
}

func testFacts(t *testing.T, tests []factCase) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := sentAt.Time().Add(time.Second)
			change := changes.Change{Was: test.was, Is: test.is, Swept: test.swept, At: at}
			facts := changes.Facts(change)
			var got []string
			for _, f := range facts {
				got = append(got, short(f))
				if f.Client != "demo" || f.Region != "MY" || f.Mask != "+60******6353" {
					t.Errorf("the fact does not report the challenge: %+v", f)
				}
				valid(t, f)
				ofOne(t, f, test.was, test.is)
			}
			if strings.Join(got, ", ") != test.want {
				t.Errorf("facts %v, want %v", got, test.want)
			}
			if again := changes.Facts(change); !reflect.DeepEqual(again, facts) {
				t.Errorf("the same change gives the facts %+v, and before %+v", again, facts)
			}
		})
	}
}

// ofOne fails the test unless a fact is of the challenge before the change or after it, and of no other one with its
// authenticationId.
func ofOne(t *testing.T, f changes.Fact, was, is *otp.Challenge) {
	t.Helper()
	if !(was != nil && f.Of(was) || is != nil && f.Of(is)) {
		t.Errorf("the fact %s is of neither challenge", short(f))
	}
	if other := image(func(c *otp.Challenge) { c.Seed = []byte("other") }); f.Of(other) {
		t.Errorf("the fact %s is of another challenge", short(f))
	}
}

// short returns the kind of a fact, its authId, and the attempts left or the reason.
func short(f changes.Fact) string {
	text := fmt.Sprint(f.Kind, " ", f.AuthID)
	if f.AttemptsLeft != nil {
		text += fmt.Sprint(" ", *f.AttemptsLeft)
	}
	if f.Reason != "" {
		text += " " + f.Reason
	}
	return text
}

// A fact has the same id, whether a change stands for one write or for several. No other fact has this id.
func TestIDs(t *testing.T) {
	steps := []*otp.Challenge{
		nil,
		image(),
		image(state(sent)),
		image(state(sent), guessed(1)),
		image(state(sent), again, guessed(1)),
		image(state(sent), again, guessed(2)),
		image(state(sent), again, guessed(3), right),
		image(next, late),
		image(next, late, state(sent)),
		image(next, late, state(sent), guessed(1)),
		nil,
	}
	ids := map[string]string{}
	for n := range len(steps) - 1 {
		for _, f := range changes.Facts(changes.Change{Was: steps[n], Is: steps[n+1], Swept: true}) {
			name := fmt.Sprint(f.Kind, f.AuthID, n)
			if ids[f.ID] != "" {
				t.Errorf("%s and %s have the same id %s", name, ids[f.ID], f.ID)
			}
			ids[f.ID] = name
		}
	}
	if len(ids) != 8 {
		t.Errorf("%d ids, want 8", len(ids))
	}
	for i := range steps[:7] {
		for j := i + 1; j < 7; j++ {
			for _, f := range changes.Facts(changes.Change{Was: steps[i], Is: steps[j]}) {
				if ids[f.ID] == "" {
					t.Errorf("%s has another id in the change from step %d to %d", f.Kind, i, j)
				}
			}
		}
	}
	other := image(state(sent))
	other.Key = "C#demo#2"
	for _, f := range changes.Facts(changes.Change{Is: other}) {
		if ids[f.ID] != "" {
			t.Errorf("a fact of another challenge has the id of %s", ids[f.ID])
		}
	}
}

// A right code is an answer for its number, and makes the number and the source of its challenge known, unless the
// client chose the code. The code of a test number makes no number known.
func TestAnswers(t *testing.T) {
	from := func(i *otp.Challenge) { i.Source = []byte("source") }
	test := func(i *otp.Challenge) { i.Test = true }
	const at = sentAt + 5000
	for name, c := range map[string]struct {
		is   *otp.Challenge
		want []otp.Answer
	}{
		"right": {
			image(state(sent), guessed(1), right, from),
			[]otp.Answer{{Ledger: "N#1", Source: []byte("source"), At: at}},
		},
		"chosen":       {image(state(sent), guessed(1), right, from, chosen), []otp.Answer{{Ledger: "N#1"}}},
		"no source":    {image(state(sent), guessed(1), right), []otp.Answer{{Ledger: "N#1", At: at}}},
		"a test":       {image(state(sent), guessed(1), right, test), []otp.Answer{{Ledger: "N#1"}}},
		"wrong":        {image(state(sent), guessed(1), from), nil},
		"not sent yet": {image(from), nil},
	} {
		var got numbers
		facts := changes.Facts(changes.Change{Is: c.is, At: at.Time()})
		if _, err := (changes.Consumer{Numbers: &got, Events: &targets{}}).Work(t.Context(), facts); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual([]otp.Answer(got), c.want) {
			t.Errorf("%s: the answers %+v, want %+v", name, got, c.want)
		}
	}
}

// numbers keeps the answers.
type numbers []otp.Answer

func (n *numbers) Answered(_ context.Context, a otp.Answer) error {
	*n = append(*n, a)
	return nil
}

// The time of a fact lies between the message and the expiry of the challenge, also if
// the store's clock is wrong.
func TestTimes(t *testing.T) {
	start, end := sentAt.Time(), (sentAt + 300_000).Time()
	for _, test := range []struct{ at, want time.Time }{
		{time.Time{}, start},
		{start.Add(-time.Second), start},
		{start.Add(1500 * time.Microsecond), start.Add(time.Millisecond)},
		{end, end},
		{end.Add(time.Hour), end},
	} {
		for _, is := range []*otp.Challenge{image(state(sent), guessed(1)), image(refused)} {
			facts := changes.Facts(changes.Change{Is: is, At: test.at.In(time.FixedZone("", 3600))})
			if got := facts[len(facts)-1].Time; !got.Equal(test.want) || got.Location() != time.UTC {
				t.Errorf("at %v: %v, want %v", test.at, got, test.want)
			}
		}
	}
	if got := changes.Facts(changes.Change{Is: image(state(sent)), At: end})[0].Time; !got.Equal(start) {
		t.Errorf("sent at %v, want %v", got, start)
	}
	swept := changes.Change{Was: image(state(sent)), Swept: true, At: end.Add(48 * time.Hour)}
	if got := changes.Facts(swept)[0].Time; !got.Equal(end) {
		t.Errorf("expired at %v, want %v", got, end)
	}
}
