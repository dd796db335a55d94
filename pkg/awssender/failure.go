// Package awssender has what the senders of AWS share: an outcome, and a reason in our own words, for each way in
// which a request can fail.
package awssender

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"

	"countersign/pkg/awsclient"
	"countersign/pkg/otp"
)

// Error is the reason why a message was refused, or may not have been sent. It does not unwrap: the SDK's errors
// quote the number, and may quote the text.
type Error struct {
	Sender    string // its name in the text, such as "sns"
	Code      string // the service's error code; "" when it gave none
	Detail    string // its reason, such as DESTINATION_PHONE_NUMBER_OPTED_OUT; "" when it gave none
	Status    int    // HTTP status; 0 when no answer came
	RequestID string // AWS's, for a support case; "" when no answer came
	// Operator is true when the operator must act, because messages fail alike: an alarm is raised. It is false when
	// the number or a passing fault is the cause.
	Operator bool
	// Another is true when another service may take the message: it is certain that this one did not, and the number
	// is not the cause.
	Another bool
	Reason  string // the cause and the remedy, in our own words
}

// Error names code, detail, status, request and remedy.
func (e *Error) Error() string {
	var b strings.Builder
	for _, part := range []string{e.Sender, e.Code, e.Detail} {
		if part != "" {
			b.WriteString(part + ": ")
		}
	}
	b.WriteString(e.Reason)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (HTTP %d", e.Status)
		if e.RequestID != "" {
			b.WriteString(", request " + e.RequestID)
		}
		b.WriteString(")")
	}
	return b.String()
}

// ForOperator returns Operator, for callers that do not import this package.
func (e *Error) ForOperator() bool { return e.Operator }

// ForAnother returns Another, for callers that do not import this package.
func (e *Error) ForAnother() bool { return e.Another }

// LogValue logs the fields one by one, so that an alarm can filter on operator.
func (e *Error) LogValue() slog.Value {
	all := []slog.Attr{slog.String("code", e.Code)}
	if e.Detail != "" {
		all = append(all, slog.String("detail", e.Detail))
	}
	return slog.GroupValue(append(all,
		slog.Int("status", e.Status),
		slog.String("request", e.RequestID),
		slog.Bool("operator", e.Operator),
		slog.String("reason", e.Reason),
	)...)
}

// Rule is the meaning of a refusal.
type Rule struct {
	Delivery otp.Delivery
	Operator bool
	// NotSent marks a MaybeSent that is certain not to be sent, and may be when it is tried again.
	NotSent bool
	Reason  string
}

// Another reports whether another service may take a message that this rule refuses. One that the number is the cause
// of would reach a person who has opted out, or cost more than the operator allows.
func (r Rule) Another() bool { return r.NotSent || r.Delivery == otp.Refused && r.Operator }

// Refusal is a service's refusal by its own words, and its meaning.
type Refusal struct {
	Code, Detail string
	Rule         Rule
}

// Classifier classifies the failures of one sender.
type Classifier struct {
	Sender  string // its name in the text, such as "sns"
	Service string // its name for people
	Timeout time.Duration
	Refusal func(api smithy.APIError, err error) Refusal
}

// Failed returns the outcome of a request that failed.
func (c Classifier) Failed(err error) (otp.Delivery, string, error) {
	e := &Error{Sender: c.Sender}
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) {
		e.Status = answer.HTTPStatusCode()
		e.RequestID = awsclient.RequestID(answer.RequestID)
	}
	const noCode = "UnknownError" // the SDK's word for an answer without an error code
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() == noCode {
		e.Reason, e.Operator = awsclient.Unanswered(c.Service, c.Timeout, err, e.Status)
		return otp.MaybeSent, "", e
	}
	r := c.Refusal(api, err)
	refusal := e.Status >= 400 && e.Status <= 499
	if r.Rule.Delivery == otp.Refused && !refusal {
		r.Rule = Unknown // a refusal that does not come as one
	}
	e.Code, e.Detail = awsclient.Code(r.Code), r.Detail
	e.Reason, e.Operator, e.Another = r.Rule.Reason, r.Rule.Operator, refusal && r.Rule.Another()
	return r.Rule.Delivery, "", e
}

// Accepted requires the id that the service gives to every message it takes: a 200 without one comes from another
// server on the way.
func (c Classifier) Accepted(messageID *string, metadata middleware.Metadata) (otp.Delivery, string, error) {
	if messageID != nil && *messageID != "" {
		return otp.Accepted, *messageID, nil
	}
	id, _ := awsmiddleware.GetRequestIDMetadata(metadata)
	return otp.MaybeSent, "", &Error{
		Sender:    c.Sender,
		Status:    200,
		RequestID: awsclient.RequestID(id),
		Reason:    "a success without a message id; check endpoint and proxy",
	}
}
