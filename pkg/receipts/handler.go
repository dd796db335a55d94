package receipts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"countersign/pkg/otp"
)

// Handler is the function that stores receipts. All fields are required.
type Handler struct {
	Receipts otp.Receipts
	Now      func() time.Time
	Log      *slog.Logger
	// Changed is called for a receipt by which its message has another state: once for each state of a message, however
	// often and in whatever order its receipts come. Unreadable is called for a report that cannot be read, and is
	// lost. The error quotes nothing of it.
	Changed    func(ctx context.Context, r otp.Receipt)
	Unreadable func(ctx context.Context, cause error)
}

// together is how many receipts are stored at once.
const together = 16

// Handle stores the receipts of a call, see [Read]. An error means that some are not stored: the whole call may come
// again, since a receipt that is stored twice changes nothing. A report that cannot be read is no error: it would not
// be readable later either.
func (h Handler) Handle(ctx context.Context, call json.RawMessage) error {
	var stored sync.WaitGroup
	var mu sync.Mutex
	var failed []error
	slots := make(chan struct{}, together)
	for _, report := range Read(call, h.Now()) {
		if report.Err != nil {
			h.Unreadable(ctx, report.Err)
		}
		if report.Note != "" {
			h.Log.LogAttrs(ctx, slog.LevelWarn, "receipt", slog.String("detail", report.Note))
		}
		if report.Receipt == nil {
			continue
		}
		slots <- struct{}{}
		stored.Go(func() {
			defer func() { <-slots }()
			changed, err := h.Receipts.Receive(ctx, *report.Receipt)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = append(failed, err)
			}
			if changed {
				h.Changed(ctx, *report.Receipt)
			}
		})
	}
	stored.Wait()
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("%d receipts are not stored: %w", len(failed), errors.Join(failed[:min(3, len(failed))]...))
}
