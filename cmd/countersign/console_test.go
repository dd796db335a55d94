package main

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

// ask sends a request without a body under a host name, and returns status and body. An empty
// host is that of the URL.
func (p *process) ask(t testing.TB, host, method, path string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequest(method, p.url+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	return fetch(t, req)
}

// TestOutboxConsole lists, filters and empties the outbox.
func TestOutboxConsole(t *testing.T) {
	p := serveOn(t, newFolder(t))
	if status, text := p.ask(t, "", "GET", "/_dev/messages"); status != 200 || text != "[]" {
		t.Errorf("the empty outbox answered %d %s", status, text)
	}
	p.post(initPath, initBody("a", "60-1111111111"))
	p.post(initPath, initBody("b", "60-1111111112"))
	if all := p.messages(""); len(all) != 2 || all[0].To != "+601111111112" || all[1].To != "+601111111111" {
		t.Errorf("outbox %+v, want both messages, newest first", all)
	}
	for to, n := range map[string]int{"%2B601111111111": 1, "+601111111111": 1, "601111111111": 0, "+": 0} {
		_, text := p.ask(t, "", "GET", "/_dev/messages?to="+to)
		if strings.Count(text, `"code"`) != n {
			t.Errorf("to=%s: %s, want %d messages", to, text, n)
		}
	}
	if status, _ := p.ask(t, "", "POST", "/_dev/messages"); status != 405 {
		t.Errorf("POST: %d", status)
	}
	if status, _ := p.ask(t, "", "DELETE", "/_dev/messages"); status != 204 || len(p.messages("")) != 0 {
		t.Errorf("DELETE: %d", status)
	}
}

// TestOtherHosts: a web page whose name points to this machine (DNS rebinding) reads no code
// and empties no outbox.
func TestOtherHosts(t *testing.T) {
	p := serveOn(t, newFolder(t))
	remote := serveOn(t, newFolder(t), "--allow-remote")
	for _, p := range []*process{p, remote} {
		p.post(initPath, initBody("a", "60-1111111111"))
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(p.url, "http://"))
	for _, host := range []string{
		"attacker.example:" + port, "attacker.example", "127.0.0.1.attacker.example:" + port,
	} {
		for _, request := range []string{
			"GET /_dev/messages", "DELETE /_dev/messages", "GET /_dev/messages?to=%2B601111111111",
			"GET /_dev/events", "GET /_dev/openapi.yaml",
		} {
			method, path, _ := strings.Cut(request, " ")
			status, text := p.ask(t, host, method, path)
			if status != 403 || strings.Contains(text, "1111111111") || !strings.Contains(text, "127.0.0.1") {
				t.Errorf("%s of %s: %d %s", request, host, status, text)
			}
		}
	}
	shows := func(p *process, host string) {
		t.Helper()
		status, text := p.ask(t, host, "GET", "/_dev/messages")
		if status != 200 || !strings.Contains(text, `"code"`) {
			t.Errorf("GET /_dev/messages of %s: %d %s", host, status, text)
		}
	}
	for _, host := range []string{"localhost:" + port, "127.0.0.1", "[::1]:" + port} {
		shows(p, host)
	}
	shows(remote, "laptop.example")
}
