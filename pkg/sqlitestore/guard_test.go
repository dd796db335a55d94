package sqlitestore_test

import (
	"bytes"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// guarded returns a spend that the guard counts.
func guarded(key, id string) otp.Spend {
	return otp.Spend{Key: key, ID: id, TTL: 1 << 40, Guard: &guard.Message{
		Policy:  guard.Policy{Mode: guard.Enforce, Young: guard.DefaultYoung, Shards: 1},
		Numbers: guard.Numbers{Client: "demo", Region: "MY", Block: bytes.Repeat([]byte{7}, guard.DigestSize)},
		Hour:    1000,
	}}
}

// A file of before the guard gets its table and its columns, and counts.
func TestBeforeGuard(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	s := sqlitetest.Open(t, path)
	passAfterOne(t, s, "C#demo#1")
	if got, err := s.Spend(t.Context(), otp.Spend{Key: "N#1", ID: "a", TTL: 1 << 40}); err != nil || !got.Applied {
		t.Fatal(got, err)
	}
	s.Close()
	drop := "PRAGMA user_version = 1073741825; DROP TABLE guard;"
	for _, name := range query(t, path, "SELECT name FROM sqlite_schema WHERE type = 'trigger'") {
		drop += "DROP TRIGGER " + name + ";"
	}
	script(t, path, drop+`ALTER TABLE ledgers DROP COLUMN answered; ALTER TABLE challenges DROP COLUMN g;
		ALTER TABLE changes DROP COLUMN g; ALTER TABLE changes DROP COLUMN was_g;`)
	for range 2 { // the second time it is of today
		s = sqlitetest.Open(t, path)
		n, err := s.Ledger(t.Context(), "N#1")
		if err != nil || len(n.Sends) != 1 || n.Answered != 0 {
			t.Errorf("the ledger: %+v %v", n, err)
		}
		if c, err := s.Challenge(t.Context(), "C#demo#1"); err != nil || c == nil || c.Guard != nil {
			t.Errorf("the challenge: %+v %v", c, err)
		}
		s.Close()
	}
	s = sqlitetest.Open(t, path)
	if got, err := s.Spend(t.Context(), guarded("N#2", "a")); err != nil || len(got.Verdict.Charged) != 2 {
		t.Errorf("a spend with the guard: %+v %v", got, err)
	}
}

// A message that the guard refuses writes nothing, whichever entry has no room: so a refused init takes the writes of
// one that a limit refuses.
func TestWritesOfRefusals(t *testing.T) {
	s := open(t).(*sqlitestore.Store)
	writes := func() int {
		t.Helper()
		n, err := s.Writes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	message := guarded("", "").Guard
	message.Source = []byte("-source-")
	for name, c := range map[string]struct {
		full   []guard.Kind
		reason guard.Reason
	}{
		"source":  {[]guard.Kind{guard.Source}, guard.BySource},
		"block":   {[]guard.Kind{guard.Block}, guard.ByBlock},
		"country": {[]guard.Kind{guard.Country}, guard.ByCountry},
		"client":  {[]guard.Kind{guard.Young}, guard.ByClient},
	} {
		p := guarded("N#"+name, "a")
		m := *message
		p.Guard, m.Client = &m, name
		for _, key := range m.Keys() {
			e := guard.Fresh(key, guard.KindOf(key), m.Hour)
			e.Left, e.TTL, e.Base = 1000, 1<<40, map[guard.Kind]int{guard.Country: 2000, guard.Young: 15_000}[e.Kind]
			if e.Kind == guard.Country && c.reason != guard.ByClient {
				e.Days = []int{0, 0, 0}
			}
			if slices.Contains(c.full, e.Kind) {
				e.Left = 0
			}
			if err := s.PutEntry(t.Context(), e); err != nil {
				t.Fatal(err)
			}
		}
		before := writes()
		got, err := s.Spend(t.Context(), p)
		if err != nil || got.Verdict.Reason != c.reason || got.Applied {
			t.Errorf("%s: %+v %v", name, got, err)
		}
		if n := writes() - before; n != 0 {
			t.Errorf("%s: %d rows were written, want none", name, n)
		}
	}
}

// An entry is swept at its TTL, and without it the budget begins anew.
func TestEntriesAreSwept(t *testing.T) {
	s := open(t).(*sqlitestore.Store)
	if _, err := s.Spend(t.Context(), guarded("N#1", "a")); err != nil {
		t.Fatal(err)
	}
	key := guarded("", "").Guard.CountryKey()
	e, err := s.Entry(t.Context(), key)
	if err != nil || guard.Sum(e.Unanswered) != 1 {
		t.Fatal(e, err)
	}
	end := otp.Millis(e.TTL * 1000)
	for _, at := range []otp.Millis{end - 1, end} {
		sqlitetest.Sweep(t, s, at)
		if e, err := s.Entry(t.Context(), key); err != nil || (e == nil) != (at == end) {
			t.Errorf("at %d of %d: %+v %v", at, end, e, err)
		}
	}
}

// A damaged entry refuses what it would count, and the error says how to mend it.
func TestDamagedRow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	s := sqlitetest.Open(t, path)
	if _, err := s.Spend(t.Context(), guarded("N#1", "a")); err != nil {
		t.Fatal(err)
	}
	s.Close()
	script(t, path, "UPDATE guard SET entry = x'00'")
	s = sqlitetest.Open(t, path)
	_, err := s.Spend(t.Context(), guarded("N#2", "a"))
	if err == nil || !strings.Contains(err.Error(), "delete its row") {
		t.Errorf("%v, want how to mend it", err)
	}
	if n, err := s.Ledger(t.Context(), "N#2"); n != nil || err != nil {
		t.Errorf("the ledger counts: %+v %v", n, err)
	}
}

// The error of a damaged entry names its row: all messages of a country, and the feed, wait for somebody to delete it.
func TestDamagedEntryIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "countersign.db")
	s := sqlitetest.Open(t, path)
	p := guarded("N#1", "a")
	if _, err := s.Spend(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	s.Close()
	key := p.Guard.CountryKey()
	script(t, path, "UPDATE guard SET entry = x'01ff' WHERE pk = '"+key+"'")
	s = sqlitetest.Open(t, path)
	_, err := s.Spend(t.Context(), guarded("N#2", "b"))
	if err == nil || !strings.Contains(err.Error(), "pk "+key+": ") {
		t.Errorf("%v, want an error with %s", err, key)
	}
	s.Close()
	script(t, path, "DELETE FROM guard WHERE pk = '"+key+"'")
	s = sqlitetest.Open(t, path)
	if got, err := s.Spend(t.Context(), guarded("N#2", "b")); err != nil || !got.Applied {
		t.Errorf("once the row is deleted: %+v, %v", got, err)
	}
}
