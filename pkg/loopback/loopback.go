// Package loopback keeps web pages of strangers from reading local services. A browser
// on this machine reaches the loopback interface, and shows a page all answers from the
// page's own host name. The page's owner can let that name point to 127.0.0.1 (DNS
// rebinding), but cannot change the host name in the browser's requests.
package loopback

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Only returns a handler that passes requests to h whose host is localhost or a loopback
// address, on any port, and refuses all others (HTTP 403). others are further hosts that
// it passes: addresses, or names that no stranger can own. 0.0.0.0 and :: allow every
// address, and no name.
func Only(h http.Handler, others ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if allowed((&url.URL{Host: r.Host}).Hostname(), others) {
			h.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json; charset=UTF-8")
		w.WriteHeader(http.StatusForbidden)
		io.WriteString(w, `{"message":"this host is not served: use 127.0.0.1, localhost or the address of --listen"}`)
	})
}

// Is reports whether a host, without port and brackets, is localhost or a loopback
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
