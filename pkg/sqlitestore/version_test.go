package sqlitestore_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"countersign/pkg/changes"
	"countersign/pkg/filetest"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// script runs statements on a file that no store has open.
func script(t *testing.T, path, text string) {
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

// A file from before the first release is taken over without its challenges.
func TestBeforeFirstRelease(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	script(t, path, `CREATE TABLE challenges (pk TEXT PRIMARY KEY, ttl INTEGER) STRICT;
		INSERT INTO challenges VALUES ('C#demo#old', 1);
		CREATE TABLE ledgers (
			pk TEXT PRIMARY KEY, sends TEXT NOT NULL, unanswered INTEGER NOT NULL, ttl INTEGER NOT NULL
		) STRICT;
		INSERT INTO ledgers VALUES ('N#1', '5 a', 1, 9999999999);`)
	for range 2 { // the second time it is of today
		s := sqlitetest.Open(t, path)
		got, err := s.Spend(t.Context(), otp.Spend{Key: "N#1", ID: "a"})
		if err != nil || got.Applied || len(got.Item.Sends) != 1 {
			t.Errorf("the ledger: %+v %v", got, err)
		}
		if w, err := s.Attempt(t.Context(), otp.Guess{Key: "C#demo#old"}); err != nil || w.Item != nil {
			t.Errorf("the challenge: %+v %v", w, err)
		}
		s.Close()
	}
}

// A file with a column that this program does not know is of a newer one. It is refused,
// and left as it is.
func TestNewerFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	sqlitetest.Open(t, path).Close()
	script(t, path, "ALTER TABLE challenges ADD COLUMN younger TEXT; PRAGMA user_version = 99;")
	_, err := sqlitestore.Open(path)
	if err == nil || !strings.Contains(err.Error(), "newer") || !strings.Contains(err.Error(), "younger") {
		t.Errorf("%v", err)
	}
	if left := query(t, path, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"); left[0] != "6" {
		t.Errorf("%s triggers are left in a file that is refused, want 6", left[0])
	}
}

// A file without a column of the first release is refused: its challenges cannot be read.
func TestMissingColumn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	sqlitetest.Open(t, path).Close()
	script(t, path, "ALTER TABLE challenges DROP COLUMN lease;")
	_, err := sqlitestore.Open(path)
	if err == nil || !strings.Contains(err.Error(), "no column lease") || !strings.Contains(err.Error(), "Optional") {
		t.Errorf("%v, want the column, and both ways to mend it", err)
	}
}

// A field that is younger than the file is added to it with its zero value, and what
// writes note of a challenge goes by the fields of today.
func TestOlderSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	s := sqlitetest.Open(t, path)
	passAfterOne(t, s, "C#demo#1")
	s.Close()
	script(t, path, `DROP TRIGGER updated;
		ALTER TABLE changes DROP COLUMN was_mask; ALTER TABLE changes DROP COLUMN mask;
		CREATE TRIGGER updated AFTER UPDATE ON challenges BEGIN SELECT raise(ABORT, 'a trigger of before'); END;
		PRAGMA user_version = 1073741825;`)
	s = sqlitetest.Open(t, path)
	if facts := sqlitetest.Facts(t, s, 10); len(facts) != 3 {
		t.Errorf("%d facts from before, want 3", len(facts))
	}
	passAfterOne(t, s, "C#demo#2")
	if facts := sqlitetest.Facts(t, s, 10); len(facts) != 3 {
		t.Errorf("%d facts from after, want 3", len(facts))
	}
}

// A file of the first release goes on: its challenges can be verified, its ledgers and
// documents are there, and the changes that nobody had followed yet give the same facts.
func TestFirstRelease(t *testing.T) {
	text := filetest.Read(t, "testdata/first-release.sql")
	var want struct {
		Code         otp.Code
		Now          otp.Millis
		Facts, Swept []string
	}
	record, err := os.ReadFile("testdata/first-release.json")
	if err == nil {
		err = json.Unmarshal(record, &want)
	}
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "countersign.db")
	script(t, path, string(text))
	s := sqlitetest.Open(t, path)
	wantFacts(t, sqlitetest.Facts(t, s, 3), want.Facts)
	s.Close()
	s = sqlitetest.Open(t, path)
	wantFacts(t, sqlitetest.Facts(t, s, 3), nil)

	secrets := otp.Secrets{1: bytes.Repeat([]byte("k"), otp.MinSecret)}
	keys, err := otp.NewKeys(secrets, 1, secrets)
	if err != nil {
		t.Fatal(err)
	}
	now := func() time.Time { return want.Now.Time() }
	verifier := otp.Verifier{Challenges: s, Keys: keys, Now: now, Rand: rand.Reader}
	got, err := verifier.Verify(t.Context(), otp.Check{Client: "demo", ID: "live", Code: want.Code})
	if err != nil || got.Outcome != otp.Passed {
		t.Errorf("a code of before: %v %v", got.Outcome, err)
	}
	facts := sqlitetest.Facts(t, s, 3)
	if len(facts) != 1 || facts[0].Kind != changes.Passed || *facts[0].AttemptsLeft != 3 {
		t.Errorf("%+v, want a pass after one wrong guess", facts)
	}
	doc, revision, err := s.Documents().Get(t.Context(), "client#shop")
	if err != nil || revision != 1 || len(doc) == 0 {
		t.Errorf("a document: %q, revision %d, %v", doc, revision, err)
	}
	if ok, err := s.Take(t.Context(), "T#demo", 7, 8, 10, 1<<40); err != nil || ok {
		t.Errorf("8 requests after 3 of at most 10 are granted: %v, %v", ok, err)
	}
	expired := slices.DeleteFunc(want.Swept, func(f string) bool { return strings.Contains(f, facts[0].AuthID) })
	sqlitetest.Sweep(t, s, want.Now.Add(72*time.Hour))
	wantFacts(t, sqlitetest.Facts(t, s, 3), expired)
	s.Close()
	for _, name := range query(t, path, "SELECT name FROM sqlite_schema WHERE type = 'table'") {
		if slices.Contains([]string{"told", "untold", "counted", "tallies"}, name) {
			t.Errorf("the table %s is still there", name)
		}
	}
	if n := query(t, path, "SELECT count(*) FROM ledgers WHERE unanswered > 0"); n[0] != "10" {
		t.Errorf("%s ledgers with unanswered messages, want 10", n[0])
	}
}

// wantFacts compares facts with their descriptions, in any order.
func wantFacts(t *testing.T, facts []changes.Fact, want []string) {
	t.Helper()
	var got []string
	for _, f := range facts {
		got = append(got, string(f.Kind)+" "+f.AuthID+" "+f.ID)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("facts\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A file of before receipts gets their table, and the facts of receipts follow in it.
func TestBeforeReceipts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	s := sqlitetest.Open(t, path)
	passAfterOne(t, s, "C#demo#1")
	s.Close()
	older := "DROP TABLE receipts; PRAGMA user_version = 1073741825;"
	for _, column := range query(t, path, "SELECT name FROM pragma_table_info('changes') WHERE name LIKE 'receipt_%'") {
		older = "ALTER TABLE changes DROP COLUMN " + column + ";" + older
	}
	script(t, path, "DROP TRIGGER received; DROP TRIGGER receivedAnother;"+older)
	s = sqlitetest.Open(t, path)
	if facts := sqlitetest.Facts(t, s, 10); len(facts) != 3 {
		t.Errorf("%d facts from before, want 3", len(facts))
	}
	r := storetest.FilledReceipt(1)
	for _, r.Reason = range []otp.Reason{otp.ReasonSilence, otp.ReasonFailed, otp.ReasonArrived} {
		if _, err := s.Receive(t.Context(), r); err != nil {
			t.Fatal(err)
		}
	}
	facts := sqlitetest.Facts(t, s, 10)
	if len(facts) != 2 || facts[0].Kind != changes.Undelivered || facts[1].Kind != changes.Delivered {
		t.Errorf("facts of receipts %+v", facts)
	}
	if f := facts[1]; f.Reported != r.Reported || f.Network != r.Network || f.Parts != r.Parts ||
		f.MessageID != r.MessageID || f.PriceUSD != float64(r.Price)/1e6 {
		t.Errorf("the fact %+v lacks something of %+v", f, r)
	}
}

// A receipt is swept at its TTL, and no fact follows from that.
func TestReceiptsAreSwept(t *testing.T) {
	s := sqlitetest.Open(t, filepath.Join(t.TempDir(), "countersign.db"))
	r := storetest.FilledReceipt(1)
	r.TTL = 1000
	if changed, err := s.Receive(t.Context(), r); err != nil || !changed {
		t.Fatal(changed, err)
	}
	sqlitetest.Facts(t, s, 10)
	for _, at := range []otp.Millis{999_999, 1_000_000} {
		sqlitetest.Sweep(t, s, at)
		if got, err := s.Receipt(t.Context(), r.MessageID); err != nil || (got == nil) != (at == 1_000_000) {
			t.Errorf("at %d: %+v, %v", at, got, err)
		}
	}
	if facts := sqlitetest.Facts(t, s, 10); len(facts) != 0 {
		t.Errorf("facts %+v", facts)
	}
}

// Who only reads a file does not read one of another version, and leaves it as it is.
func TestReadOnlyOfAnotherVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	script(t, path, "CREATE TABLE challenges (pk TEXT PRIMARY KEY, ttl INTEGER) STRICT; PRAGMA user_version = 2;")
	before := filetest.Read(t, path)
	_, err := sqlitestore.OpenReadOnly(path)
	if err == nil || !strings.Contains(err.Error(), "start countersign serve of this version once") {
		t.Error(err)
	}
	after, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("the file was changed, %v", err)
	}
}

// A file that another program keeps for itself is an error that says so.
func TestBusyFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	script(t, path, "CREATE TABLE other (id INTEGER)")
	conn, err := sqlite.OpenConn(path)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := sqlitex.ExecuteTransient(conn, "BEGIN EXCLUSIVE", nil); err != nil {
		t.Fatal(err)
	}
	_, err = sqlitestore.Open(path)
	if !sqlitestore.Busy(err) || !strings.Contains(err.Error(), "end that one") {
		t.Error(err)
	}
}
