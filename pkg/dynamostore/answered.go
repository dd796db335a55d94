package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

var answered = when("SET #unanswered = :zero", exists)

// Answered implements [otp.Ledgers].
func (s *Store) Answered(ctx context.Context, key string) error {
	_, _, err := s.update(ctx, key, answered, image{":zero": zero}, types.ReturnValueNone)
	return err // if it is refused, there is no ledger to mark
}
