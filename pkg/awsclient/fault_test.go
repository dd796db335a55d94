package awsclient_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/aws/smithy-go"

	"countersign/pkg/awsclient"
)

// A description has the code, and the message only where it is about the account; it never quotes anything else.
func TestDescribe(t *testing.T) {
	refused := func(code string) error {
		return fmt.Errorf("operation: %w", &smithy.GenericAPIError{Code: code, Message: "canary"})
	}
	for _, c := range []struct {
		err  error
		want string
	}{
		{refused("ValidationException"), "ValidationException"},
		{refused("AccessDeniedException"), "AccessDeniedException: canary"},
		{refused("DecryptionFailure"), "DecryptionFailure: canary"},
		{refused("Code 123456"), "a strange code"},
		{refused(""), "a strange code"},
		{refused(strings.Repeat("x", 65)), "a strange code"},
		{&smithy.DeserializationError{Err: errors.New("canary")}, "the answer could not be read"},
		{fmt.Errorf("canary: %w", context.Canceled), "no answer: context canceled"},
		{fmt.Errorf("canary: %w", context.DeadlineExceeded), "no answer: context deadline exceeded"},
		{fmt.Errorf("canary: %w", io.ErrUnexpectedEOF), "no answer [*errors.errorString]"},
	} {
		if got := awsclient.Describe(c.err, "DecryptionFailure"); got != c.want {
			t.Errorf("%v: %q, want %q", c.err, got, c.want)
		}
		if err := awsclient.Fault("Call", c.err); !errors.Is(err, c.err) || !strings.HasPrefix(err.Error(), "Call: ") {
			t.Errorf("%v has lost its call or its cause", err)
		}
	}
}
