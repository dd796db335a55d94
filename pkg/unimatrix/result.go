package unimatrix

import (
	"net/http"

	"countersign/pkg/otp"
)

// result is a row of the contract's table of codes. Most SDKs look at the code only, some at the status too.
// So the status is 200 with "0" and with no other code.
type result struct {
	code    string
	message string
	status  int
}

// pass is the result of a check that a request passes.
var pass result

// Results, in the order of the contract. It has more codes, which this service has no reason to give: for the
// balance, the data of templates, the reviews of sender names.
var (
	success              = result{"0", "Success", http.StatusOK}
	internal             = result{"101000", "Internal", http.StatusInternalServerError}
	noUpstreamConfigured = result{"101301", "NoUpstreamConfigured", http.StatusInternalServerError}
	noUpstreamAvailable  = result{"101303", "NoUpstreamAvailable", http.StatusInternalServerError}
	missingParams        = result{"104001", "MissingParams", http.StatusBadRequest}
	invalidParams        = result{"104002", "InvalidParams", http.StatusBadRequest}
	unknownPath          = result{"104002", "InvalidParams", http.StatusNotFound}
	unknownMethod        = result{"104002", "InvalidParams", http.StatusMethodNotAllowed}
	restrictedParams     = result{"104003", "RestrictedParams", http.StatusBadRequest}
	missingAccessKeyID   = result{"104110", "MissingAccessKeyId", http.StatusUnauthorized}
	invalidAccessKeyID   = result{"104111", "InvalidAccessKeyId", http.StatusUnauthorized}
	missingSignature     = result{"104200", "MissingSignature", http.StatusUnauthorized}
	invalidSignature     = result{"104201", "InvalidSignature", http.StatusUnauthorized}
	invalidTimestamp     = result{"104202", "InvalidSignatureTimestamp", http.StatusUnauthorized}
	unauthorized         = result{"105001", "Unauthorized", http.StatusForbidden}
	ipRestricted         = result{"105100", "IpRestricted", http.StatusForbidden}
	limitExceed          = result{"105300", "LimitExceed", http.StatusTooManyRequests}
	invalidPhoneNumbers  = result{"107111", "InvalidPhoneNumbers", http.StatusBadRequest}
	noSuchSenderName     = result{"107121", "SmsSignatureNotExists", http.StatusBadRequest}
	noSuchTemplate       = result{"107141", "SmsTemplateNotExists", http.StatusBadRequest}
)

// sendResults are the results of all outcomes that otp.send may have. With internal the code may be live.
var sendResults = map[otp.Outcome]result{
	otp.Sent:          success,
	otp.InProgress:    limitExceed,
	otp.Unclear:       internal,
	otp.TooSoon:       limitExceed,
	otp.TooMany:       limitExceed,
	otp.Undeliverable: noUpstreamAvailable,
	otp.BadNumber:     invalidPhoneNumbers,
	otp.Barred:        invalidPhoneNumbers,

	otp.OverBlock:     limitExceed,
	otp.OverCountry:   limitExceed,
	otp.OverClient:    limitExceed,
	otp.OverSource:    limitExceed,
	otp.OperatorBlock: limitExceed,

	// Outcomes of challenges that belong to another contract: with an id, with a user, or with a password.
	otp.Inconsistent:  internal,
	otp.BadToken:      internal,
	otp.NoUser:        internal,
	otp.Blocked:       internal,
	otp.AskedPassword: internal,
	otp.NoPassword:    internal,
	otp.PasswordSet:   internal,
}

// isValid is the answer of otp.verify to all outcomes that it may have.
var isValid = map[otp.Outcome]bool{
	otp.Passed:    true,
	otp.Unmatched: false,
	otp.Exhausted: false,
	otp.Locked:    false,
	otp.Unknown:   false,
	otp.Expired:   false,
	otp.Used:      false,
}
