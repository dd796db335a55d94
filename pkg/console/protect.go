package console

import (
	"net"
	"net/http"
	"net/url"

	"countersign/pkg/loopback"
)

// policy is the Content-Security-Policy of all pages: scripts, styles and images come from the program, requests and
// forms go to it, and no other page has it in a frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// protect returns a handler that passes to h the requests that a person at this machine makes on the pages of h.
// It refuses:
//
//   - requests from another machine, or under a name that is not of this machine (DNS rebinding);
//   - what a page of another origin sends or loads (CSRF): it may have a link to a page, and nothing else. A browser
//     states the origin in Origin, or the kind of site in Sec-Fetch-Site.
func protect(h http.Handler) http.Handler {
	var crossOrigin http.CrossOriginProtection
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", policy)
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("X-Frame-Options", "DENY")
		head.Set("Referrer-Policy", "same-origin") // without a referrer, forms would come from the origin null
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cache-Control", "no-store") // pages have codes
		switch {
		case !near(r):
			http.Error(w, "The console is for the person at this machine: open it as http://127.0.0.1 or "+
				"http://localhost, with the server's port, in a browser here.", http.StatusForbidden)
		case loads(r) || crossOrigin.Check(r) != nil:
			http.Error(w, "This request comes from a web page of another origin.", http.StatusForbidden)
		default:
			h.ServeHTTP(w, r)
		}
	})
}

// near reports whether a request comes over loopback, and under a name of it.
func near(r *http.Request) bool {
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && loopback.Is(from) && loopback.Is((&url.URL{Host: r.Host}).Hostname())
}

// loads reports whether a page of another origin loads something, such as a picture or a frame. A link that a person
// follows is none.
func loads(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.Header.Get("Sec-Fetch-Dest") != "document"
}
