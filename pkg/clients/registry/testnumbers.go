package registry

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// lastYear is the last one of RFC 3339, in which records have their times.
const lastYear = 9999

// AddTestNumber makes a number a test number of a client, with a code, until an instant that is to come. If it is one
// already, it gets the new code and the new end.
func (g Registry) AddTestNumber(ctx context.Context, id string, n phone.Number, code otp.Code, until time.Time) error {
	if err := g.checkEnd("test number", until); err != nil {
		return err
	}
	of := clients.Record{ID: id}
	added, err := of.SealTestNumber(ctx, g.Sealer, n.E164, n.Mask, code, until)
	if err != nil {
		return clients.Named(id, err)
	}
	added.Added = g.now()
	return g.Edit(ctx, id, func(r *clients.Record) error {
		kept, _, err := g.withoutTestNumber(ctx, *r, n)
		r.TestNumbers = append(kept, added)
		return err
	})
}

// checkEnd refuses an end that is not to come, or that no record can have.
func (g Registry) checkEnd(of string, until time.Time) error {
	switch end := until.UTC(); {
	case !end.After(g.Now()):
		return fmt.Errorf("the %s would end on %s, which is over: must be a time to come", of, end.Format(time.RFC3339))
	case end.Year() > lastYear:
		return fmt.Errorf("the %s would end in the year %d: must be in the year %d or before", of, end.Year(), lastYear)
	}
	return nil
}

// RemoveTestNumber makes a test number of a client an ordinary number.
func (g Registry) RemoveTestNumber(ctx context.Context, id string, n phone.Number) error {
	return g.Edit(ctx, id, func(r *clients.Record) error {
		kept, removed, err := g.withoutTestNumber(ctx, *r, n)
		if err == nil && !removed {
			err = fmt.Errorf("test number %s: %w", n.Mask, documents.ErrNotFound)
		}
		r.TestNumbers = kept
		return err
	})
}

// withoutTestNumber returns the test numbers of a client without one of them. A value that no key opens any more is
// compared by its mask, so that it does not stay for ever.
func (g Registry) withoutTestNumber(
	ctx context.Context, r clients.Record, n phone.Number,
) (kept []clients.TestNumber, removed bool, err error) {
	for _, t := range r.TestNumbers {
		to, _, err := r.OpenTestNumber(ctx, g.Sealer, t)
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return nil, false, err
		}
		if to == n.E164 || err != nil && t.Mask == n.Mask {
			removed = true
			continue
		}
		kept = append(kept, t)
	}
	return kept, removed, nil
}
