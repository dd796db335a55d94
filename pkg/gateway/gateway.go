// Package gateway turns what invokes a function into a [Request] of a contract,
// and the contract's [Response] into what the invoker expects. The shapes, one
// file each:
//
//   - HTTP: API Gateway payloads 2.0 (as of Function URLs) and 1.0, and ALB.
//   - A request object, the body's fields and clientId: Step Functions, SDK, CLI. They
//     must wait for the answer, as Lambda takes any for a success (docs/queues.md).
//   - A request object inside: in each record of an SQS batch, in an SNS
//     notification, in the detail of an EventBridge event.
//
// [Handler] is what Lambda and the local server run.
//
// Queues, topics and buses deliver at least once. That does no harm to requests
// with an id of their own (init, and trigger with a triggerRequestId): a repeat
// answers what the first one did, and sends nothing. It does to verify: each
// delivery is an attempt, and after a right code the next finds it used.
package gateway

import (
	"cmp"
	"context"
	"log/slog"
	"time"
)

// Request is one call of a contract, whichever way it came.
type Request struct {
	Method string
	Path   string // as it arrived, neither decoded nor cleaned
	// Query is as it arrived, without "?". Payload 1.0 and ALB tell no order, so
	// that it is ours; payload 1.0 tells it decoded, so that its encoding is ours too.
	Query    string
	Headers  map[string][]string
	Body     []byte
	Garbled  bool   // the body was said to be base64 and is not; Body is empty
	SourceIP string // from the request context, never from a header; "" with ALB, which has it in a header only

	// Direct is set for a request object, whether it came alone or inside of
	// another event. Client is its clientId then; the platform has authenticated
	// whoever may invoke the function or feed what does (IAM), and there are neither
	// path nor headers.
	Direct bool
	Client string
}

// Header returns the lines of a header, name in lower case. Payload 2.0 joins
// repeated lines by commas into one, ALB keeps the last one unless it is told to
// send several values, and so there is one at the most.
func (r Request) Header(name string) []string { return r.Headers[name] }

// Response is a contract's answer.
type Response struct {
	Status  int
	Headers map[string]string
	Body    []byte // JSON
	Unknown bool   // what became of the request is not known: the same one should come again
}

// Timeout bounds one call, whatever its dependencies do. It is below the
// functions' own timeout, so that the caller gets an answer and not a cut line,
// and below [otp.Lease]. A batch takes one call for each of its requests.
const Timeout = 8 * time.Second

// Handler is a function: it implements [lambda.Handler].
type Handler struct {
	// Serve answers one request. It must be safe for concurrent use.
	Serve func(context.Context, Request) Response
	// HTTPOnly is the error for request objects, alone or inside of another event; nil
	// where they are served. It says who serves them.
	HTTPOnly error
	// Log is told of what nobody gets an answer to, never of its content; nil is
	// [slog.Default].
	Log *slog.Logger
}

// Invoke answers one event. It fails for a payload that is not of exactly one of
// the known shapes, the error says which are known, and for a notification or an
// EventBridge event of which the outcome is not known, so that Lambda repeats it.
func (h Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, shape := parse(payload)
	if h.HTTPOnly != nil && shape != unknown && !shape.http() {
		return nil, h.HTTPOnly
	}
	switch shape {
	case payload2:
		return encode(h.call(ctx, e.payload2())), nil
	case payload1:
		return encode(h.call(ctx, e.payload1())), nil
	case alb:
		if r, ok := e.alb(); ok {
			return encodeALB(h.call(ctx, r), e.Multi != nil), nil
		}
	case direct:
		return h.call(ctx, e.object(payload)).Body, nil
	case records:
		if batch, ok := messages(e.Records); ok {
			return h.queue(ctx, batch), nil
		}
		if batch, ok := notifications(e.Records); ok {
			return h.topic(ctx, batch)
		}
	case eventBridge:
		if e, ok := detail(payload); ok {
			return h.bus(ctx, e)
		}
	}
	return nil, errShape
}

// call answers one request in its time.
func (h Handler) call(ctx context.Context, r Request) Response {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	return h.Serve(ctx, r)
}

func (h Handler) log() *slog.Logger { return cmp.Or(h.Log, slog.Default()) }
