package stream

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"countersign/pkg/changes"
)

// Handler is the function that follows the stream. It logs a line for each record that
// cannot be read, and a line for each batch that it does not finish.
type Handler struct {
	Consumer changes.Consumer // Turn is set for each invocation
	Now      func() time.Time
	Log      *slog.Logger
}

// Batch is the event from Lambda. Each record is decoded by itself, so that one that cannot
// be read does not affect the others.
type Batch struct{ Records []json.RawMessage }

// margin is the part of an invocation's time that is reserved for its report. Without a
// report, Lambda would repeat the whole batch.
const margin = 2 * time.Second

// Handle works on a batch. It returns the first record that is not finished, and the
// stream continues with that one. Later records that are finished are repeated, which
// does no harm. A record that can never be read becomes a fact of its own
// ([changes.Unreadable]), so that it does not hold up the stream.
func (h Handler) Handle(ctx context.Context, batch Batch) (events.DynamoDBEventResponse, error) {
	if end, ok := ctx.Deadline(); ok {
		end = end.Add(-margin)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end)
		defer cancel()
		steps := time.Duration(2)
		if h.Consumer.Credits != nil {
			steps++
		}
		h.Consumer.Turn = end.Sub(h.Now()) / steps // the same time for each step
	}
	log := h.Log
	if invocation, ok := lambdacontext.FromContext(ctx); ok {
		log = log.With("request", invocation.AwsRequestID)
	}
	var facts []changes.Fact
	var sequences []string // of each fact's record
	var first string       // of the batch
	for _, text := range batch.Records {
		r := read(text, first)
		first = cmp.Or(first, r.sequence)
		if r.err != nil {
			log.Error("record", "stream", r.arn, "sequence", r.sequence, "cause", r.err.Error())
			r.facts = []changes.Fact{changes.NewUnreadable(r.arn, r.sequence, r.err.Error(), h.Now())}
		}
		for _, f := range r.facts {
			facts, sequences = append(facts, f), append(sequences, r.sequence)
		}
	}
	if len(facts) == 0 {
		return events.DynamoDBEventResponse{}, nil
	}
	done, err := h.Consumer.Work(ctx, facts)
	if err == nil {
		return events.DynamoDBEventResponse{}, nil
	}
	from := "" // the whole batch again
	switch {
	case done == 0 && sequences[0] != "":
		from = first // and not the first record with a fact: what was credited names this one, see [changes.Change]
	case done < len(facts):
		from = sequences[done]
	}
	log.Error("changes", "sequence", from, "done", done, "of", len(facts), "cause", err.Error())
	if from == "" {
		return events.DynamoDBEventResponse{}, err
	}
	failed := []events.DynamoDBBatchItemFailure{{ItemIdentifier: from}}
	return events.DynamoDBEventResponse{BatchItemFailures: failed}, nil
}
