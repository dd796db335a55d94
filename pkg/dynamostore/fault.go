package dynamostore

import (
	"errors"
	"fmt"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// fault is an error whose text is safe to log: it says what was tried and what
// was answered, in words that hold no attribute values. The cause is there for
// errors.Is and errors.As; its text may quote what was sent.
type fault struct {
	what  string
	cause error
}

func (f *fault) Error() string { return f.what }
func (f *fault) Unwrap() error { return f.cause }

// Describe makes the error of one call on a table, for package streams too. Its text
// is safe to log.
func Describe(operation, table string, err error) error {
	return &fault{what: fmt.Sprintf("%s on table %s: %s", operation, table, reason(err)), cause: err}
}

func reason(err error) string {
	var api smithy.APIError
	var unread *smithy.DeserializationError
	var send interface{ ConnectionError() bool }
	switch {
	case errors.As(err, &unread):
		return "the answer could not be read" + request(err)
	case errors.As(err, &api) && aboutAccess[api.ErrorCode()]:
		return api.ErrorCode() + ": " + api.ErrorMessage() + request(err)
	case errors.As(err, &api):
		return api.ErrorCode() + request(err)
	case errors.As(err, &send):
		return fmt.Sprint(send)
	}
	return err.Error()
}

// aboutAccess are the codes whose message is about the account or the table. An
// operator needs it: it says which action is not allowed, or what is not there.
// Other messages are left out: they may quote the values of the request, and
// their code says enough.
var aboutAccess = map[string]bool{
	"AccessDeniedException":               true,
	"ExpiredTokenException":               true,
	"MissingAuthenticationTokenException": true,
	"ResourceNotFoundException":           true,
	"UnrecognizedClientException":         true,
}

// request names the answer for AWS support.
func request(err error) string {
	var answer *awshttp.ResponseError
	if !errors.As(err, &answer) {
		return ""
	}
	return fmt.Sprintf(" (HTTP %d, request %s)", answer.HTTPStatusCode(), answer.ServiceRequestID())
}
