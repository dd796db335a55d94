package loopback

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestOnly(t *testing.T) {
	remote := []string{"172.17.0.1", "host.docker.internal"}
	for _, c := range []struct {
		host   string
		others []string
		served bool
	}{
		{"127.0.0.1:8080", nil, true},
		{"127.0.0.1", nil, true},
		{"127.8.8.8:80", nil, true},
		{"[::1]:8080", nil, true},
		{"[::1]", nil, true},
		{"localhost:8080", nil, true},
		{"LocalHost", nil, true},
		{"countersign:8080", nil, true},
		{"my-service_1", nil, true},
		{"countersign.:8080", nil, false},
		{"2130706433:8080", nil, false},
		{"[::ffff:127.0.0.1]:8080", nil, false},
		{"[::ffff:7f00:1]", nil, false},
		{"[::ffff:7f00:1]", []string{"127.0.0.1"}, false},
		{"[::ffff:7f00:1]", []string{"0.0.0.0"}, false},
		{"com.example", nil, false},
		{"ex\u00e4mple", nil, false},
		{"", nil, false},
		{"attacker.example:8080", nil, false},
		{"localhost.attacker.example", nil, false},
		{"127.0.0.1.attacker.example:8080", nil, false},
		{"172.17.0.1:8080", nil, false},
		{"0.0.0.0:8080", nil, false},
		{"172.17.0.1:8080", remote, true},
		{"Host.Docker.Internal:8080", remote, true},
		{"localhost:8080", remote, true},
		{"172.17.0.2:8080", remote, false},
		{"attacker.example", remote, false},
		{"", remote, false},
		{"[fd00::1]:8080", []string{"fd00:0::1"}, true},
		{"192.0.2.1:8080", []string{"0.0.0.0"}, true},
		{"[fd00::1]", []string{"::"}, true},
		{"attacker.example", []string{"0.0.0.0"}, false},
	} {
		served := false
		h := Only(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served = true }), c.others...)
		r := httptest.NewRequest("GET", "/", nil)
		r.Host = c.host
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if served != c.served || (w.Code == http.StatusForbidden) == served {
			t.Errorf("asked of %q with %q: served %v, want %v, HTTP %d", c.host, c.others, served, c.served, w.Code)
		}
		if !served && !strings.Contains(w.Body.String(), "127.0.0.1") {
			t.Errorf("%q does not name a host that is served", w.Body)
		}
	}
}

// A request of a web page of another origin is refused, whatever its method and its path.
func TestOrigins(t *testing.T) {
	for _, c := range []struct {
		host   string
		header http.Header
		served bool
	}{
		{"127.0.0.1:8080", nil, true},
		{"127.0.0.1:8080", http.Header{"Origin": {"http://127.0.0.1:8080"}}, true},
		{"LocalHost:8080", http.Header{"Origin": {"http://localhost:8080"}}, true},
		{"[::1]:8080", http.Header{"Origin": {"http://[::1]:8080"}}, true},
		{"localhost", http.Header{"Origin": {"http://localhost"}}, true},
		{"localhost:8080", http.Header{"Sec-Fetch-Site": {"same-origin"}}, true},
		{"localhost:8080", http.Header{"Sec-Fetch-Site": {"none"}}, true},
		{"127.0.0.1:8080", http.Header{"Origin": {"https://attacker.example"}}, false},
		{"127.0.0.1:8080", http.Header{"Origin": {"null"}}, false},
		{"127.0.0.1:8080", http.Header{"Origin": {""}}, false},
		{"127.0.0.1:8080", http.Header{"Origin": {"file://"}}, false},
		{"127.0.0.1:8080", http.Header{"Origin": {"://"}}, false},
		{"127.0.0.1:8080", http.Header{"Origin": {"http://127.0.0.1:3000"}}, false},
		{"127.0.0.1:8080", http.Header{"Origin": {"http://localhost:8080"}}, false},
		{"127.0.0.1:8080", http.Header{"Origin": {"http://127.0.0.1:8080.attacker.example"}}, false},
		{"127.0.0.1:8080", http.Header{"Origin": {"http://127.0.0.1:8080", "https://attacker.example"}}, false},
		{"[::1]:8080", http.Header{"Origin": {"http://[::1]"}}, false},
		{"attacker.example:8080", http.Header{"Origin": {"http://attacker.example:8080"}}, false},
	} {
		for _, method := range []string{"GET", "POST", "DELETE", "OPTIONS", "HEAD"} {
			served := false
			h := Only(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served = true }))
			r := httptest.NewRequest(method, "/", nil)
			r.Host, r.Header = c.host, c.header
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if served != c.served || (w.Code == http.StatusForbidden) == served {
				t.Errorf("%s of %q with %v: served %v, want %v, HTTP %d",
					method, c.host, c.header, served, c.served, w.Code)
			}
			if !served && w.Header().Get("Cross-Origin-Resource-Policy") != "same-origin" {
				t.Errorf("%s with %v: the page sees that something answers", method, c.header)
			}
			if len(w.Header()["Access-Control-Allow-Origin"]) > 0 {
				t.Errorf("%s with %v: the page may read the answer", method, c.header)
			}
		}
	}
}

// A browser that sends no Origin still states the site, and nothing but a link that a person follows is served.
func TestSites(t *testing.T) {
	for _, site := range []string{"cross-site", "same-site"} {
		for method, link := range map[string]bool{"POST": false, "PUT": false, "DELETE": false, "GET": true} {
			for what, want := range map[string]bool{
				"navigate document": link, "navigate iframe": false, "navigate document prefetch": false,
				"no-cors script": false, "no-cors image": false, "no-cors empty": false, "": false,
			} {
				kind := append(strings.Fields(what), "", "", "")
				h := http.Header{"Sec-Fetch-Site": {site}}
				for i, name := range []string{"Sec-Fetch-Mode", "Sec-Fetch-Dest", "Sec-Purpose"} {
					h.Set(name, kind[i])
				}
				if serves(method, h) != want {
					t.Errorf("%s of %s for %q: served %v", method, site, what, !want)
				}
			}
		}
	}
}

// What a browser asks for before a person opens it is not served: a foreign page can have it ask, and then no header
// names that page but for Referer, which the page can leave out.
func TestEarly(t *testing.T) {
	for name, value := range map[string]string{
		"Sec-Purpose": "prefetch", "sec-purpose": "prefetch;prerender", "Purpose": "prefetch", "X-Moz": "prefetch",
	} {
		h := http.Header{
			"Sec-Fetch-Site": {"none"}, "Sec-Fetch-Mode": {"navigate"}, "Sec-Fetch-Dest": {"document"},
		}
		if !serves("GET", h) {
			t.Error("what the person typed is refused")
		}
		if h.Set(name, value); serves("GET", h) {
			t.Errorf("%s: %s is served", name, value)
		}
	}
	if !serves("POST", http.Header{"Purpose": {"payment"}}) {
		t.Error("a program is refused for a header of its own")
	}
}

// serves reports whether a request to localhost is served.
func serves(method string, header http.Header) (served bool) {
	h := Only(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { served = true }))
	r := httptest.NewRequest(method, "http://localhost:8080/", nil)
	r.Header = header
	h.ServeHTTP(httptest.NewRecorder(), r)
	return served
}
