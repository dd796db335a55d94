package smsvoice

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"

	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"
)

// refusals has the refusals by their meaning: an exception, or an exception and a reason. classify.go has the meanings
// by their refusal.
var refusals = []struct {
	want     otp.Delivery
	operator bool
	another  bool // another service may take the message
	texts    []string
}{
	{otp.Refused, false, false, []string{
		"ConflictException/DESTINATION_PHONE_NUMBER_OPTED_OUT",
		"ConflictException/DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION",
		"ConflictException/DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE",
		"ValidationException/DESTINATION_COUNTRY_BLOCKED", "ValidationException/PRICE_OVER_THRESHOLD",
	}},
	{otp.Refused, true, true, []string{
		"ConflictException/DESTINATION_PHONE_NUMBER_NOT_VERIFIED", "ConflictException/NO_ORIGINATION_IDENTITIES_FOUND",
		"ConflictException/MESSAGE_TYPE_MISMATCH", "ConflictException/RESOURCE_NOT_ACTIVE",
		"ConflictException/NUMBER_CAPABILITIES_MISMATCH",
		"ValidationException/INVALID_IDENTITY_FOR_DESTINATION_COUNTRY",
		"ValidationException/INTERNATIONAL_SENDING_NOT_SUPPORTED", "ValidationException/COUNTRY_CODE_MISMATCH",
		"ValidationException/COUNTRY_NOT_ENABLED", "ValidationException/CHANNEL_NOT_ENABLED",
		"ValidationException/SENDER_ID_NOT_REGISTERED", "ValidationException/SENDER_ID_NOT_SUPPORTED",
		"ValidationException/SENDER_ID_REQUIRES_REGISTRATION", "ValidationException/INVALID_PARAMETER",
		"ValidationException/FIELD_VALIDATION_FAILED", "ValidationException/CANNOT_PARSE",
		"ValidationException/INVALID_ARN", "ValidationException/INVALID_REQUEST",
		"ValidationException/MAXIMUM_SIZE_EXCEEDED", "ValidationException/MISSING_PARAMETER",
		"ValidationException/PARAMETERS_CANNOT_BE_USED_TOGETHER", "ValidationException/RESOURCE_NOT_ACCESSIBLE",
		"ValidationException/UNKNOWN_OPERATION", "ResourceNotFoundException",
		"ServiceQuotaExceededException/MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT",
		"ServiceQuotaExceededException/MONTHLY_SPEND_LIMIT_REACHED_FOR_VOICE",
		"ServiceQuotaExceededException/MONTHLY_SPEND_LIMIT_REACHED_FOR_MEDIA",
		"ServiceQuotaExceededException/MONTHLY_SPEND_LIMIT_REACHED_FOR_NOTIFY",
		"ServiceQuotaExceededException/DAILY_NOTIFY_TIER_MESSAGE_LIMIT",
		"AccessDeniedException", "AccessDeniedException/INSUFFICIENT_ACCOUNT_REPUTATION",
		"AccessDeniedException/ACCOUNT_DISABLED", "AccessDenied", "NotAuthorized", "OptInRequired",
		"IncompleteSignature", "IncompleteSignatureException", "InvalidClientTokenId", "InvalidSignatureException",
		"MissingAuthenticationToken", "MissingAuthenticationTokenException", "SignatureDoesNotMatch",
		"UnrecognizedClientException", "InvalidAction", "UnknownOperationException", "SerializationException",
		"ValidationError",
	}},
	{otp.MaybeSent, false, true, []string{
		"ThrottlingException", "Throttling", "ThrottledException", "TooManyRequestsException",
	}},
	{otp.MaybeSent, false, false, []string{
		"InternalServerException", "InternalFailure", "ServiceUnavailable", "ServiceUnavailableException",
	}},
	{otp.MaybeSent, true, false, []string{"ExpiredToken", "ExpiredTokenException", "RequestExpired"}},
}

func TestEveryRefusal(t *testing.T) {
	var all []sendertest.Refusal
	for _, group := range refusals {
		for _, text := range group.texts {
			code, reason, _ := strings.Cut(text, "/")
			if r := rules[refusal{code, reason}]; r.Reason == unknown.Reason {
				t.Errorf("%s has no rule", text)
			}
			all = append(all, sendertest.Refusal{
				Answer: awsfake.RefuseText(400, code, reason), Code: code, Detail: reason,
				Delivery: group.want, Operator: group.operator, Another: group.another,
				Reason: rules[refusal{code, reason}].Reason,
			})
		}
	}
	if len(all) != len(rules) {
		t.Errorf("%d refusals tested, %d in the table", len(all), len(rules))
	}
	service.TestRefusals(t, all)
}

// A refusal that the table lacks may have been sent. Of an exception that the table has, it is the operator's.
func TestUnknownRefusals(t *testing.T) {
	var all []sendertest.Refusal
	for text, operator := range map[string]bool{
		"SomethingNewException": false, "SomethingNewException/REASON": false,
		"ConflictException": true, "ConflictException/SOMETHING_NEW": true,
		"ValidationException": true, "ValidationException/OTHER": true, "ValidationException/": true,
		"ServiceQuotaExceededException": true, "ServiceQuotaExceededException/POOLS_PER_ACCOUNT": true,
		"AccessDeniedException/SOMETHING_NEW": true,
	} {
		code, reason, _ := strings.Cut(text, "/")
		detail := reason
		if strings.HasPrefix(text, "SomethingNew") {
			detail = "" // the SDK reads no reason of an exception that it does not know
		}
		all = append(all, sendertest.Refusal{
			Answer: awsfake.RefuseText(400, code, reason), Code: code, Detail: detail,
			Delivery: otp.MaybeSent, Operator: operator, Reason: unknown.Reason,
		})
	}
	service.TestRefusals(t, all)
}

// The service has one reason for a bad number and for a bad setting. Only the latter is worth an alarm, or strangers
// could raise it by typing.
func TestWhoIsToBlame(t *testing.T) {
	var all []sendertest.Refusal
	for field, operator := range map[string]bool{
		"DestinationPhoneNumber": false, "destinationPhoneNumber": false,
		"OriginationIdentity": true, "MaxPrice": true, "": true,
	} {
		for _, reason := range []string{"INVALID_PARAMETER", "FIELD_VALIDATION_FAILED"} {
			all = append(all, sendertest.Refusal{
				Answer: awsfake.RefuseText(400, validation, reason, field), Code: validation, Detail: reason,
				Delivery: otp.Refused, Operator: operator, Another: operator,
			})
		}
	}
	service.TestRefusals(t, all)
}

// The SDK knows each reason of the table, so none is misspelled.
func TestReasonsAreTheSDKs(t *testing.T) {
	known := map[string][]string{}
	for _, r := range types.ConflictExceptionReason("").Values() {
		known[conflict] = append(known[conflict], string(r))
	}
	for _, r := range types.ValidationExceptionReason("").Values() {
		known[validation] = append(known[validation], string(r))
	}
	for _, r := range types.ServiceQuotaExceededExceptionReason("").Values() {
		known[quota] = append(known[quota], string(r))
	}
	for _, r := range types.AccessDeniedExceptionReason("").Values() {
		known[denied] = append(known[denied], string(r))
	}
	for r := range rules {
		if r.detail != "" && !slices.Contains(known[r.code], r.detail) {
			t.Errorf("the SDK does not know %s of %s", r.detail, r.code)
		}
	}
}

// An exception that a new version of the SDK knows of must get a row.
func TestEveryErrorOfTheSDKHasARow(t *testing.T) {
	found := sendertest.SDKErrors(t, "github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2",
		"awsAwsjson10_deserializeOpErrorSendTextMessage")
	if len(found) < 7 {
		t.Fatalf("only %d exceptions found in the SDK's source: %v", len(found), found)
	}
	for _, code := range found {
		if !slices.ContainsFunc(slices.Collect(maps.Keys(rules)), func(r refusal) bool { return r.code == code }) {
			t.Errorf("the SDK knows the exception %s of SendTextMessage, classify.go does not", code)
		}
	}
}
