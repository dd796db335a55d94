package ams

import (
	"context"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/password"
	"countersign/pkg/strictjson"
	"countersign/pkg/telemetry"
)

// Verify serves verifyAuthentication, and answers unknown paths. It is safe for concurrent use.
type Verify struct {
	*Gate
	Verifier otp.Verifier
	// Passwords are those of users; nil: there are none.
	Passwords *password.Accounts
}

// Serve answers one request.
func (s *Verify) Serve(ctx context.Context, r gateway.Request) gateway.Response {
	return s.serve(ctx, r, s.api, s.direct(r))
}

func (s *Verify) api(route string) api {
	switch route {
	case apiUsersVerify:
		return s.users
	case apiSecurityVerify:
		return s.security
	}
	return nil
}

// users serves POST /v1/users/verifyAuthentication.
func (s *Verify) users(ctx context.Context, c *clients.Client, text []byte) answer {
	var requestID, kind, code string
	var payment otp.Payment
	broken := strictjson.Decode(text, strictjson.Fields{
		"authenticationRequestId": id(&requestID, 64),
		"authenticationType":      enum(&kind),
		"authenticationValue":     value(&code, 256),
		"payment":                 admission.Payment(&payment),
	})
	broken.Set("authenticationRequestId", required(requestID))
	broken.Set("authenticationType", oneOf(kind, "OTP"))
	broken.Set("authenticationValue", digitsOnly(code))
	if broken.Field != "" {
		return refused(broken)
	}
	return s.verify(ctx, otp.Check{Client: c.ID, ID: requestID, Code: otp.Code(code), Payment: payment})
}

// verify checks a code and answers with the outcome.
func (s *Verify) verify(ctx context.Context, check otp.Check) answer {
	got, err := s.Verifier.Verify(ctx, check)
	record := telemetry.From(ctx)
	record.Outcome, record.Payment = got.Outcome, !check.Payment.None()
	if err != nil {
		record.Fail("verify", err)
	}
	return verified(got.Outcome)
}

// verified answers with the outcome of a verify.
func verified(o otp.Outcome) answer {
	a := answer{result: resultOf(o)}
	if passed, evaluated := isPassed[o]; evaluated {
		a.passed = &passed
	}
	return a
}

// isPassed is the member of the answer to a verify. Other outcomes have none: no code is live.
var isPassed = map[otp.Outcome]bool{otp.Passed: true, otp.Unmatched: false, otp.Exhausted: false, otp.Locked: false}
