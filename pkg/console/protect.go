package console

import (
	"io"
	"net"
	"net/http"
	"slices"
	"strings"

	"countersign/pkg/loopback"
)

// policy is the Content-Security-Policy of all pages: scripts, styles and images come from the program, requests and
// forms go to it, and no other page has it in a frame.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// maxBody is the longest body of a request, in bytes. A form of the pages has less than a tenth of it.
const maxBody = 64 << 10

// guarded are headers of each answer.
var guarded = map[string]string{
	"Content-Security-Policy":      policy,
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Cross-Origin-Opener-Policy":   "same-origin",
	// Not no-referrer: a browser then states the origin "null" for a form that is sent without JavaScript.
	"Referrer-Policy": "same-origin",
	"Cache-Control":   "no-store", // pages have codes
}

// protect returns a handler that passes to h the requests that a person at this machine makes on the pages of h.
// It refuses:
//
//   - requests from another machine, also those that a proxy or a tunnel on this machine passed on, and those under a
//     name that is not of this machine (DNS rebinding);
//   - what a page of another origin sends or loads (CSRF): it may have a link to a page, and nothing else. A browser
//     states the origin in Origin, or the kind of site in Sec-Fetch-Site;
//   - a page that a script of another origin opens, until the person clicks: a page can take thousands of reads.
func protect(h http.Handler) http.Handler {
	var crossOrigin http.CrossOriginProtection
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range guarded {
			w.Header().Set(name, value)
		}
		switch {
		case !near(r):
			http.Error(w, "The console is for the person at this machine: open it as http://127.0.0.1 or "+
				"http://localhost, with the server's port, in a browser here.", http.StatusForbidden)
		case passedOn(r):
			http.Error(w, "This request came through a proxy or a tunnel, and the console is for the person at this "+
				"machine.", http.StatusForbidden)
		case loopback.Foreign(r) || crossOrigin.Check(r) != nil || unproven(r):
			http.Error(w, "This request comes from a web page of another origin.", http.StatusForbidden)
		case unasked(r):
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			w.WriteHeader(http.StatusForbidden)
			io.WriteString(w, ask)
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			h.ServeHTTP(w, r)
		}
	})
}

// unasked reports whether a page of another site has the browser open a page here, without a click. Its script could do
// so over and over, as it goes on until the answer is there. A browser that states no clicks gets the question each
// time.
func unasked(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return r.Header.Get("Sec-Fetch-User") != "?1"
}

// ask is a page with a link to the address that it has itself. It costs no read.
const ask = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Open this page? · Countersign</title>
<link rel="icon" href="/console/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/console/console.css">
</head>
<body>
<main id="main">
<h1>Open this page?</h1>
<p>Another web page sent you to this address of the console.</p>
<p><a href="">Open the page</a></p>
</main>
</body>
</html>
`

// near reports whether a request comes over loopback, and under a name of it.
func near(r *http.Request) bool {
	from, _, err := net.SplitHostPort(r.RemoteAddr)
	return err == nil && loopback.Is(from) && loopback.Named(nameIn(r.Host))
}

// nameIn returns the name or address in a Host header. It is "" if the header is of another form than a browser sends.
func nameIn(host string) string {
	if name, port, err := net.SplitHostPort(host); err == nil {
		if strings.Trim(port, "0123456789") != "" {
			return ""
		}
		return name
	}
	if inner, ok := strings.CutPrefix(host, "["); ok {
		inner, ok = strings.CutSuffix(inner, "]")
		if !ok {
			return ""
		}
		return inner
	}
	return host
}

// marks are headers of proxies and tunnels, beside those that begin with X-Forwarded.
var marks = []string{
	"Forwarded", "Via", "X-Real-Ip", "X-Client-Ip", "X-Cluster-Client-Ip", "X-Original-Host", "X-Original-For",
	"X-Envoy-External-Address", "X-Proxyuser-Ip", "Client-Ip", "True-Client-Ip", "Cf-Connecting-Ip", "Cf-Ray",
	"Fastly-Client-Ip", "Fly-Client-Ip", "Tailscale-User-Login",
}

// passedOn reports whether something on this machine passed the request on, which may come from another machine. No
// browser asks in HTTP/1.0; proxies do, some without any of the headers.
func passedOn(r *http.Request) bool {
	for name := range r.Header {
		if strings.HasPrefix(name, "X-Forwarded") || slices.Contains(marks, name) {
			return true
		}
	}
	return !r.ProtoAtLeast(1, 1)
}

// unproven reports whether a browser sends something without a statement where it comes from, as old ones do with
// forms. Each browser names the person's language, or names itself so, and no page can keep it from that; programs such
// as curl do neither.
func unproven(r *http.Request) bool {
	if read := r.Method == http.MethodGet || r.Method == http.MethodHead; read {
		return false
	}
	if r.Header.Get("Origin") != "" || r.Header.Get("Sec-Fetch-Site") != "" {
		return false
	}
	agent := r.Header.Get("User-Agent")
	return r.Header.Get("Accept-Language") != "" || strings.HasPrefix(agent, "Mozilla/") ||
		strings.HasPrefix(agent, "Opera/")
}
