package telemetry

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"countersign/pkg/otp"
)

// Request is what is told of one request. It belongs to the goroutine that works
// on the request.
type Request struct {
	ID       string // Lambda's id of the invocation, which is in its own lines and in traces too; "" elsewhere
	Reply    string // the id that the answer names, of contracts that have one
	Contract string // "ams", "unimatrix" or "cognito"
	API      string // as in a client's list of APIs; "" for a path that is none
	Client   string // only of one that exists
	// Admitted: the client has proved who it is. Others are strangers, and must not
	// be able to fill the log.
	Admitted bool

	Result  string      // the contract's code
	Reason  string      // what Result stands for, where that is a number
	OK      bool        // Result says that all is well
	Outcome otp.Outcome // what became of it, "" for what the contract refuses itself
	Detail  string      // which rule the request breaks, in words of ours
	Mask    string      // of the number, see [countersign/pkg/phone.Mask]
	Country string      // of the number, ISO 3166-1 alpha-2
	AuthID  string      // the authenticationId
	Left    int         // attempts left, -1 where it is not known
	Wait    time.Duration

	Fault    string // where it failed, one word of a few; "" where nothing did
	Cause    string // why, or what the sender said
	Operator bool   // whoever runs the service must act: every message fails alike
	Trace    string // of a panic

	Sends   int           // messages that the sender took
	Sending time.Duration // of all calls to the sender
	Storing time.Duration // of all writes

	begun time.Time
}

type key struct{}

// Begin returns a context for the work on a request, and what will be told of it.
func Begin(ctx context.Context, now time.Time) (context.Context, *Request) {
	r := &Request{Left: -1, begun: now}
	if invocation, ok := lambdacontext.FromContext(ctx); ok {
		r.ID = invocation.AwsRequestID
	}
	return context.WithValue(ctx, key{}, r), r
}

// From returns the request of a context, or one that nobody hears of.
func From(ctx context.Context) *Request {
	if r, ok := ctx.Value(key{}).(*Request); ok {
		return r
	}
	return new(Request)
}

// Fail notes that the request could not be decided, and where: a word that is the
// same for all failures alike, as it names a metric.
func (r *Request) Fail(where string, cause error) {
	r.Fault = where
	r.explain(cause)
}

// Started notes what became of a message. where is for a failure before that.
func (r *Request) Started(where string, got otp.Started, err error) {
	if err != nil {
		r.Fail(where, err)
		return
	}
	r.Outcome, r.Wait = got.Outcome, got.Wait
	switch got.Outcome {
	case otp.Unclear:
		r.Fail("sender", got.Cause)
	default:
		r.explain(got.Cause)
	}
}

func (r *Request) explain(cause error) {
	if cause == nil {
		return
	}
	r.Cause = cause.Error()
	var told interface{ ForOperator() bool } // snssender.Error
	r.Operator = errors.As(cause, &told) && told.ForOperator()
}
