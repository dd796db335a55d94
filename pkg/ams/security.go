package ams

import (
	"context"
	"strings"

	"github.com/go-json-experiment/json"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/password"
	"countersign/pkg/strictjson"
)

// security serves POST /v1/security/verifyAuthentication: the same check, with the body that DWS documents or that of
// [Verify.users].
func (s *Verify) security(ctx context.Context, c *clients.Client, text []byte) answer {
	var requestID, method, kind, alias, challengeType, otpValue string
	var typed password.Sealed
	var payment otp.Payment
	challenge := false
	broken := strictjson.Decode(text, strictjson.Fields{
		"authenticationRequestId": id(&requestID, 128),
		"authenticationId":        id(&typed.AuthID, 64),
		"authenticationMethod":    enum(&method),
		"authenticationType":      enum(&kind),
		"authenticationValue":     value(&alias, 256),
		"challengeData": present(&challenge, strictjson.Object(strictjson.Fields{
			"challengeType": enum(&challengeType),
			"otpValue":      value(&otpValue, 256),
			"passwordValue": value(&typed.Value, maxPasswordValue),
			"keyVersion":    id(&typed.KeyVersion, 16),
		})),
		"payment": admission.Payment(&payment),
	})
	broken.Set("authenticationRequestId", required(requestID))
	if method == methodPassword || strings.HasSuffix(challengeType, "_"+methodPassword) {
		broken.Set("authenticationMethod", optional(method, methodPassword))
		broken.Set("authenticationType", optional(kind, kinds()...))
		broken.Set("challengeData", optional(challengeType, challengeTypes()...))
		broken.Set("authenticationId", required(typed.AuthID))
		broken.Set("passwordValue", required(typed.Value))
		broken.Set("otpValue", absent(otpValue))
		broken.Set("authenticationValue", absent(alias))
		if !payment.None() {
			broken.Set("payment", absent("given"))
		}
		if broken.Field != "" {
			return refused(broken)
		}
		return s.password(ctx, c, guess{requestID: requestID, kind: kind, challengeType: challengeType, sealed: typed})
	}
	broken.Set("authenticationMethod", optional(method, "OTP"))
	broken.Set("authenticationType", optional(kind, "SMS", "OTP"))
	broken.Set("challengeData", optional(challengeType, "sms", "SMS", "SMS_OTP"))
	if challenge {
		broken.Set("authenticationId", required(typed.AuthID))
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
		Client: c.ID, ID: requestID, AuthID: typed.AuthID, Code: otp.Code(code), Payment: payment,
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
