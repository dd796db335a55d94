package snssender

import (
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"
)

// codes has the error codes by their meaning. classify.go has the meanings by their code.
var codes = []struct {
	want     otp.Delivery
	operator bool
	another  bool // another service may take the message
	codes    []string
}{
	{otp.Refused, false, false, []string{"OptedOut"}},
	{otp.Refused, true, true, []string{
		"AccessDenied", "AccessDeniedException", "AuthorizationError", "EndpointDisabled", "IncompleteSignature",
		"InvalidAction", "InvalidClientTokenId", "InvalidParameter", "InvalidParameterCombination",
		"InvalidParameterValue", "InvalidQueryParameter", "InvalidSecurity", "KMSAccessDenied", "KMSDisabled",
		"KMSInvalidState", "KMSNotFound", "KMSOptInRequired", "MalformedQueryString", "MissingAction",
		"MissingAuthenticationToken", "MissingParameter", "NotAuthorized", "NotFound", "OptInRequired",
		"ParameterValueInvalid", "PlatformApplicationDisabled", "SignatureDoesNotMatch",
		"UnknownOperationException", "UnrecognizedClientException", "UserError", "ValidationError",
		"ValidationException",
	}},
	{otp.MaybeSent, false, true, []string{
		"KMSThrottling", "Throttled", "ThrottledException", "Throttling", "ThrottlingException",
	}},
	{otp.MaybeSent, false, false, []string{"InternalError", "InternalFailure", "ServiceUnavailable"}},
	{otp.MaybeSent, true, false, []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired"}},
}

func TestEveryCode(t *testing.T) {
	var all []sendertest.Refusal
	for _, group := range codes {
		for _, code := range group.codes {
			all = append(all, sendertest.Refusal{
				Answer: awsfake.FailSNSWith(400, code, "Invalid parameter: Message Reason: it says (%s, %s)"),
				Code:   code, Delivery: group.want, Operator: group.operator, Another: group.another,
			})
		}
	}
	if len(all) != len(rules) {
		t.Errorf("%d codes tested, %d in the table", len(all), len(rules))
	}
	service.TestRefusals(t, all)
}

// SNS has one code for a bad number and for a bad setting. Only the latter is
// worth an alarm, or strangers could raise it by typing.
func TestWhoIsToBlame(t *testing.T) {
	var all []sendertest.Refusal
	for words, operator := range map[string]bool{
		"Invalid parameter: PhoneNumber Reason: %s is not valid to publish to":  false,
		"Invalid parameter: AWS.SNS.SMS.SenderID Reason: not a valid sender ID": true,
	} {
		for _, code := range []string{"InvalidParameter", "ParameterValueInvalid", "ValidationException"} {
			all = append(all, sendertest.Refusal{
				Answer: awsfake.FailSNSWith(400, code, words), Code: code, Delivery: otp.Refused, Operator: operator,
				Another: operator,
			})
		}
	}
	service.TestRefusals(t, all)
}

// An error that a new version of the SDK knows of must get a row.
func TestEveryErrorOfTheSDKHasARow(t *testing.T) {
	known := sendertest.SDKErrors(t,
		"github.com/aws/aws-sdk-go-v2/service/sns", "awsAwsquery_deserializeOpErrorPublish")
	if len(known) < 15 {
		t.Fatalf("only %d errors found in the SDK's source: %v", len(known), known)
	}
	for _, code := range known {
		if _, ok := rules[code]; !ok {
			t.Errorf("the SDK knows the error %s of Publish, classify.go does not", code)
		}
	}
}
