package gateway

import (
	"bytes"
	"context"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// notification is a record of an SNS event; its message is a request object.
type notification struct {
	Source string         `json:"EventSource"`
	SQS    jsontext.Value `json:"eventSource"`
	SNS    struct {
		ID      string `json:"MessageId"`
		Message string `json:"Message"`
	} `json:"Sns"`
}

// notifications reads the records of an SNS event. ok is false for other records.
func notifications(records []byte) (batch []notification, ok bool) {
	if json.Unmarshal(records, &batch, lenient) != nil {
		return nil, false
	}
	for _, n := range batch {
		if n.Source != "aws:sns" || given(n.SQS) {
			return nil, false
		}
	}
	return batch, len(batch) > 0
}

// topic works on an SNS event, one notification after the other; SNS is known to put one into an event. Lambda has no
// partial failure for SNS: if the outcome of any notification is not known, the invocation fails and its retry repeats
// them all. Only the function's destinations get the answers.
func (h Handler) topic(ctx context.Context, batch []notification) ([]byte, error) {
	answers, failed := make([][]byte, len(batch)), 0
	for i, n := range batch {
		done := false
		if answers[i], done = h.one(ctx, i == 0, []byte(n.SNS.Message), "sns", n.SNS.ID); !done {
			failed++
		}
	}
	if failed > 0 {
		return nil, again(failed, len(batch))
	}
	return append(append([]byte{'['}, bytes.Join(answers, []byte{','})...), ']'), nil
}
