// Package changes follows the stream of the challenges table. A number whose
// owner types a right code is answered: its count of unanswered messages begins
// anew. Verify does not do this itself, so that it stays one write.
//
// The stream delivers each change at least once, in order for one challenge.
// Answering a number twice is as good as once.
package changes

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/otp"
)

// Consumer is the handler of the stream.
type Consumer struct {
	Ledger otp.Ledger
	Log    *slog.Logger
}

// Handle works on a batch. A record that fails is reported, so that the stream
// goes on from it; what was done before it stays done.
func (c Consumer) Handle(ctx context.Context, batch events.DynamoDBEvent) (events.DynamoDBEventResponse, error) {
	var out events.DynamoDBEventResponse
	for _, r := range batch.Records {
		ledger, passed := pass(r)
		if !passed {
			continue
		}
		if err := c.Ledger.Answered(ctx, ledger); err != nil {
			c.Log.Error("changes", "record", r.EventID, "cause", fmt.Errorf("answered: %w", err).Error())
			out.BatchItemFailures = []events.DynamoDBBatchItemFailure{{ItemIdentifier: r.Change.SequenceNumber}}
			return out, nil // the stream repeats from here
		}
	}
	return out, nil
}

// pass reports whether a change made a challenge pass, and its ledger.
func pass(r events.DynamoDBEventRecord) (ledger string, passed bool) {
	was, is := r.Change.OldImage, r.Change.NewImage
	l, ok := is["ledger"]
	if !ok || l.DataType() != events.DataTypeString {
		return "", false // a ledger, or a deletion
	}
	return l.String(), right(is) && !right(was)
}

// right reports whether the latest guess is the code.
func right(item map[string]events.DynamoDBAttributeValue) bool {
	guess, code := item["guess"], item["code"]
	return guess.DataType() == events.DataTypeBinary && code.DataType() == events.DataTypeBinary && bytes.Equal(guess.Binary(), code.Binary())
}
