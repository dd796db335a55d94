package dynamotest

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"net/http"
	"strings"
	"sync"
)

// Fault is the fate of one request.
type Fault int

const (
	// Through: the request is applied and answered.
	Through Fault = iota
	// Lost: the connection breaks before the request is applied.
	Lost
	// AnswerLost: the request is applied and the connection breaks before an answer.
	AnswerLost
	// AnswerCut: the request is applied and the connection breaks in the middle of
	// the answer.
	AnswerCut
	// Hung: the request is not applied, and there is no answer until the caller gives up.
	Hung
	// AnswerHung: the request is applied. Its answer begins and never ends.
	AnswerHung
	// Throttled: the table refuses the request for lack of capacity. It is not applied.
	Throttled
	// Failed: the table answers HTTP 500. The request is not applied.
	Failed
)

// Plan returns the fault of the n-th request, counted from 1. It may be called
// concurrently.
type Plan func(n int, operation string) Fault

// Always gives every request the same fault.
func Always(f Fault) Plan { return func(int, string) Fault { return f } }

// Wire carries requests, counts them and gives them faults. [NewWire] makes one. It is safe
// for concurrent use.
type Wire struct {
	// Next carries the requests that are not lost. It may be set before the first request.
	Next http.RoundTripper

	mu     sync.Mutex
	plan   Plan
	n      int
	counts map[string]int
}

// NewWire returns a wire that carries requests to their own addresses.
func NewWire(plan Plan) *Wire {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	w := &Wire{Next: transport}
	w.Follow(plan)
	return w
}

// Follow begins another plan and counts from 0 again.
func (w *Wire) Follow(plan Plan) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.plan, w.n, w.counts = plan, 0, map[string]int{}
}

// Counts returns the number of requests of each operation, such as "UpdateItem". It
// includes lost ones.
func (w *Wire) Counts() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.counts)
}

// Total returns the number of all requests, with lost ones.
func (w *Wire) Total() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.n
}

// note counts a request and returns its fault.
func (w *Wire) note(r *http.Request) Fault {
	_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	w.mu.Lock()
	w.n++
	w.counts[operation]++
	n, plan := w.n, w.plan
	w.mu.Unlock()
	return plan(n, operation)
}

// RoundTrip implements [http.RoundTripper].
func (w *Wire) RoundTrip(r *http.Request) (*http.Response, error) {
	f := w.note(r)
	switch f {
	case Through, AnswerLost, AnswerCut, AnswerHung:
		return w.forward(r, f)
	}
	sent, err := io.ReadAll(r.Body)
	if err := errors.Join(err, r.Body.Close()); err != nil {
		return nil, err
	}
	switch f {
	case Hung:
		<-r.Context().Done()
		return nil, r.Context().Err()
	case Throttled:
		return refusal(r, http.StatusBadRequest, "ProvisionedThroughputExceededException", sent), nil
	case Failed:
		return refusal(r, http.StatusInternalServerError, "InternalServerError", sent), nil
	default:
		return nil, errBroken
	}
}

var errBroken = errors.New("wire: the connection broke")

// forward sends the request on and spoils its answer.
func (w *Wire) forward(r *http.Request, f Fault) (*http.Response, error) {
	resp, err := w.Next.RoundTrip(r)
	if err != nil || f == Through {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	if err := errors.Join(err, resp.Body.Close()); err != nil {
		return nil, err
	}
	half := bytes.NewReader(body[:len(body)/2])
	switch f {
	case AnswerCut:
		resp.Body = io.NopCloser(io.MultiReader(half, ending(func() error { return io.ErrUnexpectedEOF })))
	case AnswerHung:
		never := ending(func() error { <-r.Context().Done(); return r.Context().Err() })
		resp.Body = io.NopCloser(io.MultiReader(half, never))
	default:
		return nil, errBroken
	}
	return resp, nil
}

// ending is a body without a byte: to read it is an error.
type ending func() error

func (e ending) Read([]byte) (int, error) { return 0, e() }

// refusal returns an error answer in DynamoDB's form. Its message quotes the request, as a
// message of DynamoDB may do.
func refusal(r *http.Request, status int, code string, sent []byte) *http.Response {
	body, err := json.Marshal(map[string]string{
		"__type": "com.amazonaws.dynamodb.v20120810#" + code, "message": string(sent),
	})
	if err != nil {
		panic(err) // strings always marshal
	}
	return &http.Response{
		StatusCode: status, Status: http.StatusText(status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/x-amz-json-1.0"}, "X-Amzn-Requestid": {"WIRE"}},
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)), Request: r,
	}
}
