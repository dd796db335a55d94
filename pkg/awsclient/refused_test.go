package awsclient_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/aws/smithy-go"

	"countersign/pkg/awsclient"
)

// What AWS refused is known by its code, and a missing permission by its name; nothing else of the message is kept.
func TestRefusedOf(t *testing.T) {
	for name, c := range map[string]struct {
		code, message string
		want          awsclient.Refused
	}{
		"a permission": {
			"AccessDeniedException", "User: arn:aws:sts::123456789012:assumed-role/reader/me is not authorized to " +
				"perform: dynamodb:GetItem on resource: arn:aws:dynamodb:eu-west-1:123456789012:table/x because no " +
				"identity-based policy allows the dynamodb:GetItem action",
			awsclient.Refused{Code: "AccessDeniedException", Action: "dynamodb:GetItem"},
		},
		"the key of a secret": {
			"AccessDeniedException", "Access to KMS is not allowed",
			awsclient.Refused{Code: "AccessDeniedException", Action: "kms:Decrypt"},
		},
		"no permission named": {
			"AccessDeniedException", "no", awsclient.Refused{Code: "AccessDeniedException"},
		},
		"expired": {
			"ExpiredTokenException", "The security token included in the request is expired",
			awsclient.Refused{Code: "ExpiredTokenException"},
		},
		"another code": {
			"ThrottlingException", "not authorized to perform: dynamodb:GetItem",
			awsclient.Refused{Code: "ThrottlingException"},
		},
		"a strange code": {"123456 <b>", "+60123456789", awsclient.Refused{Code: "a strange code"}},
	} {
		cause := awsclient.Fault("Call", &smithy.GenericAPIError{Code: c.code, Message: c.message})
		if got := awsclient.RefusedOf(fmt.Errorf("page: %w", cause)); got == nil || *got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
		if got := awsclient.RefusedOf(fmt.Errorf("page: %w", &c.want)); got == nil || *got != c.want {
			t.Errorf("%s, kept: %v, want %v", name, got, c.want)
		}
	}
	if got := awsclient.RefusedOf(errors.New("no answer")); got != nil {
		t.Errorf("%v of an error that is no answer", got)
	}
}
