package changes_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
)

// far is everything that a consumer calls; each fails from a fact on.
type far struct {
	answered, published []string
	fails               map[string]int // 1: at the first
}

var errAway = errors.New("away")

func (f *far) Answered(_ context.Context, key string) error {
	if f.fails["answered"] > 0 && len(f.answered)+1 >= f.fails["answered"] {
		return errAway
	}
	f.answered = append(f.answered, key)
	return nil
}

func (f *far) Publish(_ context.Context, facts []changes.Fact) (int, error) {
	for n, fact := range facts {
		if f.fails["publish"] > 0 && n+1 >= f.fails["publish"] {
			return n, errAway
		}
		f.published = append(f.published, string(fact.Kind))
	}
	return len(facts), nil
}

// What fails does not keep the rest from being done, and is named with the first
// fact that is not done with.
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
		"RecordUnreadable",
		"ChallengeSent",
		"ChallengeSent",
		"ChallengePassed",
		"SendRefused",
		"ChallengeSent",
		"ChallengePassed",
	}
	for _, test := range []struct {
		name      string
		fails     map[string]int
		done      int
		answered  int
		published int
		says      string
	}{
		{"nothing fails", nil, 7, 2, 7, ""},
		{"the first number", map[string]int{"answered": 1}, 3, 0, 7, "answered"},
		{"the second number", map[string]int{"answered": 2}, 6, 1, 7, "answered"},
		{"publishing", map[string]int{"publish": 1}, 0, 2, 0, "publish"},
		{"publishing later", map[string]int{"publish": 6}, 5, 2, 5, "publish"},
		{"both", map[string]int{"answered": 1, "publish": 5}, 3, 0, 4, "answered: away\npublish: away"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := &far{fails: test.fails}
			done, err := changes.Consumer{Numbers: f, Events: f}.Work(t.Context(), facts)
			if done != test.done || (err == nil) != (test.says == "") ||
				err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("%d done, %v; want %d and %q", done, err, test.done, test.says)
			}
			if len(f.answered) != test.answered || !slices.Equal(f.published, all[:test.published]) {
				t.Errorf("answered %v, published %v", f.answered, f.published)
			}
		})
	}
}
