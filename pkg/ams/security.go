package ams

import (
	"context"

	"github.com/go-json-experiment/json"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
)

// security serves POST /v1/security/verifyAuthentication: the same check in the
// body that the DWS documents, or in that of [Verify.users].
func (s *Verify) security(ctx context.Context, c *clients.Client, text []byte) answer {
	var requestID, authID, method, kind, alias, challengeType, otpValue string
	challenge := false
	broken := decode(text, fields{
		"authenticationRequestId": id(&requestID, 128),
		"authenticationId":        id(&authID, 64),
		"authenticationMethod":    enum(&method),
		"authenticationType":      enum(&kind),
		"authenticationValue":     value(&alias, 256),
		"challengeData": present(&challenge, nested(fields{
			"challengeType": enum(&challengeType),
			"otpValue":      value(&otpValue, 256),
		})),
	})
	if broken.field == body {
		return broken.answer()
	}
	broken.set("authenticationRequestId", required(requestID))
	broken.set("authenticationMethod", optional(method, "OTP"))
	broken.set("authenticationType", optional(kind, "SMS", "OTP"))
	broken.set("challengeData", optional(challengeType, "sms", "SMS", "SMS_OTP"))
	if challenge {
		broken.set("authenticationId", required(authID))
	}
	code := otpValue
	if code == "" {
		code = alias
	}
	if alias != "" && alias != code {
		broken.set("authenticationValue", "must be the otpValue where both are given")
	}
	broken.set("otpValue", digitsOnly(code))
	if broken.field != "" {
		return broken.answer()
	}
	return s.verify(ctx, otp.Check{Client: c.ID, ID: requestID, AuthID: authID, Code: otp.Code(code)})
}

// direct tells which of the two bodies a request object has: they differ in
// challengeData and authenticationId.
func (s *Verify) direct(r gateway.Request) string {
	var has struct {
		ChallengeData    any `json:"challengeData"`
		AuthenticationID any `json:"authenticationId"`
	}
	if r.Direct && json.Unmarshal(r.Body, &has) == nil && (has.ChallengeData != nil || has.AuthenticationID != nil) {
		return apiSecurityVerify
	}
	return apiUsersVerify
}
