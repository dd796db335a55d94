package localserver

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"countersign/pkg/openstore"
)

// running is a local server on SQLite, as serve runs it.
type running struct {
	t   *testing.T
	url string
}

// run starts a server with options and without settings, and returns its URL. It ends with the test.
func run(t *testing.T, o Options) (url string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out, stdout := io.Pipe()
	o.Listen, o.Getenv, o.Stdout = "127.0.0.1:0", func(string) string { return "" }, stdout
	ended := make(chan error, 1)
	go func() {
		ended <- Run(ctx, o)
		stdout.Close()
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	lines := bufio.NewReader(out)
	ready, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("the server does not start: %v", err)
	}
	go io.Copy(io.Discard, lines)
	return strings.TrimSpace(strings.TrimPrefix(ready, "ready "))
}

// call posts to AMS as the client demo, and returns the answer.
func (r *running) call(path, body string) string {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodPost, r.url+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	req.Header.Set("Client-Id", "demo")
	req.Header.Set("Content-Type", "application/json")
	return r.answer(req)
}

func (r *running) get(path string) string {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, r.url+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return r.answer(req)
}

func (r *running) answer(req *http.Request) string {
	r.t.Helper()
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(text)
}

// TestGuessOnAnOpenPage: the page of a challenge gets to know of a guess that came over another connection, and then
// has it, within a second of the guess.
func TestGuessOnAnOpenPage(t *testing.T) {
	place := openstore.Place{Folder: t.TempDir(), Kind: openstore.SQLite}
	r := &running{t, run(t, Options{Place: place, Receipts: "none", Stderr: io.Discard})}
	_, rest, _ := strings.Cut(r.call("/v1/customers/initAuthentication",
		`{"authenticationRequestId":"open","authenticationMethod":"OTP","authenticationType":"SMS",`+
			`"identityType":"MOBILENO","identityValue":"60-123456789"}`), `"authenticationId":"`)
	id, _, _ := strings.Cut(rest, `"`)
	address := "/console/happened/" + id
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.url+"/console/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	live, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer live.Body.Close()
	events := bufio.NewScanner(live.Body)
	events.Scan() // the first line: the page is live
	before := r.get(address)
	if !strings.Contains(before, `id="line" data-live="facts messages"`) || strings.Contains(before, "A wrong code") {
		t.Fatalf("the open page: %s", before)
	}
	begin := time.Now()
	r.call("/v1/users/verifyAuthentication",
		`{"authenticationType":"OTP","authenticationRequestId":"open","authenticationValue":"0000"}`)
	const wrong = "A wrong code was typed"
	listed := func() bool { return strings.Contains(r.get("/console/happened"), wrong) } // else it is of the message
	for event := ""; event != "data: facts" || !listed(); {
		if !events.Scan() {
			t.Fatalf("no event for the guess: %v", events.Err())
		}
		event = events.Text()
	}
	if page := r.get(address); !strings.Contains(page, wrong) {
		t.Errorf("the page after the event: %s", page)
	}
	if took := time.Since(begin); took > time.Second {
		t.Errorf("the guess was on the page after %s", took)
	}
	if page := r.get("/console/happened"); !strings.Contains(page, fmt.Sprintf(`href="%s?client=demo"`, address)) {
		t.Errorf("no link to the challenge: %s", page)
	}
}
