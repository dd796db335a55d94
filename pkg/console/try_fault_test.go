package console

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"testing"

	"countersign/pkg/outbox"
)

// tryAt sends a form to a server, and checks that the answer is a page.
func tryAt(t *testing.T, server string, form url.Values, status int) string {
	t.Helper()
	r, err := http.PostForm(server+"/console/try", form)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	page, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != status {
		t.Fatalf("HTTP %d, want %d, %v: %s", r.StatusCode, status, err, page)
	}
	return string(page)
}

// TestTryFaults: a store that fails before the call is a fault, and no reason about the client. One that fails behind
// the call hides no answer, and the same form makes no second call: it would be a second guess.
func TestTryFaults(t *testing.T) {
	s := localSite(t)
	box, err := outbox.Open(filepath.Join(s.Place.Folder, "outbox.jsonl"), s.Now, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer box.Close()
	s.Local.Outbox = box
	calls := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if Serves(r.Method, r.URL.Path) {
			s.ServeHTTP(w, r)
			return
		}
		calls++
		if err := s.Store.Close(); err != nil {
			t.Error(err)
		}
		io.WriteString(w, `{"result":{"resultCode":"SUCCESS","resultStatus":"S"},"isPassed":true}`)
	}))
	defer server.Close()
	form := url.Values{
		"do": {doVerify}, "contract": {contractAMS}, "client": {"demo"}, "request-id": {"one"}, "code": {"123456"},
	}
	for range 2 {
		wants(t, tryAt(t, server.URL, form, http.StatusOK), "Passed")
	}
	if calls != 1 {
		t.Errorf("%d calls, want 1", calls)
	}
	form.Set("request-id", "two")
	wants(t, tryAt(t, server.URL, form, http.StatusInternalServerError), "The store cannot be read")
	if calls != 1 {
		t.Errorf("%d calls after the store failed, want 1", calls)
	}
}
