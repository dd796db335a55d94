package localserver

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"
)

// The first line of the output has the URL: the tasks of a server may print what is left from an earlier one, and begin
// after it.
func TestReadyFirst(t *testing.T) {
	var out bytes.Buffer
	terminal := newTerminal(&out)
	ctx, cancel := context.WithCancel(t.Context())
	stopped := false
	err := Options{Listen: "127.0.0.1:0"}.serve(ctx, terminal, http.NotFoundHandler(), func() (stop func()) {
		terminal.say("a receipt of before")
		cancel()
		return func() { stopped = true }
	})
	terminal.close()
	text := out.String()
	if err != nil || !strings.HasPrefix(text, "ready http://127.0.0.1:") || !strings.Contains(text, "of before\n") {
		t.Errorf("%v, %q", err, text)
	}
	if !stopped {
		t.Error("the tasks go on after the end of the server")
	}
}

// TestGreetingNamesThePage: the first thing that a person reads is the address of the console, if the person can open
// it on this machine.
func TestGreetingNamesThePage(t *testing.T) {
	for url, want := range map[string]string{
		"http://127.0.0.1:8080": "http://127.0.0.1:8080/", "http://[::1]:8080": "http://[::1]:8080/",
		"http://[::]:8080": "http://127.0.0.1:8080/", "http://0.0.0.0:9000": "http://127.0.0.1:9000/",
		"http://192.0.2.7:8080": "",
	} {
		text := strings.TrimSpace(greeting(url))
		if named := strings.HasPrefix(text, "Open "+want+" in a browser"); named != (want != "") {
			t.Errorf("%s: %s", url, text)
		}
		if strings.Count(text, "\ncurl -s ") != 3 || !strings.Contains(strings.ToLower(text), "send a code, read it") {
			t.Errorf("%s: %s", url, text)
		}
	}
}
