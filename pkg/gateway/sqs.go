package gateway

import (
	"context"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// message is a record of an SQS batch; its body is a request object.
type message struct {
	Source     string         `json:"eventSource"`
	SNS        jsontext.Value `json:"EventSource"`
	ID         string         `json:"messageId"`
	Body       string         `json:"body"`
	Queue      string         `json:"eventSourceARN"`
	Attributes struct {
		Group string `json:"MessageGroupId"`
	} `json:"attributes"`
}

// messages reads the records of an SQS batch. It is false for others.
func messages(records []byte) (batch []message, ok bool) {
	if json.Unmarshal(records, &batch, lenient) != nil {
		return nil, false
	}
	for _, m := range batch {
		if m.Source != "aws:sqs" || given(m.SNS) || m.ID == "" { // an empty id would put the whole batch back
			return nil, false
		}
	}
	return batch, len(batch) > 0
}

// queue works on an SQS batch, record by record, and answers which go back to the
// queue: those whose outcome is not known, and those that there was no time for.
// After one of a FIFO queue the rest of its group goes back too, untouched, so
// that the group's order stays. All others are done, and get no other answer.
//
// The queue's event source must have ReportBatchItemFailures, or everything counts
// as done.
func (h Handler) queue(ctx context.Context, batch []message) []byte {
	out := []byte(`{"batchItemFailures":[`)
	held := map[string]bool{}
	for i, m := range batch {
		done := false
		if !held[m.Attributes.Group] {
			_, done = h.one(ctx, i, []byte(m.Body), "sqs", m.ID)
		}
		if done {
			continue
		}
		held[m.Attributes.Group] = m.ordered()
		if out[len(out)-1] != '[' {
			out = append(out, ',')
		}
		out = append(out, `{"itemIdentifier":`...)
		out, _ = jsontext.AppendQuote(out, m.ID)
		out = append(out, '}')
	}
	return append(out, `]}`...)
}

// ordered reports whether the queue keeps the order of its groups. Others may have
// groups too, for fairness only.
func (m message) ordered() bool { return strings.HasSuffix(m.Queue, ".fifo") }
