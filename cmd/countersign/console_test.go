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
	p.post(initPath, initBody("c", "54-1155550001"))
	_, text := p.ask(t, "", "GET", "/_dev/messages?to=%2B541155550001")
	if !strings.Contains(text, `"+5491155550001"`) {
		t.Errorf("%s, want the message to another spelling of the line", text)
	}
	if status, _ := p.ask(t, "", "POST", "/_dev/messages"); status != 405 {
		t.Errorf("POST: %d", status)
	}
	if status, _ := p.ask(t, "", "DELETE", "/_dev/messages"); status != 204 || len(p.messages("")) != 0 {
		t.Errorf("DELETE: %d", status)
	}
}

// TestOtherHosts: a web page whose name points to this machine (DNS rebinding) reads no code,
// sends none and empties no outbox.
func TestOtherHosts(t *testing.T) {
	p := serveOn(t, newFolder(t))
	remote := serveOn(t, newFolder(t), "--allow-remote", "--allow-host", "laptop.example,[2001:db8::7]")
	for _, p := range []*process{p, remote} {
		p.post(initPath, initBody("a", "60-1111111111"))
	}
	_, port, _ := net.SplitHostPort(strings.TrimPrefix(p.url, "http://"))
	for _, host := range []string{
		"attacker.example:" + port, "attacker.example", "127.0.0.1.attacker.example:" + port, "localhost.:" + port,
		"192.0.2.1", "2130706433",
	} {
		for _, request := range []string{
			"GET /_dev/messages", "DELETE /_dev/messages", "GET /_dev/messages?to=%2B601111111111",
			"GET /_dev/events", "GET /_dev/openapi.yaml", "POST /?action=otp.send&accessKeyId=demo",
			"POST " + initPath, "GET " + initPath, "POST " + verifyPath, "OPTIONS /", "GET /",
		} {
			method, path, _ := strings.Cut(request, " ")
			for _, p := range []*process{p, remote} {
				text := p.bytes(t, method+" "+path+" HTTP/1.1\r\nHost: "+host+"\r\nConnection: close\r\n\r\n")
				if !strings.HasPrefix(text, "HTTP/1.1 403 ") || strings.Contains(text, "1111111111") ||
					!strings.Contains(text, "127.0.0.1") {
					t.Errorf("%s of %s: %s", request, host, text)
				}
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
	for _, host := range []string{"localhost:" + port, "LOCALHOST", "127.0.0.1", "[::1]:" + port} {
		shows(p, host)
	}
	for _, host := range []string{"laptop.example", "Laptop.Example:1", "[2001:db8::7]:80", "localhost"} {
		shows(remote, host)
	}
}

// TestWebPages: a web page of another origin makes the server neither send nor answer, also by
// requests that a browser sends without asking first.
func TestWebPages(t *testing.T) {
	p := serveOn(t, newFolder(t))
	const send = `{"to":"+601111111111"}`
	for name, c := range map[string]struct{ target, headers, body string }{
		"an untyped Blob":     {"/?action=otp.send&accessKeyId=demo", "", send},
		"a typed Blob":        {"/?action=otp.send&accessKeyId=demo", "Content-Type: application/json\r\n", send},
		"a form":              {"/?action=otp.send&accessKeyId=demo", "Content-Type: text/plain\r\n", send},
		"AMS":                 {initPath, "", initBody("a", "60-1111111111")},
		"verify":              {verifyPath, "", verifyBody("a", "123456")},
		"an absolute target":  {"http://localhost/?action=otp.send&accessKeyId=demo", "", send},
		"another target":      {"http://attacker.example/?action=otp.send&accessKeyId=demo", "", send},
		"the outbox":          {"/_dev/messages", "", ""},
		"a path of no API":    {"/nothing", "", ""},
		"a path in two steps": {"//_dev/messages", "", ""},
	} {
		for _, origin := range []string{
			"https://attacker.example", "null", "http://localhost:3000", "http://127.0.0.1",
		} {
			got := p.bytes(t, rawPost(c.target, "Origin: "+origin+"\r\n"+c.headers, c.body))
			if !strings.HasPrefix(got, "HTTP/1.1 403 ") {
				t.Errorf("%s from %s: %s", name, origin, got)
			}
		}
	}
	if sent := p.messages(""); len(sent) != 0 {
		t.Errorf("%d messages were sent", len(sent))
	}
	got := p.raw(t, rawPost("/?action=otp.send&accessKeyId=demo", "", send))
	if !strings.Contains(got, `"code":"0"`) {
		t.Errorf("a program: %s", got)
	}
}
