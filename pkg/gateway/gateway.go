// Package gateway turns what invokes a function into a [Request] of a contract, and the contract's [Response]
// into what the invoker expects. The shapes, one file each:
//
//   - HTTP: API Gateway payloads 2.0 (as of Function URLs) and 1.0, and ALB.
//   - A request object, which has clientId and the fields of the body: Step Functions, SDK, CLI. Callers must
//     wait for the answer, because to Lambda every answer is a success (docs/queues.md).
//   - A request object inside another event: in each record of an SQS batch, in an SNS notification, in the
//     detail of an EventBridge event.
//
// Lambda and the local server run a [Handler].
//
// Queues, topics and buses deliver at least once. That does no harm to a request with an id of its own (init,
// and trigger with a triggerRequestId): a repeat gets the answer of the first delivery and sends nothing. It
// does harm to verify: each delivery is an attempt, and the delivery after a right code finds the code used.
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
	Prefix string // the beginning of Path that a gateway in front added, see [Request.Route]
	// Query is as it arrived, without "?". Payload 1.0 and ALB lose the order of parameters, so we sort by
	// name. Payload 1.0 also decodes the parameters, so we encode them again.
	Query    string
	Headers  map[string][]string
	Body     []byte
	Garbled  bool   // the event declares the body as base64 and it is not; Body is empty
	SourceIP string // from the request context, never from a header; "" with ALB, which has it in a header only

	// Direct is set for a request object, whether it came alone or inside another event. Client is then its clientId.
	// IAM has authenticated the caller, who may invoke the function or write to its queue, topic or bus. There are
	// neither path nor headers.
	Direct bool
	Client string
}

// Header returns the lines of a header; name is in lower case. Payload 2.0 joins repeated lines by commas.
// ALB keeps only the last line, unless the target group is set to send several values.
func (r Request) Header(name string) []string { return r.Headers[name] }

// Response is a contract's answer.
type Response struct {
	Status  int
	Headers map[string]string
	Body    []byte // JSON
	Unknown bool   // the outcome is not known: the same request should come again
}

// Timeout bounds one call, whatever its dependencies do. It is shorter than the functions' own timeout, so
// that the caller gets an answer and not a broken connection, and shorter than [otp.Lease]. A batch is one
// call for each of its requests.
const Timeout = 8 * time.Second

// Handler is a function: it implements [lambda.Handler].
type Handler struct {
	// Serve answers one request. It must be safe for concurrent use.
	Serve func(context.Context, Request) Response
	// HTTPOnly is the error for request objects, alone or inside another event. It names the function that serves them;
	// nil means that this one does.
	HTTPOnly error
	// Prefixes are cut off the paths of HTTP requests before they are routed.
	Prefixes Prefixes
	// Log gets a line about each request object that gets no answer, never with its content; nil is [slog.Default].
	Log *slog.Logger
}

// Invoke answers one event. It fails for a payload that does not have exactly one of the known shapes; the error names
// them. It also fails for a notification or an EventBridge event whose outcome is not known, so that Lambda repeats it.
func (h Handler) Invoke(ctx context.Context, payload []byte) ([]byte, error) {
	e, shape := parse(payload)
	if h.HTTPOnly != nil && shape != unknown && !shape.http() {
		return nil, h.HTTPOnly
	}
	switch shape {
	case payload2:
		return encode(httpReply(h.call(ctx, e.payload2()))), nil
	case payload1:
		return encode(httpReply(h.call(ctx, e.payload1()))), nil
	case alb:
		if r, ok := e.alb(); ok {
			return encode(albReply(h.call(ctx, r), e.Multi != nil)), nil
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

// call answers one request within [Timeout].
func (h Handler) call(ctx context.Context, r Request) Response {
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	if !r.Direct {
		r.Prefix = h.Prefixes.Of(r.Path)
	}
	return h.Serve(ctx, r)
}

func (h Handler) log() *slog.Logger { return cmp.Or(h.Log, slog.Default()) }
