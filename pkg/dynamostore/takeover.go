package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

const (
	// undelivered: a challenge that is sent or has failed needs no new owner.
	undelivered = "#state IN (:reserved, :unclear)"
	// fromOwner: if several calls take over from one owner, the first wins.
	fromOwner = "#owner = :from"
	// leaseOver: until the lease ends, the owner may still be sending.
	leaseOver = "#lease <= :now"
	// unexpired: no guess at an expired code passes.
	unexpired = "#expiresAt > :now"
)

var takeOver = when("SET #owner = :owner, #lease = :lease", undelivered, fromOwner, leaseOver, unexpired)

// TakeOver implements [otp.Challenges].
func (s *Store) TakeOver(ctx context.Context, t otp.TakeOver) (otp.Write, error) {
	return s.change(ctx, t.Key, takeOver, image{
		":reserved": reservedState,
		":unclear":  unclearState,
		":from":     text(t.From),
		":owner":    text(t.Owner),
		":lease":    millis(t.Lease),
		":now":      millis(t.Now),
	}, types.ReturnValueAllNew)
}
