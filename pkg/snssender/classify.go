package snssender

import (
	"strings"

	"countersign/pkg/awssender"
	"countersign/pkg/otp"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/smithy-go"
)

type rule = awssender.Rule

// The meanings. Refused is for decisions that SNS makes before it takes a message, and would make again: only then is
// it certain that nothing was sent.
var (
	badNumber = rule{Delivery: otp.Refused, Operator: false,
		Reason: "this number cannot be sent to; ask the person for another"}
	badSetting = rule{Delivery: otp.Refused, Operator: true,
		Reason: "SNS does not take the request; check sender id, origination number, price, DLT ids and the text"}
	forbidden = rule{Delivery: otp.Refused, Operator: true,
		Reason: "not allowed; the role needs sns:Publish for phone numbers, and SMS must be open to " +
			"the account in this region"}
	badTarget = rule{Delivery: otp.Refused, Operator: true,
		Reason: "SNS speaks of a topic or a device although a number was given; check the endpoint"}
	badKey = rule{Delivery: otp.Refused, Operator: true,
		Reason: "SNS may not use its KMS key; check key and policy"}

	badKeys, busy, stale, unknown = awssender.BadKeys, awssender.Busy, awssender.Stale, awssender.Unknown

	broken = rule{Delivery: otp.MaybeSent, Operator: false,
		Reason: "SNS is in trouble; see the AWS status page if this goes on"}
)

// rules has every error code that SNS documents. A code that is not here is unknown, and unknown is MaybeSent: a sent
// message that is called refused frees its send in the limits and makes the caller believe that no code is under way; a
// refused message that is called maybe sent costs one retry.
//
// Sources: Publish and CommonErrors in the SNS API reference, and the SDK's
// deserializer of Publish, which a test compares with this table.
var rules = map[string]rule{
	// Publish.
	"InvalidParameter":            badSetting, // but see ruleFor
	"ParameterValueInvalid":       badSetting, // what the SDK calls InvalidParameterValue
	"ValidationException":         badSetting,
	"AuthorizationError":          forbidden,
	"InvalidSecurity":             badKeys,
	"EndpointDisabled":            badTarget,
	"NotFound":                    badTarget,
	"PlatformApplicationDisabled": badTarget,
	"KMSAccessDenied":             badKey,
	"KMSDisabled":                 badKey,
	"KMSInvalidState":             badKey,
	"KMSNotFound":                 badKey,
	"KMSOptInRequired":            badKey,
	"KMSThrottling":               busy,
	"InternalError":               broken,

	// Of SNS's other SMS actions, should Publish come to use them. Today a number
	// that opted out is accepted and shows up in CloudWatch.
	"OptedOut":  badNumber,
	"UserError": badSetting,
	"Throttled": busy,

	// Common to all AWS services.
	"AccessDenied":                forbidden,
	"AccessDeniedException":       forbidden,
	"NotAuthorized":               forbidden,
	"OptInRequired":               forbidden,
	"IncompleteSignature":         badKeys,
	"InvalidClientTokenId":        badKeys,
	"MissingAuthenticationToken":  badKeys,
	"SignatureDoesNotMatch":       badKeys,
	"UnrecognizedClientException": badKeys,
	"InvalidAction":               badTarget,
	"MissingAction":               badTarget,
	"UnknownOperationException":   badTarget,
	"InvalidParameterCombination": badSetting,
	"InvalidParameterValue":       badSetting,
	"InvalidQueryParameter":       badSetting,
	"MalformedQueryString":        badSetting,
	"MissingParameter":            badSetting,
	"ValidationError":             badSetting,
	"Throttling":                  busy,
	"ThrottledException":          busy,
	"ThrottlingException":         busy,
	"InternalFailure":             broken,
	"ServiceUnavailable":          broken,
	"ExpiredToken":                stale,
	"ExpiredTokenException":       stale,
	"RequestExpired":              stale,
}

// ruleFor finds the rule for an error code. SNS has one code both for a number that it does not dial ("Invalid
// parameter: PhoneNumber Reason: ...") and for settings that it does not take. Only the number is the caller's affair.
func ruleFor(code, message string) rule {
	r, ok := rules[code]
	switch {
	case !ok:
		return unknown
	case r == badSetting && strings.Contains(message, "PhoneNumber"):
		return badNumber
	}
	return r
}

var failures = awssender.Classifier{
	Sender: "sns", Service: "SNS", Timeout: Timeout,
	Refusal: func(api smithy.APIError, _ error) awssender.Refusal {
		return awssender.Refusal{Code: api.ErrorCode(), Rule: ruleFor(api.ErrorCode(), api.ErrorMessage())}
	},
}

// classify returns the outcome of a Publish.
func classify(out *sns.PublishOutput, err error) (otp.Delivery, string, error) {
	if err != nil {
		return failures.Failed(err)
	}
	return failures.Accepted(out.MessageId, out.ResultMetadata)
}
