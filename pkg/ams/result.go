// Package ams serves the AMS/DWS authentication contract: initAuthentication, triggerChallenge and
// verifyAuthentication, as Alipay's documents and SDKs have them. [Init] serves what sends a message,
// [Verify] what checks a code.
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

// result is a row of the contract's table of codes. Fields with two elements hold the newer and the older spelling.
type result struct {
	code    [2]string
	status  string // S done, F failed for good, U unknown: the same id may be tried again
	message [2]string
}

func both(code, status, message string) result {
	return result{[2]string{code, code}, status, [2]string{message, message}}
}

// Results, in the order of the contract. Clients must not parse messages.
var (
	success            = both("SUCCESS", "S", "success.")
	methodNotSupported = both("METHOD_NOT_SUPPORTED", "F", "The server does not implement the requested HTTP method.")
	invalidAPI         = result{
		[2]string{"INVALID_API", "API_INVALID"}, "F",
		[2]string{"API is invalid (or not active).", "API is invalid or not active."},
	}
	keyNotFound = result{
		[2]string{"INVALID_SIGNATURE", "KEY_NOT_FOUND"}, "F",
		[2]string{"Signature is invalid.", "The key is not found."},
	}
	signatureInvalid = result{
		[2]string{"INVALID_SIGNATURE", "SIGNATURE_INVALID"}, "F",
		[2]string{"Signature is invalid.", "The signature is invalid."},
	}
	trafficExceed = result{
		[2]string{"REQUEST_TRAFFIC_EXCEED_LIMIT", "REQUEST_TRAFFIC_EXCEED_LIMIT"}, "U",
		[2]string{"Request traffic exceeds the limit.", "The request traffic exceeds the limit."},
	}
	invalidClient = result{
		[2]string{"INVALID_CLIENT", "CLIENT_INVALID"}, "F",
		[2]string{"Invalid client.", "The client is invalid."},
	}
	paramIllegal = both("PARAM_ILLEGAL", "F",
		"Illegal parameters exist. For example, a non-numeric input, or an invalid date.")
	invalidPhoneNumber = both("INVALID_PHONE_NUMBER", "F", "Invalid phone number")
	accessDenied       = result{
		[2]string{"ACCESS_DENIED", "ACCESS_DENIED"}, "F",
		[2]string{"Access denied.", "Access denied"},
	}

	repeatInconsistent = both("REPEAT_REQ_INCONSISTENT", "F", "Repeated requests are inconsistent.")
	timesExceed        = both("TIMES_EXCEED_LIMIT", "F",
		"Too many requests in a short time, please try again later")
	sendTimesExceed = both("SEND_TIMES_EXCEED_LIMIT", "F", "The send times exceed the limit.")
	processFail     = result{
		[2]string{"PROCESS_FAIL", "PROCESS_FAIL"}, "F",
		[2]string{
			"A general business failure occurred. Don't retry.",
			"A general business failure occurred. Do not retry.",
		},
	}
	unknownException = result{
		[2]string{"UNKNOWN_EXCEPTION", "UNKNOWN_EXCEPTION"}, "U",
		[2]string{
			"An API call is failed, which is caused by unknown reasons.",
			"An API calling is failed, which is caused by unknown reasons.",
		},
	}

	userNotExist       = both("USER_NOT_EXIST", "F", "The user does not exist.")
	userAbnormal       = both("USER_STATUS_ABNORMAL", "F", "The user status is abnormal.")
	invalidAccessToken = both("INVALID_ACCESS_TOKEN", "F", "The access token is invalid.")

	requestIDInvalid = both("AUTHENTICATION_REQUEST_ID_INVALID", "F",
		"The value of authenticationRequestId is invalid")
	verifyUnmatched   = both("VERIFY_UNMATCHED", "F", "The verification code is invalid.")
	verifyTimesExceed = both("VERIFY_TIMES_EXCEED_LIMIT", "F",
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
