package smsvoice

import (
	"errors"
	"strings"

	"countersign/pkg/awssender"
	"countersign/pkg/otp"
	"countersign/pkg/pattern"

	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2"
	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"
	"github.com/aws/smithy-go"
)

type rule = awssender.Rule

// The meanings. Refused is for decisions that the service makes before it takes a message, and would make again: only
// then is it certain that nothing was sent.
var (
	// The number's fault: another number is the remedy. Strangers choose numbers, so no alarm.
	optedOut = rule{Delivery: otp.Refused, Operator: false,
		Reason: "the person has opted out; see opt-outs in the runbook"}
	badNumber = rule{Delivery: otp.Refused, Operator: false,
		Reason: "this number cannot be sent to; ask the person for another"}
	blocked = rule{Delivery: otp.Refused, Operator: false,
		Reason: "the account or its protect configuration blocks the country or the number"}
	tooDear = rule{Delivery: otp.Refused, Operator: false,
		Reason: "a message to this number costs more than MaxPrice"}

	// The operator's fault: other messages fail alike.
	sandbox = rule{Delivery: otp.Refused, Operator: true,
		Reason: "the account is in the SMS sandbox, and the number is not verified; leave the sandbox"}
	badOrigin = rule{Delivery: otp.Refused, Operator: true,
		Reason: "the origination identity cannot send to this country; check OriginationIdentity, the " +
			"pool's members and the sender id of the client"}
	badName = rule{Delivery: otp.Refused, Operator: true,
		Reason: "the country does not take the sender id; register it, or use another number or pool"}
	badSetting = rule{Delivery: otp.Refused, Operator: true,
		Reason: "the request is not taken; check identity, configuration set, protect configuration, " +
			"price, DLT ids and text"}
	missing = rule{Delivery: otp.Refused, Operator: true,
		Reason: "a pool, number, sender id or configuration set of the settings does not exist in " +
			"this account and region"}
	spent = rule{Delivery: otp.Refused, Operator: true,
		Reason: "the spend limit or quota of the account is used up; raise it"}
	forbidden = rule{Delivery: otp.Refused, Operator: true,
		Reason: "not allowed; the role needs sms-voice:SendTextMessage on the origination identity"}
	suspended = rule{Delivery: otp.Refused, Operator: true,
		Reason: "AWS has stopped the account's messages; open a support case"}
	badTarget = rule{Delivery: otp.Refused, Operator: true,
		Reason: "the endpoint does not know the operation; check endpoint and region"}

	badKeys, busy, stale, unknown = awssender.BadKeys, awssender.Busy, awssender.Stale, awssender.Unknown

	broken = rule{Delivery: otp.MaybeSent, Operator: false,
		Reason: "the service is in trouble; see the AWS status page if this goes on"}
	// unknownDetail is for a reason that the table lacks, of an exception that it has: messages may fail alike.
	unknownDetail = rule{Delivery: otp.MaybeSent, Operator: true, Reason: unknown.Reason}
)

// refusal is an exception of the service, with its reason if it has one.
type refusal struct{ code, detail string }

const (
	conflict   = "ConflictException"
	validation = "ValidationException"
	quota      = "ServiceQuotaExceededException"
	denied     = "AccessDeniedException"
)

// rules has every refusal that the service documents for SendTextMessage. One that is not here is unknown, and unknown
// is MaybeSent: a sent message that is called refused makes the caller believe that no code is under way; a refused
// message that is called maybe sent costs one retry.
//
// Sources: SendTextMessage and Common Errors in the API reference, and the SDK's deserializer and lists of reasons,
// which tests compare with this table.
var rules = map[refusal]rule{
	{conflict, "DESTINATION_PHONE_NUMBER_OPTED_OUT"}:                          optedOut,
	{conflict, "DESTINATION_COUNTRY_BLOCKED_BY_PROTECT_CONFIGURATION"}:        blocked,
	{conflict, "DESTINATION_PHONE_NUMBER_BLOCKED_BY_PROTECT_NUMBER_OVERRIDE"}: blocked,
	{validation, "DESTINATION_COUNTRY_BLOCKED"}:                               blocked,
	{validation, "PRICE_OVER_THRESHOLD"}:                                      tooDear,

	{conflict, "DESTINATION_PHONE_NUMBER_NOT_VERIFIED"}:      sandbox,
	{conflict, "NO_ORIGINATION_IDENTITIES_FOUND"}:            badOrigin,
	{conflict, "MESSAGE_TYPE_MISMATCH"}:                      badOrigin,
	{conflict, "RESOURCE_NOT_ACTIVE"}:                        badOrigin,
	{conflict, "NUMBER_CAPABILITIES_MISMATCH"}:               badOrigin,
	{validation, "INVALID_IDENTITY_FOR_DESTINATION_COUNTRY"}: badOrigin,
	{validation, "INTERNATIONAL_SENDING_NOT_SUPPORTED"}:      badOrigin,
	{validation, "COUNTRY_CODE_MISMATCH"}:                    badOrigin,
	{validation, "COUNTRY_NOT_ENABLED"}:                      badOrigin,
	{validation, "CHANNEL_NOT_ENABLED"}:                      badOrigin,
	{validation, "SENDER_ID_NOT_REGISTERED"}:                 badName,
	{validation, "SENDER_ID_NOT_SUPPORTED"}:                  badName,
	{validation, "SENDER_ID_REQUIRES_REGISTRATION"}:          badName,
	{validation, "INVALID_PARAMETER"}:                        badSetting, // but see ruleFor
	{validation, "FIELD_VALIDATION_FAILED"}:                  badSetting, // but see ruleFor
	{validation, "CANNOT_PARSE"}:                             badSetting,
	{validation, "INVALID_ARN"}:                              badSetting,
	{validation, "INVALID_REQUEST"}:                          badSetting,
	{validation, "MAXIMUM_SIZE_EXCEEDED"}:                    badSetting,
	{validation, "MISSING_PARAMETER"}:                        badSetting,
	{validation, "PARAMETERS_CANNOT_BE_USED_TOGETHER"}:       badSetting,
	{validation, "RESOURCE_NOT_ACCESSIBLE"}:                  missing,
	{validation, "UNKNOWN_OPERATION"}:                        badTarget,
	{"ResourceNotFoundException", ""}:                        missing,
	{quota, "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"}:          spent,
	{quota, "MONTHLY_SPEND_LIMIT_REACHED_FOR_VOICE"}:         spent,
	{quota, "MONTHLY_SPEND_LIMIT_REACHED_FOR_MEDIA"}:         spent,
	{quota, "MONTHLY_SPEND_LIMIT_REACHED_FOR_NOTIFY"}:        spent,
	{quota, "DAILY_NOTIFY_TIER_MESSAGE_LIMIT"}:               spent,
	{denied, ""}: forbidden, // IAM gives no reason
	{denied, "INSUFFICIENT_ACCOUNT_REPUTATION"}: suspended,
	{denied, "ACCOUNT_DISABLED"}:                suspended,
	{"ThrottlingException", ""}:                 busy,
	{"InternalServerException", ""}:             broken,

	// Common to all AWS services.
	{"AccessDenied", ""}:                        forbidden,
	{"NotAuthorized", ""}:                       forbidden,
	{"OptInRequired", ""}:                       forbidden,
	{"IncompleteSignature", ""}:                 badKeys,
	{"IncompleteSignatureException", ""}:        badKeys,
	{"InvalidClientTokenId", ""}:                badKeys,
	{"InvalidSignatureException", ""}:           badKeys,
	{"MissingAuthenticationToken", ""}:          badKeys,
	{"MissingAuthenticationTokenException", ""}: badKeys,
	{"SignatureDoesNotMatch", ""}:               badKeys,
	{"UnrecognizedClientException", ""}:         badKeys,
	{"InvalidAction", ""}:                       badTarget,
	{"UnknownOperationException", ""}:           badTarget,
	{"SerializationException", ""}:              badSetting,
	{"ValidationError", ""}:                     badSetting,
	{"Throttling", ""}:                          busy,
	{"ThrottledException", ""}:                  busy,
	{"TooManyRequestsException", ""}:            busy,
	{"InternalFailure", ""}:                     broken,
	{"ServiceUnavailable", ""}:                  broken,
	{"ServiceUnavailableException", ""}:         broken,
	{"ExpiredToken", ""}:                        stale,
	{"ExpiredTokenException", ""}:               stale,
	{"RequestExpired", ""}:                      stale,
}

// ruleFor finds the rule for a refusal. The service has one reason both for a number that it does not dial and for
// settings that it does not take. Only the number is the caller's affair.
func ruleFor(r refusal, aboutNumber bool) rule {
	found, ok := rules[r]
	switch {
	case !ok && r.detail == "" && r.code != conflict && r.code != validation && r.code != quota:
		return unknown
	case !ok:
		return unknownDetail
	case found == badSetting && aboutNumber:
		return badNumber
	}
	return found
}

// detail returns the reason of an exception, and whether it is about the number.
func detail(err error) (reason string, aboutNumber bool) {
	var c *types.ConflictException
	var v *types.ValidationException
	var q *types.ServiceQuotaExceededException
	var a *types.AccessDeniedException
	switch {
	case errors.As(err, &c):
		return string(c.Reason), false
	case errors.As(err, &q):
		return string(q.Reason), false
	case errors.As(err, &a):
		return string(a.Reason), false
	case errors.As(err, &v):
		const field = "DestinationPhoneNumber"
		aboutNumber = strings.Contains(strings.ToLower(v.ErrorMessage()), strings.ToLower(field))
		for _, f := range v.Fields {
			aboutNumber = aboutNumber || f.Name != nil && strings.EqualFold(*f.Name, field)
		}
		return string(v.Reason), aboutNumber
	}
	return "", false
}

var failures = awssender.Classifier{
	Sender: "sms-voice", Service: "the service", Timeout: Timeout,
	Refusal: func(api smithy.APIError, err error) awssender.Refusal {
		reason, aboutNumber := detail(err)
		r := awssender.Refusal{
			Code: code(api.ErrorCode()), Rule: ruleFor(refusal{api.ErrorCode(), reason}, aboutNumber),
		}
		if isDetail(reason) {
			r.Detail = reason
		}
		return r
	},
}

// classify returns the outcome of a SendTextMessage.
func classify(out *pinpointsmsvoicev2.SendTextMessageOutput, err error) (otp.Delivery, string, error) {
	if err != nil {
		return failures.Failed(err)
	}
	return failures.Accepted(out.MessageId, out.ResultMetadata)
}

// code returns an exception's name. One that no rule has must end as the service's do: the SDK cuts a name at a colon,
// and what is left of a text could be the brand.
func code(name string) string {
	known := strings.HasSuffix(name, "Exception")
	for r := range rules {
		known = known || r.code == name
	}
	if !known {
		name = ""
	}
	return name
}

// isDetail matches the form of the service's reasons. One-time codes and phone numbers are digits, so none is ever in
// it.
var isDetail = pattern.Matches(`\A[A-Z_]{1,100}\z`)
