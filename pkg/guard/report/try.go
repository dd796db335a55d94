package report

import (
	"context"

	"countersign/pkg/guard"
)

// Try returns what the guard makes of a message, and counts nothing.
func Try(ctx context.Context, entries guard.Reader, m guard.Message) (guard.Verdict, error) {
	return guard.Admit(ctx, dry{entries}, m)
}

// dry are budgets that nobody spends.
type dry struct{ guard.Reader }

var _ guard.Budgets = dry{}

// Charge implements [guard.Budgets].
func (d dry) Charge(ctx context.Context, c guard.Charge) (e guard.Entry, ok bool, err error) {
	found, err := d.Entries(ctx, []string{c.Key})
	if err != nil {
		return guard.Entry{}, false, err
	}
	e = guard.Fresh(c.Key, c.Kind, c.Hour)
	if len(found) > 0 {
		e = found[0]
	}
	return e, e.Take(c), nil
}

// Uncharge implements [guard.Budgets].
func (dry) Uncharge(context.Context, guard.Charged) error { return nil }
