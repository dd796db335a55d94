// Package storetest is the conformance suite of the stores. It holds a store to the
// promises of [otp.Challenges], [otp.Ledgers], [otp.Receipts] and [guard.Budgets], and to the
// rules that follow for whole challenges. The test of a store calls [Run]; [Agree] compares two stores.
//
// Each file holds one rule: a list of cases and, below it, a function for each case.
// Time is virtual and nothing is ever swept, so no rule can rely on the clock of a
// store or on its TTL deletion.
package storetest

import (
	"context"
	"testing"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// Store is what a store must offer.
type Store interface {
	otp.Challenges
	otp.Ledgers
	otp.Receipts
	guard.Budgets
	guard.Reader

	// Ledger reads a ledger, nil for none, and ClearLedger forgets its messages, for an operator.
	Ledger(ctx context.Context, key string) (*otp.Ledger, error)
	ClearLedger(ctx context.Context, key string) error
}

// Opener makes stores for the suite.
type Opener struct {
	// Open makes a fresh, empty store. It is closed by t.Cleanup.
	Open func(t testing.TB) Store
	// Lossy makes a fresh store as Open does, over a connection that loses requests
	// and answers: next returns the fate of each request. The client of the store
	// repeats lost requests, as it does in production. A store in the same process wraps
	// itself in [Redo].
	Lossy func(t testing.TB, next func() Fate) Store
	// Credit gives credits to the entries of a store, as the follower of its changes does.
	Credit func(s Store, credits ...guard.Credit) error
	// Races is the number of challenges in the race for one right code.
	Races int
}

// Fate is the way that one request goes.
type Fate int

const (
	// Through: the request is applied and answered.
	Through Fate = iota
	// LostBefore: the request is lost before it is applied.
	LostBefore
	// LostAfter: the request is applied and its answer is lost.
	LostAfter
)

// Run runs the whole suite: first the writes of a store one by one, then the rules
// that follow for whole challenges.
func Run(t *testing.T, o Opener) {
	run(t, o, cases{
		{"reserve", testReserve},
		{"every field", testEveryField},
		{"take over", testTakeOver},
		{"claim", testClaim},
		{"settle", testSettle},
		{"attempt", testAttempt},
		{"ledger", testLedger},
		{"receipts", testReceipts},

		{"init", testInit},
		{"ruled", testRuled},
		{"attempts", testAttempts},
		{"expiry", testExpiry},
		{"limits", testLimits},
		{"limits of all clients together", testShared},
		{"known sources", testKnown},
		{"idempotency", testIdempotency},
		{"resend", testResend},
		{"send", testSend},
		{"receipts of the latest message", testHopeless},
		{"rotation", testRotation},
		{"users", testUsers},
		{"races", testRaces},
		{"once", testOnce},
		{"test numbers", testTestNumbers},
		{"payments", testPayments},
		{"templates", testTemplates},
		{"lost answers", testLostAnswers},
		{"lost resends", testLostResends},
		{"crashes", testCrashes},
		{"guard", testGuard},
	})
}

// cases are the cases of a suite, each with a store of its own.
type cases []struct {
	name string
	test func(*testing.T, Opener)
}

func run(t *testing.T, o Opener, all cases) {
	for _, c := range all {
		t.Run(c.name, func(t *testing.T) { c.test(t, o) })
	}
}

func (f Fate) String() string {
	return [...]string{"through", "lost", "lost answer of"}[f]
}
