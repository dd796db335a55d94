package localserver

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"countersign/pkg/ams"
	"countersign/pkg/console"
	"countersign/pkg/gateway"
	"countersign/pkg/outbox"
	"countersign/pkg/unimatrix"
)

// server gives each request to the contract that a function of the deployment would give
// it to.
type server struct {
	init, verify, otp contract
	prefixes          gateway.Prefixes // that a gateway in front adds to paths
	console           http.Handler
	outbox            *outbox.Outbox
	emptied           func() // is called when somebody empties the outbox
	events            *latest
	log               *slog.Logger
	slots             chan struct{} // holds an element for each call at work
}

// contract answers a request. It is safe for concurrent use.
type contract func(context.Context, gateway.Request) gateway.Response

// slots is the number of calls at work at once. Other calls wait, as for a function with
// this concurrency. Without a bound, an engine on a laptop answers all of them too late.
const slots = 64

// ServeHTTP finds the handler by the path as it arrived. It uses no mux, because a mux
// cleans paths and redirects.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, query := target(r.RequestURI)
	routed := ams.Path(gateway.Request{Path: path, Prefix: s.prefixes.Of(path)})
	switch {
	case ams.Sends(routed):
		s.serve(w, r, s.init, path, query)
	case ams.Serves(routed):
		s.serve(w, r, s.verify, path, query)
	case path == "/_dev/messages":
		s.messages(w, r)
	case path == "/_dev/events":
		s.latest(w, r)
	case path == "/_dev/openapi.yaml":
		console.ServeDocument(w, r)
	case strings.HasPrefix(path, "/_dev/"):
		refuse(w, http.StatusNotFound, "nothing is served at this path")
	case console.Serves(r.Method, path) && !unimatrix.Serves("", query): // an SDK names its action in any path
		s.console.ServeHTTP(w, r)
	default: // Unimatrix serves all other paths, and answers unknown ones
		s.serve(w, r, s.otp, path, query)
	}
}

// target splits a request target into its raw path and query. The target may have the
// absolute form.
func target(uri string) (path, query string) {
	if !strings.HasPrefix(uri, "/") {
		if _, rest, ok := strings.Cut(uri, "://"); ok {
			i := strings.IndexAny(rest, "/?")
			if i < 0 {
				return "/", ""
			}
			uri = rest[i:]
		}
	}
	path, query, _ = strings.Cut(uri, "?")
	return path, query
}

// Limits of a request's body, in bytes. The contract gets up to maxBody. The rest is read
// up to maxDrain, as API Gateway takes 10 MB, so that the client gets its answer.
const (
	maxBody  = 64 << 10
	maxDrain = 10 << 20
)

// read returns the part of a request's body that the contract gets.
func read(r *http.Request) ([]byte, error) {
	if n := r.ContentLength; 0 <= n && n <= maxBody {
		body := make([]byte, n)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(r.Body, maxDrain))
	}
	return body, err
}

// serve calls a contract, and writes its answer.
func (s *server) serve(w http.ResponseWriter, r *http.Request, answer contract, path, query string) {
	body, err := read(r)
	if err != nil {
		body = nil // a body that is cut short counts as none
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	// A call is finished even if the client goes away. The wait for a slot is part of the
	// call's time: without a slot in time, the contract gets a context that has ended.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), gateway.Timeout)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
	}
	request := fromHTTP(r, path, query, host, body)
	request.Prefix = s.prefixes.Of(path)
	a := answer(ctx, request)
	for name, value := range a.Headers {
		w.Header()[name] = []string{value} // in the contract's spelling
	}
	w.WriteHeader(a.Status)
	w.Write(a.Body)
}
