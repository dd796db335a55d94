package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
)

// events returns the events that the server shows, newest first.
func (p *process) events() (list []json.RawMessage) {
	p.t.Helper()
	status, text := p.ask(p.t, "", "GET", "/_dev/events")
	if err := json.Unmarshal([]byte(text), &list); err != nil || status != http.StatusOK {
		p.t.Fatal(status, err)
	}
	return list
}

// eventually repeats a check until it is true. what names what the test waits for.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	patience, look := time.After(30*time.Second), time.NewTicker(20*time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case <-patience:
			t.Fatalf("waited in vain for %s", what)
		case <-look.C:
		}
	}
}

// shownEvent has the fields of an event that these tests read.
type shownEvent struct {
	Source string
	Kind   changes.Kind `json:"detail-type"`
	Detail struct {
		ID, Client, MaskedNumber, Reason string
		AttemptsLeft                     *int
	}
}

// TestEvents shows one event of each kind, which have neither code nor number.
func TestEvents(t *testing.T) {
	onEachServer(t, func(t *testing.T, p *process) {
		if list := p.events(); len(list) != 0 {
			t.Errorf("before anything happened: %s", list)
		}
		p.post(initPath, initBody("one", "60-1111111111"))
		right := p.messages("+601111111111")[0].Code
		p.post(verifyPath, verifyBody("one", right[:5]))
		p.post(verifyPath, verifyBody("one", right))
		p.post(initPath, initBody("too soon", "60-1111111111"))
		var list []json.RawMessage
		eventually(t, "five events", func() bool { list = p.events(); return len(list) >= 5 })
		counts := map[changes.Kind]int{}
		for _, text := range list {
			var e shownEvent
			if err := json.Unmarshal(text, &e); err != nil {
				t.Fatal(err)
			}
			counts[e.Kind]++
			if err := changestest.Against(t, string(e.Kind), text); err != nil {
				t.Error(err)
			}
			if strings.Contains(string(text), right) || strings.Contains(string(text), "1111111111") ||
				e.Detail.Client != "demo" || e.Detail.MaskedNumber != "+60******1111" {
				t.Errorf("event %s", text)
			}
		}
		want := map[changes.Kind]int{
			changes.Sent: 1, changes.Failed: 1, changes.Passed: 1, changes.Refused: 1, changes.Delivered: 1,
		}
		if !maps.Equal(counts, want) {
			t.Errorf("events %v, want %v", counts, want)
		}
		if len(list) == 5 && !strings.Contains(string(list[0]), "MessageDelivered") {
			t.Errorf("the latest event is %s", list[0]) // a moment after the others
		}
	})
}

// TestEventsPath: the path of the events takes no POST.
func TestEventsPath(t *testing.T) {
	status, text := serveOn(t, newFolder(t)).ask(t, "", "POST", "/_dev/events")
	if status != http.StatusMethodNotAllowed || !strings.Contains(text, "GET lists") {
		t.Errorf("answered %d %s", status, text)
	}
}

// TestEventsSurviveKill kills the server under load again and again. In the end it has
// followed every change: no number whose code passed has unanswered messages (P27). Unlike
// the events that the server shows, ledgers outlive the process.
func TestEventsSurviveKill(t *testing.T) {
	data := newFolder(t)
	for round := range 4 {
		p := serveOn(t, data)
		var load sync.WaitGroup
		for worker := range 8 {
			load.Go(func() {
				var err error
				for n := 0; err == nil; n++ { // until the server is killed
					id := fmt.Sprintf("r%dw%dn%d", round, worker, n)
					err = pass(p, id, fmt.Sprintf("1%d%d%06d", round, worker, n))
				}
			})
		}
		eventually(t, "load", func() bool { return len(p.events()) > 100 })
		p.end(syscall.SIGKILL)
		load.Wait()
	}
	p := serveOn(t, data)
	path := filepath.Join(data, "countersign.db")
	eventually(t, "no unanswered message of a number that passed", func() bool {
		passed, unanswered := passes(t, path)
		return passed > 0 && unanswered == 0
	})
	p.end(syscall.SIGINT)
	if passed, unanswered := passes(t, path); passed < 100 || unanswered > 0 {
		t.Errorf("%d numbers passed, want 100 or more; %d of them have unanswered messages", passed, unanswered)
	}
}

// pass sends a code to a number of Malaysia, and types a wrong one and the right one.
func pass(p *process, id, number string) error {
	if _, err := p.tryBy(loader, initPath, initBody(id, "60-"+number)); err != nil {
		return err
	}
	list, err := p.outbox("+60" + number)
	if err != nil || len(list) == 0 {
		return fmt.Errorf("%d messages, %v", len(list), err)
	}
	for _, code := range []string{"0", list[0].Code} {
		if _, err := p.try(verifyPath, verifyBody(id, code)); err != nil {
			return err
		}
	}
	return nil
}

// passes counts the challenges in a file that passed, and those among them whose number still
// has unanswered messages.
func passes(t testing.TB, path string) (passed, unanswered int) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetBusyTimeout(5 * time.Second)
	const query = `SELECT count(*), total(l.unanswered > 0) FROM challenges c JOIN ledgers l ON l.pk = c.ledger ` +
		`WHERE c.guess = c.code`
	if err := sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		passed, unanswered = stmt.ColumnInt(0), stmt.ColumnInt(1)
		return nil
	}}); err != nil {
		t.Fatal(err)
	}
	return passed, unanswered
}
