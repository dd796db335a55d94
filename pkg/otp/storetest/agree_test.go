package storetest_test

import (
	"flag"
	"testing"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/sqlitestore/sqlitetest"
)

var steps = flag.Int("steps", 50, "operations per random sequence; 1000 makes the 100,000 of the promise")

// Both stores are the same store (P26).
func TestStoresAgree(t *testing.T) {
	sqlite := sqlitetest.New(t)
	done := storetest.Agree(t, sqlite, dynamotest.Store(t, nil), *steps)
	t.Logf("%d operations on both stores, no difference", done)
}
