package awsclient

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// fault is an error whose text is safe to log. The text of its cause may quote what was sent.
type fault struct {
	text  string
	cause error
}

func (f *fault) Error() string { return f.text }
func (f *fault) Unwrap() error { return f.cause }

// Fault returns the error of a call that failed. Its text is call, such as "PutItem on table t", and [Describe]'s
// text, so that it is safe to log. It unwraps to cause for errors.Is and errors.As; the cause is not safe to log.
func Fault(call string, cause error) error {
	return &fault{text: call + ": " + Describe(cause), cause: cause}
}

// Describe returns the reason why a call of AWS failed, in a text that is safe to log: AWS's error code, the HTTP
// status, and the request id that AWS support asks for.
//
// AWS's own message may quote the request. It is in the text only for codes whose message is about the account or the
// resource as a whole, because an operator needs it: it names the action that is not allowed, or the resource that is
// not there. more are further such codes of the service that was called.
func Describe(err error, more ...string) string {
	var api smithy.APIError
	var unread *smithy.DeserializationError
	var send interface{ ConnectionError() bool }
	var answer *awshttp.ResponseError
	var text string
	answered := errors.As(err, &answer)
	switch {
	case errors.As(err, &unread):
		text = "the answer could not be read"
	case errors.As(err, &api):
		text = Code(api.ErrorCode())
		if slices.Contains(aboutAccess, text) || slices.Contains(more, text) {
			text += ": " + api.ErrorMessage()
		}
	case errors.As(err, &send):
		return fmt.Sprint(send) // address and network error
	case answered:
		text = "an answer that is not the service's"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "no answer: " + ended(err).Error()
	default:
		return fmt.Sprintf("no answer [%T]", root(err))
	}
	if answered {
		text += fmt.Sprintf(" (HTTP %d, request %s)", answer.HTTPStatusCode(), answer.ServiceRequestID())
	}
	return text
}

// aboutAccess are the codes whose message every service may log.
var aboutAccess = []string{
	"AccessDeniedException", "ExpiredTokenException", "MissingAuthenticationTokenException",
	"ResourceNotFoundException", "UnrecognizedClientException",
}

// Code returns an error code of AWS's, or "a strange code" where it lacks the form of AWS's codes: letters and dots,
// at most 64. One-time codes and phone numbers are digits, so none is ever in it.
func Code(code string) string {
	other := func(r rune) bool { return r != '.' && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') }
	if code == "" || len(code) > 64 || strings.ContainsFunc(code, other) {
		return "a strange code"
	}
	return code
}

// ended returns the error of a context that is part of err.
func ended(err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	return context.DeadlineExceeded
}

// root returns the innermost error of err.
func root(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}
