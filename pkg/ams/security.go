package ams

import (
	"context"

	"github.com/go-json-experiment/json"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/strictjson"
)

// security serves POST /v1/security/verifyAuthentication: the same check, with the body that DWS documents or that of
// [Verify.users].
func (s *Verify) security(ctx context.Context, c *clients.Client, text []byte) answer {
	var requestID, authID, method, kind, alias, challengeType, otpValue string
	var payment otp.Payment
	challenge := false
	broken := strictjson.Decode(text, strictjson.Fields{
		"authenticationRequestId": id(&requestID, 128),
		"authenticationId":        id(&authID, 64),
		"authenticationMethod":    enum(&method),
		"authenticationType":      enum(&kind),
		"authenticationValue":     value(&alias, 256),
		"challengeData": present(&challenge, strictjson.Object(strictjson.Fields{
			"challengeType": enum(&challengeType),
			"otpValue":      value(&otpValue, 256),
		})),
		"payment": admission.Payment(&payment),
	})
	broken.Set("authenticationRequestId", required(requestID))
	broken.Set("authenticationMethod", optional(method, "OTP"))
	broken.Set("authenticationType", optional(kind, "SMS", "OTP"))
	broken.Set("challengeData", optional(challengeType, "sms", "SMS", "SMS_OTP"))
	if challenge {
		broken.Set("authenticationId", required(authID))
	}
	code := otpValue
	if code == "" {
		code = alias
	}
	if alias != "" && alias != code {
		broken.Set("authenticationValue", "must be the otpValue where both are given")
	}
	broken.Set("otpValue", digitsOnly(code))
	if broken.Field != "" {
		return refused(broken)
	}
	return s.verify(ctx, otp.Check{
		Client: c.ID, ID: requestID, AuthID: authID, Code: otp.Code(code), Payment: payment,
	})
}

// direct returns the route of a request object by its body: the two bodies differ in challengeData and
// authenticationId.
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
