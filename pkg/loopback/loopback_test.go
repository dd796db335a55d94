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
