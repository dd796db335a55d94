package console

import (
	"context"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"countersign/pkg/changes"
)

// Whoever leaves a page before it is there ends what it reads. The log has nothing of that, as nothing is wrong.
func TestPageThatIsLeft(t *testing.T) {
	onEachSite(t, func(t *testing.T, s *site) {
		if s.Local != nil {
			s.Local.Facts = func() []changes.Event { return nil }
		}
		left, leave := context.WithCancel(t.Context())
		leave()
		for _, path := range []string{"/console/happened/20261127844795779388202336293120671", "/console/clients"} {
			r := httptest.NewRequestWithContext(left, "GET", "http://127.0.0.1:8080"+path, nil)
			r.RemoteAddr = "127.0.0.1:50000"
			s.ServeHTTP(httptest.NewRecorder(), r)
		}
		if s.Local != nil {
			s.activeIDs(left)
		}
		if s.log.Len() > 0 {
			t.Errorf("the log has %s", s.log)
		}
	})
}

// TestPageOfABusyFile: a page says what to do about another program that keeps the database for itself.
func TestPageOfABusyFile(t *testing.T) {
	s := localSite(t)
	conn, err := sqlite.OpenConn(filepath.Join(s.Place.Folder, "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := sqlitex.ExecuteTransient(conn, "BEGIN EXCLUSIVE", nil); err != nil {
		t.Fatal(err)
	}
	wants(t, s.get(t, 500, "/console/clients"), "End that one, and load this page again.")
	if err := sqlitex.ExecuteTransient(conn, "ROLLBACK", nil); err != nil {
		t.Fatal(err)
	}
	s.get(t, 200, "/console/clients")
}
