package storetest_test

import (
	"context"
	"flag"
	"testing"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/guard"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/sqlitestore/sqlitetest"
)

var steps = flag.Int("steps", 50, "operations per random sequence; 1000 makes the 100,000 of the promise")

// Both stores are the same store (P26).
func TestStoresAgree(t *testing.T) {
	sqlite := sqlitetest.New(t)
	credit := func(s storetest.Store, credits []guard.Credit) error {
		if s == storetest.Store(sqlite) {
			return sqlitetest.Credit(context.Background(), sqlite, credits)
		}
		return s.(*dynamostore.Store).Credit(context.Background(), credits)
	}
	done := storetest.Agree(t, sqlite, dynamotest.Store(t, nil), *steps, credit)
	t.Logf("%d operations on both stores, no difference", done)
}
