package secretsmanager

import (
	"context"
	"errors"
	"fmt"

	"countersign/pkg/awsclient"
)

// fault makes an error whose text is safe to log. It drops the SDK's error, because that may hold an answer with the
// keys. It keeps only that time ran out, for errors.Is, and what AWS refused, for [awsclient.RefusedOf].
func (s *Secret) fault(operation string, err error) error {
	// The messages of both codes are for the operator: the KMS key cannot be used, or the secret is marked for
	// deletion.
	reason := awsclient.Describe(err, "DecryptionFailure", "InvalidRequestException")
	text := fmt.Sprintf("secretsmanager: %s of secret %s: %s", operation, s.id, reason)
	for _, ended := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, ended) {
			return fmt.Errorf("%s: %w", text, ended)
		}
	}
	if r := awsclient.RefusedOf(err); r != nil {
		return &refused{text, r}
	}
	return errors.New(text)
}

// refused is the error of a call that AWS refused.
type refused struct {
	text  string
	cause *awsclient.Refused
}

func (r *refused) Error() string { return r.text }
func (r *refused) Unwrap() error { return r.cause }
