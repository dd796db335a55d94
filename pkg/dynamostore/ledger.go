package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

// Ledger reads a ledger for an operator; it is nil if there is none. No call of a client
// reads one.
func (s *Store) Ledger(ctx context.Context, key string) (*otp.Ledger, error) {
	item, err := s.get(ctx, key)
	if item == nil {
		return nil, err
	}
	return readLedger(item)
}

var clearLedger = when("SET #sends = :none, #by = :none, #unanswered = :zero", exists)

// ClearLedger forgets the messages of a ledger, and keeps its known sources.
func (s *Store) ClearLedger(ctx context.Context, key string) error {
	_, _, err := s.update(ctx, key, clearLedger, image{":none": list(), ":zero": zero}, types.ReturnValueNone)
	return err // if it is refused, there is no ledger
}
