package main

import (
	"context"
	_ "embed"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"countersign/pkg/message/onphone"
)

var chromium = flag.String("chromium", "", "chromium-headless-shell, see .ci/browser/run")

// fakeMessages answers the page's request for a code in the place of the browser process.
//
//go:embed testdata/webotp.js
var fakeMessages string

// TestWebOTP: the page of docs/autofill.md gets the code of a message by itself in Chromium, and sends it.
// A message for another site is none for it: the page waits.
func TestWebOTP(t *testing.T) {
	if *chromium == "" {
		return // .ci/run has this test apart
	}
	p := serveOn(t, newFolder(t))
	c := onFolder(t, p.data)
	for client, host := range map[string]string{"here": "localhost", "elsewhere": "other.example"} {
		c.ok("client", "add", client, "--unsigned", "--country", "MY", "--site", host)
		got := inBrowser(t, &pageSite{p, client})
		if right := strings.Contains(got, `"isPassed":true`); right != (host == "localhost") {
			t.Errorf("the page with a message for %s: %s", host, got)
		}
		if host != "localhost" && !strings.Contains(got, `autocomplete="one-time-code"`) {
			t.Errorf("the browser did not open the page: %s", got)
		}
	}
}

// pageSite is a site with the page, which has its codes from Countersign.
type pageSite struct {
	service *process
	client  string
}

// ServeHTTP serves the page; at /message, the code of a new message if Chromium's reader finds one for the site; at
// /verify, the result of the code that the page sent.
func (s *pageSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	const number = "60-123456789"
	switch r.URL.Path {
	case "/":
		fmt.Fprintf(w, "<!doctype html><title>Code</title><script>%s</script>%s", fakeMessages, page())
	case "/message":
		s.service.postAs(s.client, "/v1/customers/initAuthentication", initBody("id", number))
		text := s.service.messages("+60123456789")[0].Body
		if found, ok := onphone.Chromium(text); ok && found.Host == "localhost" {
			fmt.Fprint(w, found.Code)
		}
	case "/verify":
		code := r.FormValue("code")
		fmt.Fprint(w, s.service.postAs(s.client, "/v1/users/verifyAuthentication", verifyBody("id", code)))
	}
}

// page returns the page's own lines of docs/autofill.md.
func page() string {
	text, err := os.ReadFile("../../docs/autofill.md")
	if err != nil {
		return err.Error()
	}
	_, rest, _ := strings.Cut(string(text), "```html\n")
	html, _, _ := strings.Cut(rest, "```")
	return html
}

// inBrowser opens the page on localhost, and returns the document as it is after five seconds of its time.
func inBrowser(t *testing.T, site http.Handler) string {
	t.Helper()
	server := httptest.NewServer(site)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, *chromium, "--headless", "--no-sandbox", "--disable-gpu",
		"--user-data-dir="+t.TempDir(), "--enable-blink-features=MojoJS,MojoJSTest", "--virtual-time-budget=5000",
		"--dump-dom", strings.Replace(server.URL, "127.0.0.1", "localhost", 1))
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v", *chromium, err)
	}
	return string(out)
}
