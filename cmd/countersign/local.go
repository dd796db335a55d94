package main

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

// local is the server: it turns each request into the event that API Gateway
// would make of it, and calls the handler that Lambda calls.
type local struct {
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
func (l *local) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, query := target(r.RequestURI)
	switch {
	case ams.Sends(path):
		l.invoke(w, r, l.init, path, query)
	case ams.Serves(path):
		l.invoke(w, r, l.verify, path, query)
	case path == "/_dev/messages":
		l.messages(w, r)
	case path == "/_dev/events":
		l.told(w, r)
	case path == "/_dev/openapi.yaml":
		w.Header().Set("Content-Type", "application/yaml")
		w.Write(docs.OpenAPI)
	case strings.HasPrefix(path, "/_dev/"):
		reply(w, http.StatusNotFound, []byte(`{"message":"nothing is served at this path"}`))
	default: // of the other contract, or of none, which it answers too
		l.invoke(w, r, l.otp, path, query)
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

func (l *local) invoke(w http.ResponseWriter, r *http.Request, h gateway.Handler, path, query string) {
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
	case l.slots <- struct{}{}:
		defer func() { <-l.slots }()
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
		l.log.Error("invoke", "cause", err)
		reply(w, http.StatusInternalServerError, []byte(`{"message":"Internal Server Error"}`))
		return
	}
	for name, value := range answer.Headers {
		w.Header()[name] = []string{value} // in the case that the handler gave it
	}
	w.WriteHeader(answer.StatusCode)
	io.WriteString(w, answer.Body)
}

// messages shows or empties the outbox.
func (l *local) messages(w http.ResponseWriter, r *http.Request) {
	switch r.Method {
	case http.MethodGet:
		to := r.URL.Query().Get("to")
		if national, ok := strings.CutPrefix(to, " "); ok {
			to = "+" + national // that was not escaped
		}
		entries, err := l.outbox.List(to)
		if err != nil {
			l.log.Error("outbox", "cause", err)
			reply(w, http.StatusInternalServerError, []byte(`{"message":"the outbox cannot be read"}`))
			return
		}
		text, err := json.Marshal(entries)
		if err != nil {
			l.log.Error("outbox", "cause", err)
		}
		reply(w, http.StatusOK, text)
	case http.MethodDelete:
		if err := l.outbox.Empty(); err != nil {
			l.log.Error("outbox", "cause", err)
			reply(w, http.StatusInternalServerError, []byte(`{"message":"the outbox cannot be emptied"}`))
			return
		}
		w.WriteHeader(http.StatusNoContent)
	default:
		reply(w, http.StatusMethodNotAllowed, []byte(`{"message":"GET lists the messages, DELETE empties the outbox"}`))
	}
}

// told shows the latest events, newest first.
func (l *local) told(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet {
		reply(w, http.StatusMethodNotAllowed, []byte(`{"message":"GET lists the latest events"}`))
		return
	}
	text, err := json.Marshal(l.events.list())
	if err != nil {
		l.log.Error("events", "cause", err)
	}
	reply(w, http.StatusOK, text)
}

func reply(w http.ResponseWriter, status int, text []byte) {
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	w.Write(text)
}
