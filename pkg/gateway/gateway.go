// Package gateway turns what invokes a function into a [Request] of a contract,
// and the contract's [Response] into what the invoker expects: API Gateway
// payloads 2.0 and 1.0, Function URLs, and a plain request object sent by another
// workflow. [Handler] is what Lambda and the local server run.
package gateway

import (
	"context"
	"strings"
	"time"
)

// Request is one call of a contract, whichever way it came.
type Request struct {
	Method   string
	Path     string // as it arrived, neither decoded nor cleaned
	Query    string // as it arrived, without "?"; of payload 1.0, which tells it decoded, in an encoding and order of our own
	Headers  map[string][]string
	Body     []byte
	Garbled  bool   // the body was said to be base64 and is not; Body is empty
	SourceIP string // from the request context, never from a header

	// Direct is set for a plain request object. Client is its clientId then; the
	// platform has authenticated the caller (IAM), and there are neither path nor
	// headers.
	Direct bool
	Client string
}

// Header returns the lines of a header, name in lower case. Payload 2.0 joins
// repeated lines by commas into one, and so there is one at the most.
func (r Request) Header(name string) []string { return r.Headers[name] }

// Response is a contract's answer.
type Response struct {
	Status  int
	Headers map[string]string
	Body    []byte // JSON
}

// Timeout bounds one call, whatever its dependencies do. It is below the
// functions' own timeout, so that the caller gets an answer and not a cut line,
// and below [otp.Lease].
const Timeout = 8 * time.Second

// Handler is a function: it implements [lambda.Handler].
type Handler struct {
	// Serve answers one request. It must be safe for concurrent use.
	Serve func(context.Context, Request) Response
}

// Invoke answers one event. It fails only for a payload that is none of the
// known shapes; the error says which are known.
func (h Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	shape, req, err := parse(payload)
	if err != nil {
		return nil, err
	}
	resp := h.Serve(ctx, req)
	if shape == direct {
		return resp.Body, nil
	}
	return encode(resp), nil
}

// lower returns headers with names in lower case.
func lower(single map[string]string, multi map[string][]string) map[string][]string {
	out := make(map[string][]string, max(len(single), len(multi)))
	for name, value := range single {
		out[strings.ToLower(name)] = []string{value}
	}
	lines := map[string][]string{}
	for name, values := range multi { // where there are both, this has every line
		name = strings.ToLower(name)
		lines[name] = append(lines[name], values...)
		out[name] = lines[name]
	}
	return out
}
