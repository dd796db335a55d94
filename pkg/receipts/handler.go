package receipts

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"countersign/pkg/otp"
)

// Handler is the function that stores receipts, in batches. All fields but Country are required.
type Handler struct {
	// Country returns the country of a number, ISO 3166-1 alpha-2, or "". With nil, receipts have the country that the
	// provider names: SNS names none.
	Country  func(number string) string
	Receipts otp.Receipts
	Now      func() time.Time
	Log      *slog.Logger
	// Changed is called for a receipt by which its message has another state: once for each state of a message, however
	// often and in whatever order its receipts come. Unreadable is called for a report that cannot be read, and is
	// lost. The error quotes nothing of it.
	Changed    func(ctx context.Context, r otp.Receipt)
	Unreadable func(ctx context.Context, cause error)
	// Unstored is called for a call of which some receipts are not stored, and come again.
	Unstored func(ctx context.Context, failed, of int, cause error)
}

// together is how many receipts are stored at once: a batch of a hundred takes some tens of milliseconds.
const together = 16

// margin is the part of an invocation's time that is reserved for its answer. Without one, Lambda repeats the whole
// batch.
const margin = 2 * time.Second

// Answer names the messages of a queue that are to come again.
type Answer struct {
	BatchItemFailures []Failure `json:"batchItemFailures"`
}

// Failure is one of them.
type Failure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

// Handle stores the receipts of a call, see [Read]. Receipts that are not stored come again: by the queue, which keeps
// the others from it, else by the error, with the whole call; a receipt that is stored twice changes nothing. A report
// that cannot be read does not come again: it would not be readable later either.
func (h Handler) Handle(ctx context.Context, call json.RawMessage) (Answer, error) {
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-margin))
		defer cancel()
	}
	if invocation, ok := lambdacontext.FromContext(ctx); ok {
		h.Log = h.Log.With("request", invocation.AwsRequestID)
	}
	reports := Read(call, h.Now())
	if len(reports) == 1 && reports[0].Err == errCall {
		return Answer{}, errCall
	}
	var stored []Report
	for _, report := range reports {
		if report.Err != nil {
			h.Unreadable(ctx, report.Err)
		}
		if report.Note != "" {
			h.Log.LogAttrs(ctx, slog.LevelWarn, "receipt", slog.String("detail", report.Note))
		}
		if report.Receipt == nil {
			continue
		}
		if report.to != nil && h.Country != nil {
			report.Receipt.Region = h.Country(*report.to)
		}
		stored = append(stored, report)
	}
	return h.answer(ctx, h.store(ctx, stored), len(stored))
}

// lost is a report whose receipt was not stored.
type lost struct {
	Report
	cause error
}

// store stores the receipts of reports, and returns those that failed.
func (h Handler) store(ctx context.Context, reports []Report) (failed []lost) {
	var workers sync.WaitGroup
	var mu sync.Mutex
	slots := make(chan struct{}, together)
	for _, report := range reports {
		slots <- struct{}{}
		workers.Go(func() {
			defer func() { <-slots }()
			changed, err := h.Receipts.Receive(ctx, *report.Receipt)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = append(failed, lost{report, err})
			}
			if changed {
				h.Changed(ctx, *report.Receipt)
			}
		})
	}
	workers.Wait()
	return failed
}

// answer answers a call of which some receipts failed.
func (h Handler) answer(ctx context.Context, failed []lost, of int) (a Answer, err error) {
	for _, f := range failed {
		again := Failure{f.Message}
		switch {
		case f.Message == "":
			err = fmt.Errorf("%d of %d receipts are not stored: %w", len(failed), of, f.cause)
		case !slices.Contains(a.BatchItemFailures, again):
			a.BatchItemFailures = append(a.BatchItemFailures, again)
		}
	}
	if len(failed) > 0 {
		h.Unstored(ctx, len(failed), of, failed[0].cause)
	}
	return a, err
}
