package secretsmanager

import (
	"context"
	"errors"
	"fmt"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// fault makes an error whose text is safe to log. It leaves the SDK's error
// behind: an answer that could not be read is in there, with the keys. Only
// that time ran out is kept, for errors.Is.
func (s *Secret) fault(operation string, err error) error {
	what := fmt.Sprintf("secretsmanager: %s of secret %s: %s", operation, s.id, reason(err))
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ended) {
			return fmt.Errorf("%s: %w", what, ended)
		}
	}
	return errors.New(what)
}

func reason(err error) string {
	var refused smithy.APIError
	var unread *smithy.DeserializationError
	var answer *awshttp.ResponseError
	var send interface{ ConnectionError() bool }
	switch {
	case errors.As(err, &unread):
		return "the answer could not be read" + request(err)
	case errors.As(err, &refused) && harmless[refused.ErrorCode()]:
		return refused.ErrorCode() + ": " + refused.ErrorMessage() + request(err)
	case errors.As(err, &refused):
		return refused.ErrorCode() + request(err)
	case errors.As(err, &send):
		return fmt.Sprint(send) // of the connection: no body is in it
	case errors.As(err, &answer):
		return "no answer of Secrets Manager" + request(err)
	}
	return "no answer"
}

// harmless are the codes whose message is about the account or the secret as a
// whole. An operator needs it: it says which action is not allowed, or what is not
// there. Other messages are left out: they may quote what was sent.
var harmless = map[string]bool{
	"AccessDeniedException":               true,
	"DecryptionFailure":                   true,
	"ExpiredTokenException":               true,
	"InvalidRequestException":             true, // marked for deletion
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
