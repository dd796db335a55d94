package standin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Answer is the answer of a function to an event.
type Answer struct {
	// Body is the answer. If Failed, it is an object with errorMessage and errorType.
	Body   []byte
	Failed bool
}

// invocation is an event on its way.
type invocation struct {
	id     string
	event  []byte
	answer chan Answer // room for one
}

// function is one function's side of the Runtime API.
type function struct {
	name    string
	path    string // the first segment of its path
	timeout time.Duration
	now     func() time.Time
	calls   chan *invocation
	ready   chan struct{} // closed when the function asks for its first event
	isReady sync.Once
	failed  chan Answer   // room for one: the body of the function's POST to init/error
	ended   chan struct{} // closed when its process is over

	mu      sync.Mutex
	count   int
	running map[string]*invocation
}

func newFunction(name string, now func() time.Time) *function {
	return &function{
		name: name, timeout: cmp.Or(timeouts[name], Timeout), now: now,
		calls: make(chan *invocation), ready: make(chan struct{}),
		failed: make(chan Answer, 1), ended: make(chan struct{}),
		running: map[string]*invocation{},
	}
}

// enter makes an invocation.
func (f *function) enter(event []byte) *invocation {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	i := &invocation{
		id:     fmt.Sprintf("00000000-0000-4000-8000-%012x", f.count),
		event:  event,
		answer: make(chan Answer, 1),
	}
	f.running[i.id] = i
	return i
}

// leave ends an invocation, answered or not. It returns nil for an unknown id.
func (f *function) leave(id string) *invocation {
	f.mu.Lock()
	defer f.mu.Unlock()
	i := f.running[id]
	delete(f.running, id)
	return i
}

// invoke sends an event to the function and waits for its answer, until ctx, the function or its time ends.
func (f *function) invoke(ctx context.Context, event []byte) (Answer, error) {
	i := f.enter(event)
	defer f.leave(i.id)
	calls := f.calls
	var late <-chan time.Time
	for {
		select {
		case calls <- i:
			calls, late = nil, time.After(f.timeout)
		case <-late:
			return Answer{}, fmt.Errorf("function %s gave no answer: it is stopped after %s, as in Lambda",
				f.name, f.timeout)
		case a := <-i.answer:
			return a, nil
		case a := <-f.failed:
			return a, fmt.Errorf("function %s failed to start: %s", f.name, a.Body)
		case <-f.ended:
			return i.last()
		case <-ctx.Done():
			return Answer{}, fmt.Errorf("function %s gave no answer: %w", f.name, context.Cause(ctx))
		}
	}
}

// last returns the answer that the function gave before it ended, if any.
func (i *invocation) last() (Answer, error) {
	select {
	case a := <-i.answer:
		return a, nil
	default:
		return Answer{}, errEnded
	}
}

// next serves GET invocation/next: it waits for an event, for as long as it takes.
func (f *function) next(w http.ResponseWriter, req *http.Request) {
	f.isReady.Do(func() { close(f.ready) })
	select {
	case <-req.Context().Done():
	case i := <-f.calls:
		h := w.Header()
		h.Set("Content-Type", "application/json")
		h.Set("Lambda-Runtime-Aws-Request-Id", i.id)
		h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(f.now().Add(f.timeout).UnixMilli(), 10))
		h.Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:"+region+":123456789012:function:"+f.name)
		h.Set("Lambda-Runtime-Trace-Id", "Root=1-00000000-000000000000000000000000;Sampled=0")
		w.Write(i.event)
	}
}

// answer serves the function's POST of an answer.
func (f *function) answer(w http.ResponseWriter, req *http.Request, id string, failed bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	var large *http.MaxBytesError
	if err != nil && !errors.As(err, &large) {
		return // the function went away
	}
	i := f.leave(id)
	switch {
	case i == nil:
		refuse(w, http.StatusBadRequest, "InvalidRequestID", "no such invocation is under way")
	case large != nil:
		refuse(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "an answer has 6 MB at the most")
		i.answer <- oversize
	default:
		thank(w)
		i.answer <- Answer{body, failed}
	}
}

// initError serves the function's POST of the reason why it cannot start.
func (f *function) initError(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, req.Body, maxBody))
	if err != nil {
		return
	}
	thank(w)
	select {
	case f.failed <- Answer{body, true}:
	default: // one error is enough
	}
}
