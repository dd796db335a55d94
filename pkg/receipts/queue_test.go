package receipts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/otp"
)

// queued is a call of SQS with messages, whose ids are m0, m1...
func queued(bodies ...string) []byte {
	var call struct{ Records []map[string]any }
	for n, body := range bodies {
		call.Records = append(call.Records, map[string]any{
			"messageId": fmt.Sprint("m", n), "eventSource": "aws:sqs", "body": body,
			"messageAttributes": map[string]any{},
		})
	}
	text, _ := json.Marshal(call)
	return text
}

// numbered returns an event of the n-th message.
func numbered(t *testing.T, n int) string {
	return with(t, delivered, "messageId", fmt.Sprintf("%q", fmt.Sprintf("%s%02d", id[:len(id)-2], n)))
}

func handler(s *shelf) Handler {
	return Handler{
		Receipts: s, Now: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
		Changed: func(context.Context, otp.Receipt) {}, Unreadable: func(context.Context, error) {},
		Unstored: func(context.Context, int, int, error) {},
	}
}

// A message of the queue is an event, an event in the envelope of SNS, or a call with lines that failed before.
func TestFormsInAQueue(t *testing.T) {
	envelope, _ := json.Marshal(map[string]any{"Type": "Notification", "MessageId": "1", "Message": delivered})
	failed := fmt.Sprintf(`{"version":"1.0","requestContext":{"condition":"RetriesExhausted"},"requestPayload":%s}`,
		logged(failure, failure))
	for name, c := range map[string]struct {
		body string
		want []otp.Reason
	}{
		"an event":               {delivered, []otp.Reason{otp.ReasonArrived}},
		"an event under way":     {with(t, delivered, "isFinal", "false"), nil},
		"in the envelope of SNS": {string(envelope), []otp.Reason{otp.ReasonArrived}},
		"a line":                 {failure, []otp.Reason{otp.ReasonFailed}},
		"a call that failed":     {failed, []otp.Reason{otp.ReasonFailed, otp.ReasonFailed}},
	} {
		var got []otp.Reason
		for _, r := range Read(queued(c.body), now) {
			if r.Err != nil || r.Message != "m0" {
				t.Fatalf("%s: %+v", name, r)
			}
			got = append(got, r.Receipt.Reason)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Of a batch, those messages come again whose receipts were not stored, each once, and no others. What cannot be read
// does not come again, and keeps nothing else from being stored.
func TestQueue(t *testing.T) {
	bodies := []string{"broken", with(t, delivered, "messageId", "7")}
	for n := range 40 {
		bodies = append(bodies, numbered(t, n))
	}
	s := &shelf{fail: func(n int) error {
		if n%10 == 0 {
			return errors.New("away")
		}
		return nil
	}}
	answer, err := handler(s).Handle(t.Context(), queued(bodies...))
	if err != nil || len(answer.BatchItemFailures) != 4 || len(s.kept) != 36 {
		t.Fatalf("%v, %+v, %d stored", err, answer, len(s.kept))
	}
	var again []string
	for _, f := range answer.BatchItemFailures {
		var n int
		fmt.Sscanf(f.ItemIdentifier, "m%d", &n)
		if again = append(again, bodies[n]); n < 2 {
			t.Errorf("%s cannot be read, and comes again", f.ItemIdentifier)
		}
	}
	s.fail = nil
	answer, err = handler(s).Handle(t.Context(), queued(again...))
	if err != nil || len(answer.BatchItemFailures) != 0 || len(s.kept) != 40 {
		t.Errorf("the messages again: %v, %+v, %d stored", err, answer, len(s.kept))
	}
	text, _ := json.Marshal(Answer{[]Failure{{"m1"}}})
	if want := `{"batchItemFailures":[{"itemIdentifier":"m1"}]}`; string(text) != want {
		t.Errorf("the answer is %s, want %s", text, want)
	}
	s.fail = func(int) error { return errors.New("away") }
	failed := fmt.Sprintf(`{"requestPayload":%s}`, logged(failure, failure))
	answer, err = handler(s).Handle(t.Context(), queued(failed))
	if err != nil || len(answer.BatchItemFailures) != 1 {
		t.Errorf("two lines of one message: %v, %+v, want it once", err, answer)
	}
}

// A call from elsewhere is an error, so that somebody notices it.
func TestCallFromElsewhere(t *testing.T) {
	for _, call := range []string{`{}`, `{"Records":[]}`, `{"none":"of them"}`, `[]`, number} {
		_, err := handler(&shelf{}).Handle(t.Context(), json.RawMessage(call))
		if err == nil || strings.Contains(err.Error(), number) {
			t.Errorf("%s: %v, want an error", call, err)
		}
	}
}

// hanging is a store that answers no write.
type hanging struct{ otp.Receipts }

func (hanging) Receive(ctx context.Context, _ otp.Receipt) (bool, error) {
	<-ctx.Done()
	return false, ctx.Err()
}

// The answer is there two seconds before the end of the invocation, whatever the store does.
func TestQueueInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		h, begun := handler(nil), time.Now()
		h.Receipts = hanging{}
		var bodies []string
		for n := range 100 {
			bodies = append(bodies, numbered(t, n))
		}
		answer, err := h.Handle(ctx, queued(bodies...))
		if took := time.Since(begun); took > 28*time.Second || err != nil || len(answer.BatchItemFailures) != 100 {
			t.Errorf("after %v: %v, %d messages come again, want 100", took, err, len(answer.BatchItemFailures))
		}
	})
}
