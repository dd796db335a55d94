package main

import (
	"crypto/rand"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestNumberCommands: an operator sees why a person gets no code, and ends it.
func TestNumberCommands(t *testing.T) { onEachWith(t, testNumber) }

// askFrom asks for a code of a client of its own, and returns the id and the result.
func (p *process) askFrom(device string) (id, result string) {
	p.t.Helper()
	id = rand.Text()
	body := strings.TrimSuffix(initBody(id, "60-123456789"), "}") + `,"env":{"deviceTokenId":"` + device + `"}}`
	return id, code(p.t, p.postAs("acme", "/v1/customers/initAuthentication", body))
}

// postAs posts as another client than demo.
func (p *process) postAs(client, path, body string) string {
	p.t.Helper()
	req, err := http.NewRequest("POST", p.url+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	req.Header.Set("Client-Id", client)
	req.Header.Set("Content-Type", "application/json")
	_, text := fetch(p.t, req)
	return text
}

func testNumber(t *testing.T, c tool, serve func(flags ...string) *process) {
	const device = "0f8b7a56-1f0e-4f5e-9a0c"
	c.ok("client", "add", "quiet", "--country", "MY")
	c.prints([]string{"number", "show", "+60123456789", "--client", "quiet"}, "messages (UTC)     -\n")
	c.ok("client", "add", "acme", "--unsigned", "--country", "MY", "--cooldown", "0s", "--source", "env.deviceTokenId")
	p := serve()
	id, got := p.askFrom(device)
	if got != "SUCCESS" {
		t.Fatal(got)
	}
	body := verifyBody(id, p.messages("+60123456789")[0].Code)
	if got := p.postAs("acme", "/v1/users/verifyAuthentication", body); !strings.Contains(got, `"isPassed":true`) {
		t.Fatal(got)
	}
	show := []string{"number", "show", "+60123456789", "--client", "acme"}
	want := func(step string, messages, unanswered int, free bool) {
		t.Helper()
		var s shown
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && s.KnownSources == 0; {
			c.json(&s, show...) // a right code is followed later
		}
		if s.Number != "+60*****6789" || len(s.Messages) != messages || s.Unanswered != unanswered ||
			s.KnownSources != 1 || (s.Wait == "0s") != free || (s.WaitKnown == "0s") != free || s.Pause != "" {
			t.Errorf("%s: %+v", step, s)
		}
	}
	want("after a sign-in", 1, 0, true)
	for range 4 {
		p.askFrom("another-device-of-somebody")
	}
	if _, got := p.askFrom(device); got != "SEND_TIMES_EXCEED_LIMIT" {
		t.Errorf("the sixth message in an hour: %s", got)
	}
	want("after five messages", 5, 4, false)
	c.ok("keys", "rotate", "number")
	want("under a new number key", 5, 4, false)
	c.prints(show, "client", "acme", "unanswered", "known sources", "next message       in ")
	c.prints([]string{"number", "clear", "60-123456789", "--client", "acme"}, "of client acme: cleared")
	want("cleared", 0, 0, true)
	if _, got := p.askFrom(device); got != "SUCCESS" {
		t.Errorf("after the lock-out: %s", got)
	}
	c.no("not found in ", "number", "show", "+60123456789", "--client", "nobody")
	c.no("such as +606543216353", "number", "show", "0123456789", "--client", "acme")
}
