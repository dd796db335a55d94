// Package inquiry answers what an operator asks about a challenge or a number: what became of its messages, what its
// limits allow now, and what the guard makes of a next message.
//
// It reads the tables and changes nothing. What it returns has neither a code nor a number in clear.
package inquiry

import (
	"context"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// Store has the tables that an inquiry reads. Its methods are those of openstore.Store.
type Store interface {
	otp.ReceiptReader
	guard.Reader
	// Ledger reads a ledger, nil for none.
	Ledger(ctx context.Context, key string) (*otp.Ledger, error)
	// Challenge reads a challenge, nil for none, and ChallengesOf those of the numbers with these ledgers, in no order.
	// ChallengesOf reads the whole table.
	Challenge(ctx context.Context, key string) (*otp.Challenge, error)
	ChallengesOf(ctx context.Context, ledgers []string) ([]*otp.Challenge, error)
}
