package changes_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
)

// targets is the ledgers and the event bus of a consumer. Each fails from some call on.
type targets struct {
	answered, published []string
	fails               map[string]int // number of the first call that fails, by name
}

var errAway = errors.New("away")

func (t *targets) Answered(_ context.Context, a otp.Answer) error {
	if t.fails["answered"] > 0 && len(t.answered)+1 >= t.fails["answered"] {
		return errAway
	}
	t.answered = append(t.answered, a.Ledger)
	return nil
}

func (t *targets) Publish(_ context.Context, facts []changes.Fact) (int, error) {
	for n, fact := range facts {
		if t.fails["publish"] > 0 && n+1 >= t.fails["publish"] {
			return n, errAway
		}
		t.published = append(t.published, string(fact.Kind))
	}
	return len(facts), nil
}

// A step that fails does not keep the other one from its work. The error names the step.
func TestWork(t *testing.T) {
	facts := []changes.Fact{changes.NewUnreadable("arn", "1", "why", sentAt.Time())}
	for _, is := range []*otp.Challenge{
		image(state(sent)),
		image(state(sent), guessed(1), right),
		image(refused),
		image(next, state(sent), guessed(1), right),
	} {
		facts = append(facts, changes.Facts(changes.Change{Was: image(state(otp.Reserved)), Is: is})...)
	}
	all := []string{
		"RecordUnreadable", "ChallengeSent", "ChallengeSent", "ChallengePassed", "SendRefused", "ChallengeSent",
		"ChallengePassed",
	}
	for _, test := range []struct {
		name      string
		fails     map[string]int
		done      int
		answered  int
		published int
		cause     string
	}{
		{"nothing fails", nil, 7, 2, 7, "<nil>"},
		{"the first number", map[string]int{"answered": 1}, 3, 0, 7, "answered"},
		{"the second number", map[string]int{"answered": 2}, 6, 1, 7, "answered"},
		{"publishing", map[string]int{"publish": 1}, 0, 2, 0, "publish"},
		{"publishing later", map[string]int{"publish": 6}, 5, 2, 5, "publish"},
		{"both", map[string]int{"answered": 1, "publish": 5}, 3, 0, 4, "answered: away\npublish: away"},
	} {
		t.Run(test.name, func(t *testing.T) {
			to := &targets{fails: test.fails}
			done, err := changes.Consumer{Numbers: to, Events: to}.Work(t.Context(), facts)
			if got := fmt.Sprint(err); done != test.done || !strings.Contains(got, test.cause) {
				t.Errorf("%d facts done, error %s; want %d and %q", done, got, test.done, test.cause)
			}
			if len(to.answered) != test.answered || !slices.Equal(to.published, all[:test.published]) {
				t.Errorf("answered %v, published %v", to.answered, to.published)
			}
		})
	}
}

// heard is a provider that keeps its verdicts.
type heard struct{ verdicts []changes.Verdict }

func (h *heard) Report(_ context.Context, v []changes.Verdict) { h.verdicts = append(h.verdicts, v...) }

func messages(ids ...byte) func(*otp.Challenge) {
	return func(i *otp.Challenge) {
		for _, id := range ids {
			i.Messages = append(i.Messages, bytes.Repeat([]byte{id}, 16)...)
		}
	}
}

func chosen(i *otp.Challenge) { i.Chosen = true }

// A right code is a verdict about the latest message of its challenge, and an expiry about all of them. A code that the
// client chose is none, and neither is a message without an id. Facts that are not done are reported later.
func TestFeedback(t *testing.T) {
	const first, second = "01010101-0101-0101-0101-010101010101", "02020202-0202-0202-0202-020202020202"
	two := messages(2, 1)
	for name, c := range map[string]struct {
		change changes.Change
		fails  map[string]int
		want   []changes.Verdict
	}{
		"sent":  {changes.Change{Was: image(), Is: image(state(sent), two)}, nil, nil},
		"wrong": {changes.Change{Was: image(state(sent), two), Is: image(state(sent), two, guessed(1))}, nil, nil},
		"locked": {
			changes.Change{Was: image(state(sent), two, guessed(2)), Is: image(state(sent), two, guessed(3))}, nil, nil,
		},
		"right": {
			changes.Change{Was: image(state(sent), two), Is: image(state(sent), two, guessed(1), right)}, nil,
			[]changes.Verdict{{Message: second, Received: true}},
		},
		"right, from before ids were kept": {
			changes.Change{Was: image(state(sent)), Is: image(state(sent), guessed(1), right)}, nil, nil,
		},
		"right, of a chosen code": {
			changes.Change{
				Was: image(state(sent), two, chosen), Is: image(state(sent), two, chosen, guessed(1), right),
			}, nil, nil,
		},
		"expired": {
			changes.Change{Was: image(state(sent), two), Swept: true}, nil,
			[]changes.Verdict{{Message: second}, {Message: first}},
		},
		"expired, of a chosen code": {changes.Change{Was: image(state(sent), two, chosen), Swept: true}, nil, nil},
		"swept after the right code": {
			changes.Change{Was: image(state(sent), two, guessed(1), right), Swept: true}, nil, nil,
		},
		"right, and the bus is away": {
			changes.Change{Was: image(state(sent), two), Is: image(state(sent), two, guessed(1), right)},
			map[string]int{"publish": 1}, nil,
		},
	} {
		t.Run(name, func(t *testing.T) {
			to, provider := &targets{fails: c.fails}, &heard{}
			consumer := changes.Consumer{Numbers: to, Events: to, Feedback: provider}
			facts := changes.Facts(c.change)
			if done, err := consumer.Work(t.Context(), facts); (err != nil) != (c.fails != nil) {
				t.Errorf("%d facts done, %v", done, err)
			}
			if !slices.Equal(provider.verdicts, c.want) {
				t.Errorf("reported %+v, want %+v", provider.verdicts, c.want)
			}
		})
	}
}
