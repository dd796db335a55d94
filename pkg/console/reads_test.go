package console

import (
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/clients"
	"countersign/pkg/filetest"
	"countersign/pkg/otp"
	"countersign/pkg/outbox"
)

// registered finds the routes of the console in its source: a mux does not list its own.
var registered = regexp.MustCompile(`mux\.Handle(?:Func)?\("([^"]*)"`)

// routes returns the patterns of the console.
func routes(t *testing.T) map[string]bool {
	t.Helper()
	all := map[string]bool{"GET /console/console.css": true} // one of the files, which are registered in a loop
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text := filetest.Read(t, f)
		for _, found := range registered.FindAllStringSubmatch(string(text), -1) {
			if found[1] != "GET /console/" && !strings.HasSuffix(f, "_test.go") {
				all[found[1]] = true
			}
		}
	}
	if len(all) < 10 {
		t.Errorf("%d routes were found: %v", len(all), all)
	}
	return all
}

// TestRoutesHaveMethods: each route is for reading, or has another method in its pattern, and is of the console.
func TestRoutesHaveMethods(t *testing.T) {
	for route := range routes(t) {
		method, path, _ := strings.Cut(route, " ")
		named := method == "GET" || method == "POST"
		if own := path == "/{$}" || strings.HasPrefix(path, "/console"); route != "/" && !(named && own) {
			t.Errorf("the route %q has no method, or is not of the console", route)
		}
	}
}

// TestGetsChangeNothing: each GET works on a store that cannot be written to, and leaves the outbox as it is. So a link
// that a stranger sends does nothing.
func TestGetsChangeNothing(t *testing.T) {
	s := localSite(t)
	if err := s.registry.Add(t.Context(), clients.Record{ID: "acme", Unsigned: true}, nil); err != nil {
		t.Fatal(err)
	}
	view, err := s.Place.View("", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { view.Close() })
	path := filepath.Join(t.TempDir(), "outbox.jsonl")
	box, err := outbox.Open(path, s.Now, rand.Text, func(outbox.Entry) {})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { box.Close() })
	message := otp.Message{To: "+60123456789", Text: "123456 is your code.", Code: "123456", Client: "acme"}
	if got, _, err := box.Send(t.Context(), message); got != otp.Accepted || err != nil {
		t.Fatal(got, err)
	}
	sources := s.Sources
	sources.Store, sources.Local = view, &Local{
		Outbox: box, Facts: func() []changes.Event { return nil }, Rand: rand.Reader,
	}
	c := New(t.Context(), sources)
	before := filetest.Read(t, path)
	for route := range routes(t) {
		path, isGet := strings.CutPrefix(strings.ReplaceAll(route, "{$}", ""), "GET ")
		if !isGet || path == "/console/live" { // which does not end, and has topics alone
			continue
		}
		path = regexp.MustCompile(`\{[a-z]+\}`).ReplaceAllString(path, "acme")
		for _, query := range []string{"", "?number=60123456789&to=%2B60123456789&client=acme&empty=1&id=acme"} {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				r := httptest.NewRequest(method, path+query, nil)
				r.Host, r.RemoteAddr = "127.0.0.1", "127.0.0.1:1"
				w := httptest.NewRecorder()
				c.ServeHTTP(w, r)
				if w.Code >= 500 || w.Code == http.StatusMethodNotAllowed {
					t.Errorf("%s %s: HTTP %d %s", method, path+query, w.Code, s.log)
				}
				headers(t, w.Header())
			}
		}
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the outbox was changed: %v", err)
	}
}

// timed is a connection whose deadlines are noted.
type timed struct {
	*httptest.ResponseRecorder
	read, write *time.Time
}

func (c *timed) SetReadDeadline(t time.Time) error  { c.read = &t; return nil }
func (c *timed) SetWriteDeadline(t time.Time) error { c.write = &t; return nil }

// TestLongSearch: a search that reads a whole table may take minutes, and no other page.
func TestLongSearch(t *testing.T) {
	s := localSite(t)
	s.Local.Facts = func() []changes.Event { return nil }
	for body, want := range map[string]bool{
		"number=60-123456789": true, "number=1": false, "authenticationId=1": false,
	} {
		r := httptest.NewRequest("POST", "/console/happened", strings.NewReader(body))
		r.Host, r.RemoteAddr = "127.0.0.1", "127.0.0.1:1"
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := &timed{ResponseRecorder: httptest.NewRecorder()}
		s.ServeHTTP(w, r)
		if lifted := w.read != nil && w.write != nil && w.read.IsZero() && w.write.IsZero(); lifted != want {
			t.Errorf("%s: HTTP %d, without limits of time %v", body, w.Code, lifted)
		}
	}
}

// TestLiveIsLocal: pages of tables are read when a person loads them, and at no other time: no part of them is live.
func TestLiveIsLocal(t *testing.T) {
	onEachSite(t, func(t *testing.T, s *site) {
		page := s.get(t, http.StatusOK, "/console/guard")
		if live := strings.Contains(page, `tabindex="-1" class="live"`); live != (s.Local != nil) {
			t.Errorf("the page is live: %v, and it is local: %v", live, s.Local != nil)
		}
	})
}
