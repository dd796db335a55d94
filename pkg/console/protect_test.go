package console

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// asked is a request to the console: by default the first page, as a person in a browser at this machine asks for it.
type asked struct {
	method, path, host, from string
	header                   http.Header
	old                      bool // in HTTP/1.0
}

// do asks h.
func (q asked) do(h http.Handler) *httptest.ResponseRecorder {
	or := func(text, otherwise string) string {
		if text == "" {
			return otherwise
		}
		return text
	}
	r := httptest.NewRequest(or(q.method, "GET"), or(q.path, "/console/api"), nil)
	r.Host, r.RemoteAddr = or(q.host, "127.0.0.1:8080"), or(q.from, "127.0.0.1:40000")
	if q.host == "none" {
		r.Host = ""
	}
	if q.old {
		r.Proto, r.ProtoMinor = "HTTP/1.0", 0
	}
	for name, values := range q.header {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// answers reports whether the pages behind protect get the request. It fails the test if a refusal lacks a header.
func (q asked) answers(t *testing.T) (served bool) {
	t.Helper()
	w := q.do(protect(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served = true })))
	if (w.Code == http.StatusForbidden) == served {
		t.Errorf("%+v: HTTP %d, served %v", q, w.Code, served)
	}
	headers(t, w.Header())
	return served
}

// headers fails the test if an answer lacks one of those that protect the person.
func headers(t *testing.T, h http.Header) {
	t.Helper()
	for name, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; " +
			"connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
	} {
		if got := h[name]; len(got) != 1 || got[0] != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if h.Get("Set-Cookie") != "" || h.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("the answer has a cookie, or is for other origins: %v", h)
	}
}

// TestHosts: the console answers under a name of this machine only, whatever a name is made to point to.
func TestHosts(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1:8080": true, "127.0.0.1": true, "localhost": true, "LocalHost:1": true, "[::1]:8080": true,
		"[::1]": true, "127.0.0.2:8080": true, "localhost:": true,
		"none": false, "attacker.example": false, "attacker.example:8080": false, "localhost.": false,
		"localhost.:8080": false, "127.0.0.1.": false, "127.0.0.1.attacker.example:8080": false,
		"localhost.attacker.example": false, "attacker.example:8080:127.0.0.1": false,
		"localhost@attacker.example": false, "attacker.example@localhost": false, "user@127.0.0.1:8080": false,
		"[::1]attacker.example": false, "[::1]attacker.example:8080": false, "[::1": false, "[attacker.example]": false,
		"[::ffff:127.0.0.1]:8080": false, "[::ffff:7f00:1]:8080": false, // browsers do not state who asks there
		"[::2]:8080": false, "0.0.0.0:8080": false, "[::]:8080": false, "192.168.1.5:8080": false, "127.1": false,
		"2130706433": false, "0x7f000001": false, "0177.0.0.1": false, "countersign:8080": false,
		"localhost:8080x": false, "localhost:+8080": false, "localhost/": false, "localhost#": false,
		"local host": false, "localhost,attacker.example": false, "host.docker.internal:8080": false,
		"[::1%25lo]:8080": false, "xn--localhost-": false, "ｌocalhost": false,
	} {
		if got := (asked{host: host}).answers(t); got != want {
			t.Errorf("Host %q: served %v", host, got)
		}
	}
}

// TestOtherMachines: only connections of the loopback interface are answered, whatever the request says about itself,
// and not those that a proxy or a tunnel here makes for others.
func TestOtherMachines(t *testing.T) {
	for from, want := range map[string]bool{
		"127.0.0.1:1": true, "127.9.9.9:1": true, "[::1]:1": true, "[::ffff:127.0.0.1]:1": true,
		"192.168.1.9:1": false, "172.17.0.1:1": false, "10.0.0.1:127": false, "[fe80::1%eth0]:1": false,
		"[2001:db8::1]:1": false, "0.0.0.0:1": false, "@": false, "127.0.0.1": false, "pipe": false,
	} {
		for _, host := range []string{"127.0.0.1:8080", "localhost:8080"} {
			if got := (asked{from: from, host: host}).answers(t); got != want {
				t.Errorf("from %s as %s: served %v", from, host, got)
			}
		}
	}
	for _, name := range []string{
		"Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Server",
		"x-forwarded-port", "X-Forwarded", "X-ForwardedFor", "X-Real-IP", "X-Client-IP", "X-Original-Host",
		"True-Client-IP", "CF-Connecting-IP", "Tailscale-User-Login",
	} {
		for _, value := range []string{"", "127.0.0.1", "198.51.100.7", "for=127.0.0.1;host=localhost"} {
			if (asked{header: http.Header{name: {value}}}).answers(t) {
				t.Errorf("%s: %q is served", name, value)
			}
		}
	}
	if (asked{old: true}).answers(t) || (asked{old: true, host: "none"}).answers(t) {
		t.Error("HTTP/1.0 is served")
	}
}

// TestOtherOrigins: what a page of another origin sends or loads is refused, and its links work.
func TestOtherOrigins(t *testing.T) {
	for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"} {
		for _, origin := range []string{
			"http://attacker.example", "https://127.0.0.1.attacker.example", "null", "", "file://", "http://127.0.0.1",
			"http://localhost:3000", "http://127.0.0.1:8081", "http://localhost:8080",
			"http://127.0.0.1:8080.attacker.example", "http://127.0.0.1:8080@attacker.example", "chrome-extension://a",
			"%",
		} {
			if (asked{method: method, header: http.Header{"Origin": {origin}}}).answers(t) {
				t.Errorf("%s of %q is served", method, origin)
			}
		}
		two := http.Header{"Origin": {"http://127.0.0.1:8080", "http://attacker.example"}}
		if (asked{method: method, header: two}).answers(t) {
			t.Errorf("%s of two origins is served", method)
		}
	}
	for _, host := range []string{"127.0.0.1:8080", "localhost:8080", "[::1]:8080"} {
		own := http.Header{"Origin": {"http://" + host}, "User-Agent": {"Mozilla/5.0"}}
		if !(asked{method: "POST", host: host, header: own}).answers(t) {
			t.Errorf("a form of the page on %s is refused", host)
		}
	}
}

// TestFetchMetadata: of what a browser does for a page of another site, a link that a person follows is answered alone.
func TestFetchMetadata(t *testing.T) {
	modes := []string{"", "navigate", "cors", "no-cors", "same-origin", "websocket"}
	dests := []string{
		"", "document", "iframe", "frame", "embed", "object", "image", "script", "style", "empty", "worker", "font",
		"serviceworker", "manifest", "video", "report", "fencedframe",
	}
	for _, method := range []string{"GET", "POST"} {
		for _, site := range []string{"cross-site", "same-site", "new-kind", "same-origin", "none"} {
			for _, mode := range modes {
				for _, dest := range dests {
					h := http.Header{
						"Sec-Fetch-Site": {site}, "Sec-Fetch-Mode": {mode}, "Sec-Fetch-Dest": {dest},
						"Sec-Fetch-User": {"?1"},
					}
					own := site == "same-origin" || site == "none"
					link := method == "GET" && mode == "navigate" && dest == "document"
					if got := (asked{method: method, header: h}).answers(t); got != (own || link) {
						t.Errorf("%s %v: served %v", method, h, got)
					}
				}
			}
		}
	}
	early := http.Header{ // as Chromium sends it for the speculation rules of a foreign page
		"Sec-Fetch-Site": {"none"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"},
		"Sec-Purpose": {"prefetch"},
	}
	if (asked{header: early}).answers(t) {
		t.Error("a page that nobody has opened is served")
	}
	h := http.Header{
		"Origin": {"http://127.0.0.1:8080"}, "Sec-Fetch-Site": {"cross-site"}, "Sec-Fetch-Mode": {"navigate"},
		"Sec-Fetch-Dest": {"document"},
	}
	if (asked{method: "POST", header: h}).answers(t) {
		t.Error("a form is served whose origin and kind of site differ")
	}
}

// TestAsksFirst: a page that a script of another site opens is not made, however often it does so. The person is asked.
func TestAsksFirst(t *testing.T) {
	for _, site := range []string{"cross-site", "same-site", "new-kind"} {
		for _, user := range []string{"", "?0"} {
			h := http.Header{"Sec-Fetch-Site": {site}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"}}
			if h.Set("Sec-Fetch-User", user); (asked{path: "/console/guard", header: h}).answers(t) {
				t.Errorf("%s: a page is made that nobody asked for", site)
			}
			w := asked{path: "/console/guard?client=Paste+this", header: h}.do(protect(http.NotFoundHandler()))
			if text := w.Body.String(); !strings.Contains(text, `<a href="">`) || strings.Contains(text, "Paste") {
				t.Errorf("%s: %s", site, text)
			}
		}
	}
}

// TestLiveIsNoPage: a link cannot open the stream of the live pages, which holds a connection while it is open.
func TestLiveIsNoPage(t *testing.T) {
	c := New(t.Context(), Sources{Log: slog.New(slog.DiscardHandler)})
	for _, site := range []string{"cross-site", "none", "same-origin"} {
		h := http.Header{
			"Sec-Fetch-Site": {site}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"},
			"Sec-Fetch-User": {"?1"},
		}
		ended, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		r := httptest.NewRequestWithContext(ended, "GET", "/console/live", nil)
		r.Host, r.RemoteAddr, r.Header = "127.0.0.1:8080", "127.0.0.1:40000", h
		w := httptest.NewRecorder()
		if c.ServeHTTP(w, r); w.Code != http.StatusForbidden {
			t.Errorf("%s: HTTP %d", site, w.Code)
		}
		cancel()
	}
}

// TestOldBrowsers: a browser that does not state where a form comes from cannot send one, and a program can.
func TestOldBrowsers(t *testing.T) {
	for name, c := range map[string]struct {
		header http.Header
		want   bool
	}{
		"curl":           {http.Header{"User-Agent": {"curl/8.14.1"}}, true},
		"no name":        {nil, true},
		"an old Firefox": {http.Header{"User-Agent": {"Mozilla/5.0 (X11; rv:60.0) Firefox/60.0"}}, false},
		"an old Opera":   {http.Header{"User-Agent": {"Opera/9.80"}}, false},
		"a text browser": {http.Header{"User-Agent": {"Lynx/2.9"}, "Accept-Language": {"en"}}, false},
		"of the page":    {http.Header{"User-Agent": {"Mozilla/5.0"}, "Sec-Fetch-Site": {"same-origin"}}, true},
	} {
		if got := (asked{method: "POST", header: c.header}).answers(t); got != c.want {
			t.Errorf("%s: served %v", name, got)
		}
		if !(asked{header: c.header}).answers(t) {
			t.Errorf("%s: a page is not served", name)
		}
	}
}

// TestHeaders: each answer has the headers that protect the person: pages, files, redirects and errors.
func TestHeaders(t *testing.T) {
	c := New(t.Context(), Sources{Log: slog.New(slog.DiscardHandler)})
	for path, status := range map[string]int{
		"/": 302, "/console": 302, "/console/": 302, "/console/api": 200, "/console/console.css": 200,
		"/console/console.js": 200, "/console/icon.svg": 200, "/console/none": 404, "/console//api": 307,
		"/console/../console/api": 307, "/console/x/..;/api": 404, "/console/%2e%2e/console/api": 404,
		"/console/api%2f": 404, "/console/%2fapi": 404, "/console/api/": 404, "/console/api;a=b": 404,
		"/console/layout.html": 404, "/console/web/phone.html": 404, "/console/..%2fprotect.go": 404,
	} {
		for _, method := range []string{"GET", "HEAD"} {
			w := asked{method: method, path: path}.do(c)
			if w.Code != status {
				t.Errorf("%s %s: HTTP %d, want %d", method, path, w.Code, status)
			}
			headers(t, w.Header())
			stored := "no-store"
			if strings.Contains(path, "/console/console.") || strings.HasSuffix(path, ".svg") {
				stored = "no-cache"
			}
			if got := w.Header().Get("Cache-Control"); got != stored {
				t.Errorf("%s: Cache-Control %s", path, got)
			}
			if to := w.Header().Get("Location"); to != "" && (to[0] != '/' || strings.HasPrefix(to, "//")) {
				t.Errorf("%s leads to %s", path, to)
			}
		}
		for _, method := range []string{"PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "X"} {
			w := asked{method: method, path: path}.do(c)
			if w.Code < 300 {
				t.Errorf("%s %s: HTTP %d", method, path, w.Code)
			}
			headers(t, w.Header())
		}
	}
}

// TestLongBodies: a body that is longer than each form is not read to its end.
func TestLongBodies(t *testing.T) {
	var err error
	h := protect(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, err = io.ReadAll(r.Body) }))
	for size, long := range map[int]bool{maxBody: false, maxBody + 1: true} {
		r := httptest.NewRequest("POST", "/console/try", strings.NewReader(strings.Repeat("a", size)))
		r.Host, r.RemoteAddr = "127.0.0.1", "127.0.0.1:1"
		if h.ServeHTTP(httptest.NewRecorder(), r); (err != nil) != long {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}
