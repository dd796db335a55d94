package dynamostore_test

import (
	"context"

	"countersign/pkg/dynamostore"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// calls has a call of every method. Its values are canaries: no error may quote them.
var calls = []struct {
	name string
	do   func(context.Context, *dynamostore.Store) error
}{
	{"Reserve", func(ctx context.Context, s *dynamostore.Store) error {
		_, err := s.Reserve(ctx, canary, &canary, now)
		return err
	}},
	{"TakeOver", func(ctx context.Context, s *dynamostore.Store) error {
		_, err := s.TakeOver(ctx, otp.TakeOver{
			Key: canary.Key, From: canary.Owner, Owner: "canary-next", Lease: canary.Lease, Now: now,
		})
		return err
	}},
	{"Claim", func(ctx context.Context, s *dynamostore.Store) error {
		_, err := s.Claim(ctx, otp.Claim{
			Key: canary.Key, AuthID: canary.AuthID, Owner: "canary-next", Lease: canary.Lease, Now: now,
		})
		return err
	}},
	{"Settle", func(ctx context.Context, s *dynamostore.Store) error {
		_, err := s.Settle(ctx, otp.Settlement{Key: canary.Key, Owner: canary.Owner, State: otp.Delivered, Lease: now})
		return err
	}},
	{"Attempt", func(ctx context.Context, s *dynamostore.Store) error {
		_, err := s.Attempt(ctx, otp.Guess{
			Key: canary.Key, AuthID: canary.AuthID, KeyVersion: 1, Digest: []byte("canary-digest"), Op: "canary-op",
			Now: now,
		})
		return err
	}},
	{"Spend", func(ctx context.Context, s *dynamostore.Store) error {
		_, err := s.Spend(ctx, spend(canary.LedgerKey, "canary-send", now))
		return err
	}},
	{"Refund", func(ctx context.Context, s *dynamostore.Store) error {
		return s.Refund(ctx, canary.LedgerKey, "canary-send")
	}},
	{"Answered", func(ctx context.Context, s *dynamostore.Store) error {
		return s.Answered(ctx, otp.Answer{Ledger: canary.LedgerKey})
	}},
	{"Charge of a country", func(ctx context.Context, s *dynamostore.Store) error {
		_, _, err := s.Charge(ctx, guard.Charge{Key: "G#canary#c#MY#0", Kind: guard.Country, Hour: thisHour, Base: 100})
		return err
	}},
	{"Charge of a block", func(ctx context.Context, s *dynamostore.Store) error {
		_, _, err := s.Charge(ctx, guard.Charge{Key: "G#canary#b#canary", Kind: guard.Block, Hour: thisHour})
		return err
	}},
	{"Entries", func(ctx context.Context, s *dynamostore.Store) error {
		_, err := s.Entries(ctx, []string{"G#canary#b#canary"})
		return err
	}},
	{"Receive", func(ctx context.Context, s *dynamostore.Store) error {
		_, err := s.Receive(ctx, otp.Receipt{MessageID: "canary-message", Reason: otp.ReasonArrived, At: now})
		return err
	}},
	{"Receipt", func(ctx context.Context, s *dynamostore.Store) error {
		_, err := s.Receipt(ctx, "canary-message")
		return err
	}},
}

var canary = challenge("canary-id")
