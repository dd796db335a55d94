package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
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

// events reads what the server shows of what happened, newest first.
func (p *process) events() (list []json.RawMessage) {
	p.t.Helper()
	resp, err := browser.Get(p.url + "/_dev/events")
	if err != nil {
		p.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil || resp.StatusCode != http.StatusOK {
		p.t.Fatal(resp.StatusCode, err)
	}
	return list
}

// eventually looks again and again until ok.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	patience, look := time.After(20*time.Second), time.NewTicker(20*time.Millisecond)
	defer look.Stop()
	for !ok() {
		select {
		case <-patience:
			t.Fatalf("%s did not come about", what)
		case <-look.C:
		}
	}
}

type toldEvent struct {
	Source string
	Kind   changes.Kind `json:"detail-type"`
	Detail struct {
		ID, Client, MaskedNumber, Reason string
		AttemptsLeft                     *int
	}
}

func TestEvents(t *testing.T) {
	on(t, func(t *testing.T, p *process) {
		if list := p.events(); len(list) != 0 {
			t.Errorf("before anything happened: %s", list)
		}
		p.post(initPath, initBody("told", "60-1111111111"))
		right := p.messages("+601111111111")[0].Code
		p.post(verifyPath, verifyBody("told", right[:5]))
		p.post(verifyPath, verifyBody("told", right))
		p.post(initPath, initBody("told too soon", "60-1111111111"))
		var list []json.RawMessage
		eventually(t, "four events", func() bool { list = p.events(); return len(list) >= 4 })
		counts := map[changes.Kind]int{}
		for _, text := range list {
			var e toldEvent
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
		want := map[changes.Kind]int{changes.Sent: 1, changes.Failed: 1, changes.Passed: 1, changes.Refused: 1}
		if !maps.Equal(counts, want) {
			t.Errorf("told %v, want %v", counts, want)
		}
		if len(list) == 4 && !strings.Contains(string(list[0]), "SendRefused") {
			t.Errorf("the latest event is %s", list[0])
		}
	})
}

func TestEventsPath(t *testing.T) {
	p := serveOn(t, newFolder(t))
	resp, err := browser.Post(p.url+"/_dev/events", "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusMethodNotAllowed ||
		!strings.Contains(string(text), "GET lists") {
		t.Errorf("%d %s", resp.StatusCode, text)
	}
}

// Killed under load again and again, the server has followed every change in the
// end: each number whose code passed has no unanswered messages (P27). Unlike the
// events that the server shows, that outlives a process.
func TestEventsSurviveKill(t *testing.T) {
	data := newFolder(t)
	for round := range 4 {
		p := serveOn(t, data)
		var load sync.WaitGroup
		for w := range 8 {
			load.Go(func() {
				for n := 0; pass(p, fmt.Sprintf("r%dw%dn%d", round, w, n),
					fmt.Sprintf("1%01d%01d%06d", round, w, n)) == nil; n++ {
				} // until it is dead
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
	resp, err := browser.Get(p.url + "/_dev/messages?to=" + url.QueryEscape("+60"+number))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	var list []sms
	if err := json.NewDecoder(resp.Body).Decode(&list); err != nil || len(list) == 0 {
		return fmt.Errorf("%d messages, %v", len(list), err)
	}
	for _, code := range []string{"0", list[0].Code} {
		if _, err := p.try(verifyPath, verifyBody(id, code)); err != nil {
			return err
		}
	}
	return nil
}

// passes counts the challenges in a file that passed, and those of them whose number
// still has unanswered messages.
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
