package snssender

import (
	"fmt"
	"log/slog"
	"strings"
)

// Error is why a message was refused or may not have been sent. Unwrapping it
// gives nothing: the SDK's errors quote the number, and may quote the text.
type Error struct {
	Code      string // SNS's error code; "" when SNS gave none
	Status    int    // HTTP status; 0 when no answer came
	RequestID string // AWS's, for a support case; "" when no answer came
	// Operator is true when whoever runs the service must act, since every
	// message fails alike: raise an alarm. It is false when the number or the
	// weather is to blame.
	Operator bool
	Reason   string // what happened and what to do, in our own words
}

// Error names code, status, request and remedy.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("sns: ")
	if e.Code != "" {
		b.WriteString(e.Code + ": ")
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

// ForOperator is Operator, for those who do not know this type.
func (e *Error) ForOperator() bool { return e.Operator }

// LogValue logs the fields one by one, so that an alarm can filter on operator.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("code", e.Code),
		slog.Int("status", e.Status),
		slog.String("request", e.RequestID),
		slog.Bool("operator", e.Operator),
		slog.String("reason", e.Reason),
	)
}

// Code and request id come from outside. They are kept in the form that AWS
// gives them and in no other, so that no number or code comes along with them:
// AWS's error codes have no digits at all, one-time codes and numbers have
// nothing else.
var (
	codeForm    = form(`\A[A-Za-z][A-Za-z.]{0,63}\z`)
	requestForm = form(`\A[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\z`)
)

// kept returns s if it has the form, else other.
func kept(s string, form func(string) bool, other string) string {
	if form(s) {
		return s
	}
	return other
}
