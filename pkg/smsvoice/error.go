package smsvoice

import (
	"fmt"
	"log/slog"
	"strings"
)

// Error is the reason why a message was refused, or may not have been sent. It does not unwrap: the SDK's errors quote
// the number, and may quote the text.
type Error struct {
	Code      string // the service's exception; "" when it gave none
	Detail    string // its reason, such as DESTINATION_PHONE_NUMBER_OPTED_OUT; "" when it gave none
	Status    int    // HTTP status; 0 when no answer came
	RequestID string // AWS's, for a support case; "" when no answer came
	// Operator is true when the operator must act, because messages fail alike: an alarm is raised. It is false when
	// the number or a passing fault is the cause.
	Operator bool
	Reason   string // the cause and the remedy, in our own words
}

// Error names exception, reason, status, request and remedy.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("sms-voice: ")
	for _, part := range []string{e.Code, e.Detail} {
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

// LogValue logs the fields one by one, so that an alarm can filter on operator.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("code", e.Code),
		slog.String("detail", e.Detail),
		slog.Int("status", e.Status),
		slog.String("request", e.RequestID),
		slog.Bool("operator", e.Operator),
		slog.String("reason", e.Reason),
	)
}
