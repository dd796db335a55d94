package localserver

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"countersign/pkg/loopback"
)

// reach is a server as serve runs it for other machines, on all addresses of this machine.
type reach struct {
	t    *testing.T
	port string
}

func newReach(t *testing.T) reach {
	t.Helper()
	o := Options{Listen: "0.0.0.0:0", AllowRemote: true, AllowHosts: []string{"laptop.example"}}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(loopback.Only(stage(t, captures{}).local, o.hosts()...))
	server.Listener.Close()
	server.Listener = listener
	server.Start()
	t.Cleanup(server.Close)
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return reach{t, port}
}

// ask asks the server at an address of this machine, under a host name.
func (s reach) ask(address, method, path, host, body string, headers ...string) (status int, text string) {
	s.t.Helper()
	r, err := http.NewRequest(method, "http://"+net.JoinHostPort(address, s.port)+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	r.Host = host
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	keep := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	answer, err := keep.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	all, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(all)
}

const sendPath, sendBody = "/?action=otp.send&accessKeyId=demo", `{"to":"+60123456789"}`

// sends checks that the contracts answer.
func (s reach) sends(address, host string, headers ...string) {
	s.t.Helper()
	status, text := s.ask(address, "POST", sendPath, host, sendBody, headers...)
	if status == http.StatusForbidden || !strings.HasPrefix(text, `{"code":"`) { // a limit may refuse it
		s.t.Errorf("a contract, asked at %s as %s: %d %s", address, host, status, text)
	}
}

// outside returns an address of this machine that is not of its loopback interface, "" for none.
func outside(t *testing.T) string {
	t.Helper()
	all, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range all {
		if ip, ok := a.(*net.IPNet); ok && ip.IP.To4() != nil && !ip.IP.IsLoopback() && !ip.IP.IsLinkLocalUnicast() {
			return ip.IP.String()
		}
	}
	return ""
}

// ofConsole are requests that a person at the machine may make.
var ofConsole = []string{
	"GET /", "HEAD /", "GET /?to=%2B60123456789", "GET /console/api", "GET /console/console.js", "GET /console/live",
	"GET /console/none", "POST /console/try", "GET /console",
}

// TestRemote: the console stays closed for other machines where they may call the contracts, whatever host they name.
func TestRemote(t *testing.T) {
	address := outside(t)
	if address == "" {
		t.Skip("this machine has no address but those of its loopback interface") // TestOtherMachines has made-up ones
	}
	s := newReach(t)
	for _, host := range []string{
		address + ":" + s.port, "127.0.0.1:" + s.port, "localhost", "laptop.example", "[::1]",
	} {
		for _, request := range ofConsole {
			method, path, _ := strings.Cut(request, " ")
			status, text := s.ask(address, method, path, host, "")
			if status != http.StatusForbidden || strings.Contains(text, "</html>") {
				t.Errorf("%s at %s as %s: %d %s", request, address, host, status, text)
			}
		}
		s.sends(address, host)
	}
}

// TestPassedOn: a proxy or a tunnel on this machine makes the request of another machine look local. The console
// refuses what shows that, and the contracts answer.
func TestPassedOn(t *testing.T) {
	s := newReach(t)
	for _, headers := range [][]string{
		{"X-Forwarded-For: 198.51.100.7"}, {"X-Forwarded-Host: 127.0.0.1"}, {"X-Forwarded-Proto: http"},
		{"Forwarded: for=127.0.0.1;host=localhost"}, {"Via: 1.1 proxy"}, {"X-Real-Ip: 127.0.0.1"},
	} {
		for _, request := range ofConsole {
			method, path, _ := strings.Cut(request, " ")
			if status, text := s.ask("127.0.0.1", method, path, "127.0.0.1", "", headers...); status != 403 {
				t.Errorf("%s with %s: %d %s", request, headers, status, text)
			}
		}
		s.sends("127.0.0.1", "127.0.0.1", headers...)
	}
	for _, host := range []string{"laptop.example", "countersign", "192.0.2.7"} { // of --allow-host, or served anyway
		if status, text := s.ask("127.0.0.1", "GET", "/console/api", host, ""); status != 403 {
			t.Errorf("the console as %s: %d %s", host, status, text)
		}
		s.sends("127.0.0.1", host)
	}
}

// TestConsoleRoutes: the console gets what is of its pages, and the contracts all else, as before it was there.
func TestConsoleRoutes(t *testing.T) {
	for request, want := range map[string]bool{
		"GET /": true, "HEAD /": true, "GET /?to=%2B60123456789": true, "GET /console": true, "GET /console/": true,
		"GET /console/happened": true, "POST /console/try": true, "GET http://127.0.0.1/console/api": true,
		"GET /console/..%2f": true, "GET /console//api": true,
		"POST /": false, "POST " + sendPath: false, "GET " + sendPath: false, "HEAD " + sendPath: false,
		"GET /?accessKeyId=demo": false, "PUT /": false, "OPTIONS /": false, "DELETE /": false, "POST //": false,
		"GET //": false, "GET //console/api": false, "POST /console/?action=otp.send": false, "GET /consoles": false,
		"POST /consoles": false, "GET /Console": false, "GET /%63onsole/api": false, "GET /console%2fapi": false,
		"GET /x/console/api": false, "GET /index.html": false, "GET /favicon.ico": false, "GET /v1": false,
		"POST /v1/users/verifyAuthentication": false, "GET /_dev/messages": false, "GET /_dev/../console/api": false,
	} {
		s, got := stage(t, captures{}).local, false
		s.console = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got = true })
		method, path, _ := strings.Cut(request, " ")
		r := httptest.NewRequest(method, path, nil)
		if s.ServeHTTP(httptest.NewRecorder(), r); got != want {
			t.Errorf("%s: the console got it %v", request, got)
		}
	}
}

// TestCodesStayHere: no foreign page gets the codes of the outbox into a script or a frame of its own, and none asks
// for them unseen, under any name of this machine.
func TestCodesStayHere(t *testing.T) {
	s := newReach(t)
	foreign := []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"}
	for _, path := range []string{"/_dev/messages", "/_dev/events", "/_dev/none"} {
		if status, text := s.ask("127.0.0.1", "GET", path, "127.0.0.1", "", foreign...); status != 403 {
			t.Errorf("%s for a foreign page: %d %s", path, status, text)
		}
		r := httptest.NewRequest("GET", path, nil) // as a browser asks under a name that it does not know to be near
		w := httptest.NewRecorder()
		stage(t, captures{}).local.ServeHTTP(w, r)
		for name, want := range map[string]string{
			"X-Content-Type-Options": "nosniff", "Cross-Origin-Resource-Policy": "same-origin",
			"X-Frame-Options": "DENY", "Cache-Control": "no-store",
		} {
			if got := w.Header().Get(name); got != want {
				t.Errorf("%s: %s is %q, want %q", path, name, got, want)
			}
		}
	}
}
