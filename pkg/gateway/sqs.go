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

	done bool // it does not go back
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

// atOnce is how many requests of a batch are worked on side by side: a whole batch of
// the size that Lambda makes if it is told nothing else. Each is next to no work, and
// waits for the network; SNS refuses many more at once.
const atOnce = 10

// queue works on an SQS batch, and answers which messages go back to the queue: those
// whose outcome is not known, and those that there was no time for. All others are
// done, and get no other answer.
//
// The queue's event source must have ReportBatchItemFailures, or everything counts
// as done. See docs/queues.md.
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

// lanes sorts a batch into messages that are worked on one after the other; lanes are
// worked on side by side. A lane is a group of a FIFO queue, else what is the same
// text: of a request that comes twice, the second waits for what the first one did.
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

// inOrder works on a lane. After a message that goes back the rest does too,
// untouched, so that a group's order stays.
func (h Handler) inOrder(ctx context.Context, lane []*message, first bool) {
	for i, m := range lane {
		if _, m.done = h.one(ctx, first && i == 0, []byte(m.Body), "sqs", m.ID); !m.done {
			return
		}
	}
}

// failures names those of a batch that are not done, as Lambda wants it.
func failures(batch []message) []byte {
	out := []byte(`{"batchItemFailures":[`)
	for _, m := range batch {
		if m.done {
			continue
		}
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
