// Package ams serves the AMS/DWS authentication contract: initAuthentication, triggerChallenge and
// verifyAuthentication, as in Alipay's documents and SDKs. [Init] serves the APIs that send a message,
// [Verify] those that check a code.
//
// A request passes the checks of a [Gate], is decoded strictly, and becomes a call of package otp. Its
// outcome becomes a result of the contract by one table. Every answer has HTTP status 200 and a result.
//
// "The contract" is what Alipay publishes: the pages of its authentication API for paths with /users/ (AMS,
// [auth_init] and [auth_verif]), those for the others (DWS, [initAuthentication], [verifyAuthentication] and
// [triggerChallenge]), and the bytes that its SDKs sign and read. These leave much open, such as the order of
// the checks, the forms of a time, and the answer to a body that breaks a rule. This package decides that;
// docs/openapi.yaml describes all that callers can see.
//
// [auth_init]: https://global.alipay.com/docs/ac/ams/auth_init
// [auth_verif]: https://global.alipay.com/docs/ac/ams/auth_verif
// [initAuthentication]: https://global.alipay.com/docs/ac/dws2/initauthentication
// [verifyAuthentication]: https://global.alipay.com/docs/ac/dws2/verifyauthentication
// [triggerChallenge]: https://global.alipay.com/docs/ac/dws2/triggerchallenge
package ams

import "countersign/pkg/otp"

// family is one of the two spellings of the contract's gateway codes. The older one belongs to paths with /users/.
type family int

const (
	newer family = iota // /customers/, /security/
	older               // /users/
)

// spelling is a code of the contract with its message. Clients must not parse messages.
type spelling struct{ code, message string }

// result is a row of the contract's table of codes. Its spellings are by [family].
type result struct {
	status string // S done, F failed for good, U unknown: the same id may be tried again
	in     [2]spelling
}

// both returns a result with the same spelling in both families.
func both(status, code, message string) result {
	return result{status, [2]spelling{{code, message}, {code, message}}}
}

// Results, in the order of the contract.
var (
	success            = both("S", "SUCCESS", "success.")
	methodNotSupported = both("F", "METHOD_NOT_SUPPORTED", "The server does not implement the requested HTTP method.")
	invalidAPI         = result{"F", [2]spelling{
		{"INVALID_API", "API is invalid (or not active)."},
		{"API_INVALID", "API is invalid or not active."},
	}}
	keyNotFound = result{"F", [2]spelling{
		{"INVALID_SIGNATURE", "Signature is invalid."},
		{"KEY_NOT_FOUND", "The key is not found."},
	}}
	signatureInvalid = result{"F", [2]spelling{
		{"INVALID_SIGNATURE", "Signature is invalid."},
		{"SIGNATURE_INVALID", "The signature is invalid."},
	}}
	trafficExceed = result{"U", [2]spelling{
		{"REQUEST_TRAFFIC_EXCEED_LIMIT", "Request traffic exceeds the limit."},
		{"REQUEST_TRAFFIC_EXCEED_LIMIT", "The request traffic exceeds the limit."},
	}}
	invalidClient = result{"F", [2]spelling{
		{"INVALID_CLIENT", "Invalid client."},
		{"CLIENT_INVALID", "The client is invalid."},
	}}
	paramIllegal = both("F", "PARAM_ILLEGAL",
		"Illegal parameters exist. For example, a non-numeric input, or an invalid date.")
	invalidPhoneNumber = both("F", "INVALID_PHONE_NUMBER", "Invalid phone number")
	accessDenied       = result{"F", [2]spelling{
		{"ACCESS_DENIED", "Access denied."},
		{"ACCESS_DENIED", "Access denied"},
	}}

	repeatInconsistent = both("F", "REPEAT_REQ_INCONSISTENT", "Repeated requests are inconsistent.")
	timesExceed        = both("F", "TIMES_EXCEED_LIMIT",
		"Too many requests in a short time, please try again later")
	sendTimesExceed = both("F", "SEND_TIMES_EXCEED_LIMIT", "The send times exceed the limit.")
	processFail     = result{"F", [2]spelling{
		{"PROCESS_FAIL", "A general business failure occurred. Don't retry."},
		{"PROCESS_FAIL", "A general business failure occurred. Do not retry."},
	}}
	unknownException = result{"U", [2]spelling{
		{"UNKNOWN_EXCEPTION", "An API call is failed, which is caused by unknown reasons."},
		{"UNKNOWN_EXCEPTION", "An API calling is failed, which is caused by unknown reasons."},
	}}

	userNotExist       = both("F", "USER_NOT_EXIST", "The user does not exist.")
	userAbnormal       = both("F", "USER_STATUS_ABNORMAL", "The user status is abnormal.")
	invalidAccessToken = both("F", "INVALID_ACCESS_TOKEN", "The access token is invalid.")

	requestIDInvalid = both("F", "AUTHENTICATION_REQUEST_ID_INVALID",
		"The value of authenticationRequestId is invalid")
	verifyUnmatched   = both("F", "VERIFY_UNMATCHED", "The verification code is invalid.")
	verifyTimesExceed = both("F", "VERIFY_TIMES_EXCEED_LIMIT",
		"The verification code was failed too many times. The user must get a new verification.")
)

// results are the results of all outcomes. An unknown, an expired and a used challenge have the same result: nothing is
// live under the id.
var results = map[otp.Outcome]result{
	otp.Sent:          success,
	otp.Inconsistent:  repeatInconsistent,
	otp.InProgress:    unknownException,
	otp.Unclear:       unknownException,
	otp.TooSoon:       timesExceed,
	otp.TooMany:       sendTimesExceed,
	otp.Undeliverable: processFail,
	otp.BadNumber:     invalidPhoneNumber,
	otp.Barred:        accessDenied,

	otp.OverBlock:     timesExceed,
	otp.OverCountry:   timesExceed,
	otp.OverClient:    timesExceed,
	otp.OverSource:    timesExceed,
	otp.OperatorBlock: timesExceed,

	otp.AskedPassword: success,
	otp.NoPassword:    processFail,
	otp.PasswordSet:   success,

	otp.BadToken: invalidAccessToken,
	otp.NoUser:   userNotExist,
	otp.Blocked:  userAbnormal,

	otp.Passed:    success,
	otp.Unmatched: verifyUnmatched,
	otp.Exhausted: verifyTimesExceed,
	otp.Locked:    verifyTimesExceed,
	otp.Unknown:   requestIDInvalid,
	otp.Expired:   requestIDInvalid,
	otp.Used:      requestIDInvalid,
}

// resultOf returns the result of an outcome. "", of a call that failed, is unknown: the same id may be tried again.
func resultOf(outcome otp.Outcome) result {
	if r, ok := results[outcome]; ok {
		return r
	}
	return unknownException
}
