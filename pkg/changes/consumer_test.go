package changes_test

import (
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
