package localserver

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"

	"countersign/docs"
	"countersign/pkg/ams"
	"countersign/pkg/gateway"
	"countersign/pkg/loopback"
	"countersign/pkg/outbox"
)

// server turns each request into the event that API Gateway would make of it, and
// calls the handler that Lambda calls.
type server struct {
	init, verify, otp gateway.Handler
	outbox            *outbox.Outbox
	events            *latest
	log               *slog.Logger
	slots             chan struct{} // one for each call at work
}

// slots is how many calls are at work at once; more wait their turn, as they do
// for a function of this much concurrency. An engine on a laptop would answer
// them all too late otherwise.
const slots = 64

// ServeHTTP finds the handler by the path as it arrived. There is no mux: that
// would clean paths and redirect.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, query := target(r.RequestURI)
	switch {
	case ams.Sends(path):
		s.invoke(w, r, s.init, path, query)
	case ams.Serves(path):
		s.invoke(w, r, s.verify, path, query)
	case path == "/_dev/messages":
		s.messages(w, r)
	case path == "/_dev/events":
		s.told(w, r)
	case path == "/_dev/openapi.yaml":
		w.Header().Set("Content-Type", "application/yaml")
		w.Write(docs.OpenAPI)
	case strings.HasPrefix(path, "/_dev/"):
		reply(w, http.StatusNotFound, []byte(`{"message":"nothing is served at this path"}`))
	default: // of the other contract, or of none, which it answers too
		s.invoke(w, r, s.otp, path, query)
	}
}

// guarded refuses what is under /_dev/ to web pages, which must not read codes. The
// contracts' own paths answer under any name: merchants' software may use one.
func guarded(h http.Handler) http.Handler {
	console := loopback.Only(h)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path, _ := target(r.RequestURI); strings.HasPrefix(path, "/_dev/") {
			console.ServeHTTP(w, r)
			return
		}
		h.ServeHTTP(w, r)
	})
}

// target splits a request target into raw path and query. A client may send it
// in absolute form.
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

// Limits of a request's body: what is handed on, and what is read and thrown
// away so that the client gets its answer. API Gateway takes 10 MB.
const (
	maxEvent = 64 << 10
	maxDrain = 10 << 20
)

// read reads a request's body, as much of it as is handed on.
func read(r *http.Request) ([]byte, error) {
	if n := r.ContentLength; 0 <= n && n <= maxEvent {
		body := make([]byte, n)
		_, err := io.ReadFull(r.Body, body)
		return body, err
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxEvent))
	if err == nil {
		_, err = io.Copy(io.Discard, io.LimitReader(r.Body, maxDrain))
	}
	return body, err
}

func (s *server) invoke(w http.ResponseWriter, r *http.Request, h gateway.Handler, path, query string) {
	body, err := read(r)
	if err != nil {
		body = nil // cut short: as good as none
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	event := event(r, path, query, host, body)
	// What was begun is finished, also when the client goes away. Waiting for a
	// slot is part of a call's time; one that gets none in time finds its time over.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), gateway.Timeout)
	defer cancel()
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	case <-ctx.Done():
	}
	out, err := h.Invoke(ctx, event)
	var answer struct {
		StatusCode int               `json:"statusCode"`
		Headers    map[string]string `json:"headers"`
		Body       string            `json:"body"`
	}
	if err == nil {
		err = json.Unmarshal(out, &answer)
	}
	if err != nil {
		s.log.Error("invoke", "cause", err)
		reply(w, http.StatusInternalServerError, []byte(`{"message":"Internal Server Error"}`))
		return
	}
	for name, value := range answer.Headers {
		w.Header()[name] = []string{value} // in the case that the handler gave it
	}
	w.WriteHeader(answer.StatusCode)
	io.WriteString(w, answer.Body)
}
