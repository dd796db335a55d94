package eventbus

import (
	"errors"
	"fmt"
	"regexp"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// Error is why events were not taken. Its text is safe to log. The cause is there
// for errors.Is; its text may quote what was sent.
type Error struct {
	Code   string // EventBridge's error code; "" where it gave none
	Reason string

	cause error
}

func (e *Error) Error() string {
	if e.Code == "" {
		return "eventbridge: " + e.Reason
	}
	return "eventbridge: " + e.Code + ": " + e.Reason
}

func (e *Error) Unwrap() error { return e.cause }

// aboutAccess are the codes whose message is about the account: an operator needs
// it. Other messages may quote what was sent.
var aboutAccess = map[string]bool{
	"AccessDeniedException":       true,
	"ExpiredTokenException":       true,
	"ResourceNotFoundException":   true,
	"UnrecognizedClientException": true,
}

// describe makes the error of one call.
func describe(err error) error {
	var api smithy.APIError
	var unread *smithy.DeserializationError
	var send interface{ ConnectionError() bool }
	e := &Error{Reason: "the call failed", cause: err}
	switch {
	case errors.As(err, &unread):
		e.Reason = "the answer could not be read"
	case errors.As(err, &api):
		e.Code, e.Reason = kept(api.ErrorCode()), "the request was refused"
		if aboutAccess[e.Code] {
			e.Reason = api.ErrorMessage()
		}
	case errors.As(err, &send):
		e.Reason = fmt.Sprint(send) // address and network error
	}
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) {
		e.Reason += fmt.Sprintf(" (HTTP %d, request %s)", answer.HTTPStatusCode(), answer.ServiceRequestID())
	}
	return e
}

var codeForm = regexp.MustCompile(`\A[A-Za-z][A-Za-z.]{0,63}\z`)

// kept returns a code that has the form of AWS's.
func kept(code string) string {
	if codeForm.MatchString(code) {
		return code
	}
	return "a strange code"
}
