package registry

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	added, err := g.sealTestNumber(ctx, id, n, code, until)
	if err != nil {
		return clients.Named(id, err)
	}
	return g.Edit(ctx, id, func(r *clients.Record) error {
		kept, _, err := g.withoutTestNumber(ctx, *r, n)
		r.TestNumbers = append(kept, added)
		return err
	})
}

// sealTestNumber returns the record of a test number of a client, as it is now.
func (g Registry) sealTestNumber(
	ctx context.Context, id string, n phone.Number, code otp.Code, until time.Time,
) (clients.TestNumber, error) {
	if l := len(code); strings.Trim(string(code), "0123456789") != "" || l < 4 || l > 8 {
		return clients.TestNumber{}, errors.New("the code must have 4 to 8 digits")
	}
	bound := clients.Record{ID: id}.BoundTestNumber()
	sealed, err := g.Sealer.Seal(ctx, []byte(n.E164.E164()+" "+string(code)), bound)
	if err != nil {
		return clients.TestNumber{}, fmt.Errorf("seal the test number: %w", err)
	}
	return clients.TestNumber{
		Mask: n.Mask, Sealed: documents.Sealed(sealed), Until: until.UTC().Truncate(time.Millisecond), Added: g.now(),
	}, nil
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
