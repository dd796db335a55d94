package changes_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
)

// ledger notes which numbers were answered.
type ledger struct {
	otp.Ledger
	answered []string
	fails    string
}

func (l *ledger) Answered(_ context.Context, key string) error {
	if key == l.fails {
		return errors.New("throttled")
	}
	l.answered = append(l.answered, key)
	return nil
}

// record is one change of a challenge as the stream has it.
func record(n int, kind, was, is string) string {
	image := func(guess string) string {
		if guess == "" {
			return "null"
		}
		return fmt.Sprintf(`{"pk":{"S":"C#demo#%d"},"code":{"B":"cmlnaHQ="},"guess":{"B":%q},"ledger":{"S":"N#%d"},"attempts":{"N":"1"}}`, n, guess, n)
	}
	return fmt.Sprintf(`{"eventID":"e%d","eventName":%q,"dynamodb":{"SequenceNumber":"s%d","OldImage":%s,"NewImage":%s}}`, n, kind, n, image(was), image(is))
}

const (
	none, wrong, right = "LQ==", "d3Jvbmc=", "cmlnaHQ="
	number             = `{"eventID":"l","eventName":"MODIFY","dynamodb":{"SequenceNumber":"l","OldImage":{"pk":{"S":"N#1"},"unanswered":{"N":"1"}},"NewImage":{"pk":{"S":"N#1"},"unanswered":{"N":"2"}}}}`
	strange            = `{"eventID":"x","eventName":"MODIFY","dynamodb":{"SequenceNumber":"x","NewImage":{"ledger":{"N":"1"},"code":{"S":"a"},"guess":{"S":"a"}}}}`
)

func handle(t *testing.T, l *ledger, records ...string) []string {
	t.Helper()
	var batch events.DynamoDBEvent
	if err := json.Unmarshal([]byte(`{"Records":[`+strings.Join(records, ",")+`]}`), &batch); err != nil {
		t.Fatal(err)
	}
	got, err := changes.Consumer{Ledger: l, Log: slog.New(slog.DiscardHandler)}.Handle(context.Background(), batch)
	if err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, f := range got.BatchItemFailures {
		failed = append(failed, f.ItemIdentifier)
	}
	return failed
}

func TestOnlyPassesAnswer(t *testing.T) {
	l := &ledger{}
	failed := handle(t, l,
		record(1, "INSERT", "", none), record(2, "MODIFY", none, wrong), record(3, "MODIFY", none, right), record(4, "MODIFY", wrong, right),
		record(5, "MODIFY", right, right), record(6, "REMOVE", right, ""), number, strange)
	if want := []string{"N#3", "N#4"}; !slices.Equal(l.answered, want) || failed != nil {
		t.Errorf("answered %v, failed %v, want %v", l.answered, failed, want)
	}
}

// The stream repeats from the record that failed; the rest of the batch waits.
func TestFailure(t *testing.T) {
	l := &ledger{fails: "N#2"}
	batch := []string{record(1, "MODIFY", none, right), record(2, "MODIFY", none, right), record(3, "MODIFY", none, right)}
	if failed := handle(t, l, batch...); !slices.Equal(failed, []string{"s2"}) || !slices.Equal(l.answered, []string{"N#1"}) {
		t.Errorf("failed %v, answered %v", failed, l.answered)
	}
	l.fails = ""
	if failed := handle(t, l, batch[1:]...); failed != nil || !slices.Equal(l.answered, []string{"N#1", "N#2", "N#3"}) {
		t.Errorf("after the repeat: failed %v, answered %v", failed, l.answered)
	}
}
