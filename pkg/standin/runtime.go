package standin

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"countersign/pkg/loopback"
)

// Timeout is the longest time of an invocation, as in template.yaml, for functions without a timeout of their own.
const Timeout = 10 * time.Second

// timeouts are those of functions with a timeout of their own there.
var timeouts = map[string]time.Duration{
	"changes": time.Minute, "cognito": 5 * time.Second, "receipts": 30 * time.Second,
}

// maxBody is the largest answer that Lambda takes, in bytes. Lambda calls it 6 MB.
const maxBody = 6<<20 + 100

// oversize is Lambda's answer in place of a larger one.
var oversize = Answer{Failed: true, Body: fmt.Appendf(nil,
	`{"errorMessage":"Response payload size exceeded maximum allowed payload size (%d bytes).",`+
		`"errorType":"Function.ResponseSizeTooLarge"}`, maxBody)}

// Runtime is Lambda's Runtime API (version 2018-06-01) on the loopback interface, for any number of functions: each
// process has a path prefix of its own. It is safe for concurrent use.
type Runtime struct {
	now    func() time.Time
	addr   string
	server *http.Server

	mu        sync.Mutex
	functions map[string]*function // by name
	started   int
	// paths has the functions by the first segment of their path. It differs from process to process: a process that
	// was stopped may have left a request behind, which must not take an event of its successor.
	paths map[string]*function
}

// Listen opens a Runtime on a free port. Close ends it.
func Listen(now func() time.Time) (*Runtime, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("runtime API: %w", err)
	}
	r := &Runtime{
		now:       now,
		addr:      listener.Addr().String(),
		functions: map[string]*function{},
		paths:     map[string]*function{},
	}
	r.server = &http.Server{Handler: loopback.Only(r), ReadHeaderTimeout: time.Minute}
	go r.server.Serve(listener)
	return r, nil
}

// Close closes the connections of functions that wait for an event. They then end by themselves, which never happens in
// AWS: stop them first.
func (r *Runtime) Close() error { return r.server.Close() }

// address is the AWS_LAMBDA_RUNTIME_API of a function: clients put "http://" before it and the version after it, and so
// it may have a path.
func (r *Runtime) address(f *function) string { return r.addr + "/" + f.path }

// add makes a function, in place of one of that name that has ended.
func (r *Runtime) add(name string) (*function, error) {
	if name == "" || strings.ContainsAny(name, "/?#% ") {
		return nil, fmt.Errorf("%q is no name of a function: it must be one segment of a path", name)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if old := r.functions[name]; old != nil {
		select {
		case <-old.ended:
			delete(r.paths, old.path)
		default:
			return nil, fmt.Errorf("there is a function %s already: stop it first, or take another name", name)
		}
	}
	r.started++
	f := newFunction(name, r.now)
	f.path = fmt.Sprintf("%s.%d", name, r.started)
	r.functions[name], r.paths[f.path] = f, f
	return f, nil
}

// ServeHTTP implements [http.Handler].
func (r *Runtime) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	path, call, _ := strings.Cut(strings.TrimPrefix(req.URL.Path, "/"), "/")
	r.mu.Lock()
	f := r.paths[path]
	r.mu.Unlock()
	call, versioned := strings.CutPrefix(call, "2018-06-01/runtime/")
	if f == nil || !versioned {
		refuse(w, http.StatusNotFound, "UnknownPath", "nothing is served at "+req.URL.Path)
		return
	}
	part := strings.Split(call, "/")
	switch {
	case req.Method == http.MethodGet && call == "invocation/next":
		f.next(w, req)
	case req.Method == http.MethodPost && call == "init/error":
		f.initError(w, req)
	case req.Method == http.MethodPost && len(part) == 3 && part[0] == "invocation" && (part[2] == "response" ||
		part[2] == "error"):
		f.answer(w, req, part[1], part[2] == "error")
	default:
		refuse(w, http.StatusNotFound, "UnknownPath", "nothing is served at "+req.Method+" "+req.URL.Path)
	}
}

func refuse(w http.ResponseWriter, status int, kind, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"errorType":%q,"errorMessage":%q}`, kind, message)
}

func thank(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusAccepted)
	io.WriteString(w, `{"status":"OK"}`)
}
