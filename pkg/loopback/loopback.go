// Package loopback keeps web pages of strangers from using local services. A browser on
// this machine reaches the loopback interface, and sends there what a page asks for:
//
//   - It shows a page all answers from the page's own host name. The page's owner can let
//     that name point to 127.0.0.1 (DNS rebinding), but cannot change the host name in the
//     browser's requests.
//   - It sends a page's requests to other hosts too, without asking first if they look like
//     those of a form, and keeps the answers from the page. The page cannot change the
//     Origin that the browser puts into them, nor what it says about the kind of request.
package loopback

import (
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Only returns a handler that passes requests to h whose host is localhost, a loopback
// address or a name without a dot, on any port, and that do not come from a web page of
// another origin. It refuses
// all others (HTTP 403). others are further hosts that it passes: addresses, or names that
// no stranger can own. 0.0.0.0 and :: allow every address, and no name.
//
// Programs that are no browsers send no Origin.
func Only(h http.Handler, others ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !allowed((&url.URL{Host: r.Host}).Hostname(), others):
			refuse(w, "this host is not served: use 127.0.0.1, localhost, or a host that the command was started with "+
				"(serve --allow-host)")
		case Foreign(r):
			refuse(w, "this request comes from a web page of another origin: only programs may call")
		default:
			h.ServeHTTP(w, r)
		}
	})
}

func refuse(w http.ResponseWriter, message string) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cross-Origin-Resource-Policy", "same-origin") // a foreign page does not see that something answers
	w.WriteHeader(http.StatusForbidden)
	io.WriteString(w, `{"message":"`+message+`"}`)
}

// Foreign reports whether a browser sent the request for a page of another origin. Another
// port is another origin, and so are sandboxed pages and files ("null"). A browser may
// leave out Origin, and then still states the kind of site. A link that a person follows is
// not foreign.
func Foreign(r *http.Request) bool {
	if loads(r) || early(r) {
		return true
	}
	origins := r.Header.Values("Origin")
	for _, origin := range origins {
		u, err := url.Parse(origin)
		if err != nil || u.Host == "" || !strings.EqualFold(u.Host, r.Host) {
			return true
		}
	}
	var browser http.CrossOriginProtection
	return len(origins) == 0 && browser.Check(r) != nil
}

// loads reports whether a page of another origin loads something, such as a script or a
// frame: it sees whether that comes, and how soon.
func loads(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
}

// early reports whether a browser asks for what nobody has opened yet, for speed. Any page
// can have it do so, a great many times, and then Chromium states the kind of site "none",
// as if the person had typed the address. After a refusal it asks again when it is opened.
func early(r *http.Request) bool {
	return r.Header.Get("Sec-Purpose") != "" || r.Header.Get("Purpose") == "prefetch" ||
		r.Header.Get("X-Moz") == "prefetch"
}

// Named reports whether the host that a request is sent to, without port and brackets, is
// localhost or a loopback address, in a spelling that browsers know as this machine's. To
// others, such as ::ffff:127.0.0.1, they do not state the kind of site, so that [Foreign]
// could not tell who asks.
func Named(host string) bool {
	return Is(host) && !mapped(host)
}

// mapped reports whether a host is an IPv4 address in a form of IPv6.
func mapped(host string) bool {
	return strings.Contains(host, ":") && net.ParseIP(host).To4() != nil
}

// Is reports whether a host, without port and brackets, is localhost or a loopback
// address.
func Is(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// single reports whether a host is a name of one label, such as that of a container. No
// stranger can own one: public names have a dot. Browsers read a label without letters as
// an address.
func single(host string) bool {
	letter := func(c rune) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }
	other := func(c rune) bool { return !letter(c) && c != '-' && c != '_' && (c < '0' || '9' < c) }
	return strings.ContainsFunc(host, letter) && !strings.ContainsFunc(host, other)
}

func allowed(host string, others []string) bool {
	return !mapped(host) && (Is(host) || single(host) || slices.ContainsFunc(others, func(other string) bool {
		ip, address := net.ParseIP(host), net.ParseIP(other)
		switch {
		case address.IsUnspecified():
			return ip != nil
		case address != nil:
			return address.Equal(ip)
		}
		return strings.EqualFold(host, other)
	}))
}
