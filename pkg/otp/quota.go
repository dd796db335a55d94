package otp

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Quota bounds all messages of a client in a day. It is safe for concurrent use.
type Quota interface {
	// Take reserves a message. If those of the day are used up, giveBack is nil and wait is the time until there are
	// more. After an error, nothing is reserved that anybody relies on. giveBack returns the message, if it is certain
	// not to go out.
	Take(ctx context.Context, client string, perDay int) (giveBack func(), wait time.Duration, err error)

	// Stock returns a call that reserves messages for the next Take, nil if some are reserved already or those of the
	// day are used up. If it fails, that Take reserves its own.
	Stock(client string, perDay int) (reserve func(context.Context))
}

// errQuota is the cause of a refusal by the [Quota].
var errQuota = errors.New("the client's messages of the day are used up")

// reserveOne reserves the message of this call in the quota of its client. The Outcome is "" unless none is left.
func (s *sending) reserveOne(ctx context.Context) (giveBack func(), refused Started, err error) {
	if s.Quota == nil || s.PerDay == 0 {
		return func() {}, Started{}, nil
	}
	giveBack, wait, err := s.Quota.Take(ctx, s.Client, s.PerDay)
	switch {
	case err != nil:
		return nil, Started{}, fmt.Errorf("quota: %w", err)
	case giveBack == nil && s.resumes == MaybeDelivered: // the message of an earlier call may have arrived
		return nil, Started{Outcome: Unclear, Wait: wait, Cause: errQuota}, nil
	case giveBack == nil && s.resumes == Reserved: // not known to be counted, so no guess at its code may be evaluated
		return nil, Started{Outcome: InProgress, Wait: wait, Cause: errQuota}, nil
	case giveBack == nil:
		return nil, Started{Outcome: TooSoon, Wait: wait, Cause: errQuota}, nil
	}
	return giveBack, Started{}, nil
}
