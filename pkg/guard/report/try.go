package report

import (
	"context"

	"countersign/pkg/guard"
)

// Try returns what the guard makes of a message, and counts nothing.
func Try(ctx context.Context, entries guard.Reader, m guard.Message) (guard.Verdict, error) {
	found, err := guard.Look(ctx, entries, m)
	if err != nil {
		return guard.Verdict{}, err
	}
	return found.Foresee(ctx, m), nil
}
