package gateway

import (
	"context"
	"strings"
	"sync"

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

	done bool // it does not go back to the queue
}

// messages reads the records of an SQS batch. ok is false for other records.
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

// atOnce is the number of requests of a batch that are worked on in parallel: Lambda's default size of a
// batch. A request is little work and mostly waits for the network. SNS refuses many more at once.
const atOnce = 10

// queue works on an SQS batch. Its answer names the messages that go back to the queue: those whose outcome
// is not known, and those that there was no time for. All others are done, and get no other answer.
//
// The queue's event source must have ReportBatchItemFailures, or every message counts as done. See
// docs/queues.md.
func (h Handler) queue(ctx context.Context, batch []message) []byte {
	var working sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for n, lane := range lanes(batch) {
		slots <- struct{}{}
		working.Go(func() {
			defer func() { <-slots }()
			h.inOrder(ctx, lane, n < atOnce)
		})
	}
	working.Wait()
	return failures(batch)
}

// lanes splits a batch. Lanes are worked on in parallel, and the messages of a lane one after the other. A
// lane is a group of a FIFO queue; in other queues it has the messages with the same text, so that a repeat
// waits for the first.
func lanes(batch []message) (all [][]*message) {
	known := map[string]int{}
	for i := range batch {
		m := &batch[i]
		key := m.Body
		if m.ordered() {
			key = m.Attributes.Group
		}
		n, ok := known[key]
		if !ok {
			n, all = len(all), append(all, nil)
			known[key] = n
		}
		all[n] = append(all[n], m)
	}
	return all
}

// inOrder works on a lane. After a message that goes back to the queue, the rest of the lane goes back
// untouched, so that a group keeps its order.
func (h Handler) inOrder(ctx context.Context, lane []*message, first bool) {
	for i, m := range lane {
		if _, m.done = h.one(ctx, first && i == 0, []byte(m.Body), "sqs", m.ID); !m.done {
			return
		}
	}
}

// failures returns the answer to Lambda: the ids of the messages that are not done.
func failures(batch []message) []byte {
	type item struct {
		ID string `json:"itemIdentifier"`
	}
	answer := struct {
		Failures []item `json:"batchItemFailures"`
	}{[]item{}}
	for _, m := range batch {
		if !m.done {
			answer.Failures = append(answer.Failures, item{m.ID})
		}
	}
	text, _ := json.Marshal(answer, jsontext.AllowInvalidUTF8(true)) // strings: it cannot fail
	return text
}

// ordered reports whether the queue keeps the order of its groups. Other queues may have groups for fairness only.
func (m message) ordered() bool { return strings.HasSuffix(m.Queue, ".fifo") }
