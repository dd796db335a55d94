package sqlitestore_test

import (
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
)

// A file of before is taken over, without its challenges; one of later is not.
func TestVersions(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	script := func(text string) {
		t.Helper()
		conn, err := sqlite.OpenConn(path)
		if err == nil {
			err = sqlitex.ExecuteScript(conn, text, nil)
			conn.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	script(`CREATE TABLE challenges (pk TEXT PRIMARY KEY, ttl INTEGER) STRICT; INSERT INTO challenges VALUES ('C#demo#old', 1);
		CREATE TABLE ledgers (pk TEXT PRIMARY KEY, sends TEXT NOT NULL, unanswered INTEGER NOT NULL, ttl INTEGER NOT NULL) STRICT;
		INSERT INTO ledgers VALUES ('N#1', '5 a', 1, 9999999999);`)
	for range 2 { // the second time it is of today
		s, err := sqlitestore.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.Spend(t.Context(), otp.Spend{Key: "N#1", ID: "a", Limits: otp.Limits{Unanswered: 9}})
		if err != nil || got.Applied || len(got.Item.Sends) != 1 {
			t.Errorf("the ledger: %+v %v", got, err)
		}
		if w, err := s.Attempt(t.Context(), otp.Guess{Key: "C#demo#old"}); err != nil || w.Item != nil {
			t.Errorf("the challenge: %+v %v", w, err)
		}
		s.Close()
	}
	script("PRAGMA user_version = 99;")
	if _, err := sqlitestore.Open(path); err == nil || !strings.Contains(err.Error(), "newer") {
		t.Errorf("a newer file: %v", err)
	}
}
