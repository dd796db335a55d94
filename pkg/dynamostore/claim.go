package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

const claimed = "SET #owner = :owner, #lease = :lease"

var (
	claim     = when(claimed, live, leaseOver, unexpired, unused, attemptsLeft)
	claimOnID = when(claimed, live, leaseOver, unexpired, unused, attemptsLeft, sameID)
)

// Claim implements [otp.Challenges].
func (s *Store) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	e, values := claim, image{
		":owner":   text(c.Owner),
		":lease":   millis(c.Lease),
		":now":     millis(c.Now),
		":sent":    sentState,
		":unclear": unclearState,
	}
	if c.AuthID != "" {
		e, values[":authId"] = claimOnID, text(c.AuthID)
	}
	return s.change(ctx, c.Key, e, values, types.ReturnValueAllNew)
}
