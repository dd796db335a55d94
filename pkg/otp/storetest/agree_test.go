package storetest_test

import (
	"flag"
	"path/filepath"
	"testing"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/sqlitestore"
)

var steps = flag.Int("steps", 200, "operations per random sequence; 1000 makes the 100,000 of the promise")

// Both stores are the same store (P26).
func TestStoresAgree(t *testing.T) {
	sqlite, err := sqlitestore.Open(filepath.Join(t.TempDir(), "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer sqlite.Close()
	done := storetest.Agree(t, sqlite, dynamotest.Store(t, nil), *steps)
	t.Logf("%d operations on both stores, no difference", done)
}
