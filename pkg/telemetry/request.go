package telemetry

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// Request is the record of one request, and becomes its line. It belongs to the goroutine that works on the request.
type Request struct {
	ID       string // Lambda's id of the invocation, also in Lambda's own lines and in traces; "" elsewhere
	Reply    string // the id in the answer, in contracts that have one
	Contract string // "ams", "unimatrix" or "cognito"
	API      string // as in a client's list of APIs; "" for an unknown path
	Client   string // only of a client that exists
	Source   string // address that the request came from, "" if that is not known; no line has that of a client
	// IDIsKey is set if the client's id, which this line shows, is a secret of the client.
	IDIsKey bool
	// Admitted is set once the client has proved its identity. Others are strangers, and must not fill the log.
	Admitted bool

	Result  string      // the contract's code
	Reason  string      // the meaning of Result, where that is a number
	OK      bool        // Result is a success
	Outcome otp.Outcome // of the domain, "" for a request that the contract refuses itself
	Detail  string      // the rule that the request breaks, in our words
	// Explain finds Detail where that takes longer. It is called for a line that is written, so a stranger cannot have
	// it called often.
	Explain func() string
	Mask    string // of the number, see [countersign/pkg/phone.Mask]
	Country string // of the number, ISO 3166-1 alpha-2
	AuthID  string // the authenticationId
	Test    bool   // of a test number: nothing is sent, and no metric counts it with others
	Payment bool   // the request names a payment; no line has what it is
	// Password is the kind of the user's password that the request is about, "" for a code. No line has the password.
	Password string
	Left     int // attempts left, -1 if not known
	Wait     time.Duration

	Fault    string // where it failed, one of a few words; "" if nothing failed
	Cause    string // of the fault, of the sender's refusal, or why no password can pass
	Operator bool   // the operator must act, because every message fails in the same way
	Service  string // that the message was handed to, where a process has several
	Trace    string // of a panic
	// NoReceipt is why the receipt of the latest message could not be read; the message went out all the same.
	NoReceipt string

	// Verdict is that of the guard on the message, zero if it was not asked.
	Verdict guard.Verdict

	QuotaLow bool // four fifths of the client's messages of the day are reserved
	QuotaOut bool // all of them are, so that no message goes out

	Parts   int           // that the latest message has, as networks bill them; 0 if none was written
	Sends   int           // messages that the sender accepted
	Sending time.Duration // of all calls to the sender
	Storing time.Duration // of all writes

	begun    time.Time
	fellOver string // see FellOver
}

type key struct{}

// Begin returns a context for the work on a request, and its record.
func Begin(ctx context.Context, now time.Time) (context.Context, *Request) {
	r := &Request{Left: -1, begun: now}
	if invocation, ok := lambdacontext.FromContext(ctx); ok {
		r.ID = invocation.AwsRequestID
	}
	return context.WithValue(ctx, key{}, r), r
}

// From returns the record of a context, or one that is never written.
func From(ctx context.Context) *Request {
	if r, ok := ctx.Value(key{}).(*Request); ok {
		return r
	}
	return new(Request)
}

// Fail notes that the request could not be decided. where is one of a few words, because it is a dimension of a metric.
func (r *Request) Fail(where string, cause error) {
	r.Fault = where
	r.explain(cause)
}

// Started notes the outcome of a message, or a failure: see [Request.Fail] for where.
func (r *Request) Started(where string, got otp.Started, err error) {
	if err != nil {
		r.Fail(where, err)
		return
	}
	r.Outcome, r.Wait, r.Verdict = got.Outcome, got.Wait, got.Guard
	if got.Outcome == otp.Sent {
		r.Test = got.Test
	}
	if got.Outcome == otp.Unclear && got.Wait == 0 { // with a wait, the sender was not asked
		r.Fault = "sender"
	}
	r.explain(got.Cause)
}

// explained calls Explain. The answer is made already, so a panic is not worth a process.
func (r *Request) explained() (detail string) {
	defer func() {
		if panicked := recover(); panicked != nil {
			detail = fmt.Sprintf("the reason cannot be found: panic with a value of type %T", panicked)
		}
	}()
	return r.Explain()
}

func (r *Request) explain(cause error) {
	if cause == nil {
		return
	}
	r.Cause = cause.Error()
	if r.fellOver != "" && !strings.Contains(r.Cause, r.fellOver) {
		r.Cause = r.fellOver + "; " + r.Cause
	}
	var sender interface{ ForOperator() bool } // awssender.Error
	r.Operator = r.Operator || errors.As(cause, &sender) && sender.ForOperator()
}

// FellOver notes that a service refused the message, and that it was handed to another one. The line shows the cause
// whatever the other one answers, because the operator must see it.
func (r *Request) FellOver(cause error) {
	r.explain(cause)
	r.fellOver = r.Cause
}
