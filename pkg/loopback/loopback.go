// Package loopback keeps web pages away from what this machine serves to itself. A
// browser on it reaches the loopback interface, and hands a page what comes from the
// page's own host name. Whose name that is may let it point to 127.0.0.1 (DNS
// rebinding), but cannot make the browser name another host.
package loopback

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Only returns a handler that serves what is asked of localhost or of a loopback
// address, on any port, and refuses the rest (HTTP 403). others are asked too: names
// that nobody outside can claim, or addresses. The one of all interfaces, 0.0.0.0 or
// ::, stands for every address, and for no name.
func Only(h http.Handler, others ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if allowed((&url.URL{Host: r.Host}).Hostname(), others) {
			h.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"message":"this is served under another name: ask 127.0.0.1 or localhost, or the address that it was told to listen on"}`)
	})
}

// Is tells whether a host, without a port or brackets, is localhost or a loopback
// address.
func Is(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

func allowed(host string, others []string) bool {
	return Is(host) || slices.ContainsFunc(others, func(other string) bool {
		ip, address := net.ParseIP(host), net.ParseIP(other)
		switch {
		case address.IsUnspecified():
			return ip != nil
		case address != nil:
			return address.Equal(ip)
		}
		return strings.EqualFold(host, other)
	})
}
