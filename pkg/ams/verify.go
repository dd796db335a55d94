package ams

import (
	"context"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/strictjson"
	"countersign/pkg/telemetry"
)

// Verify serves verifyAuthentication, and answers for paths that nobody serves.
// It is safe for concurrent use.
type Verify struct {
	*Gate
	Verifier otp.Verifier
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
	broken := strictjson.Decode(text, strictjson.Fields{
		"authenticationRequestId": id(&requestID, 64),
		"authenticationType":      enum(&kind),
		"authenticationValue":     value(&code, 256),
	})
	broken.Set("authenticationRequestId", required(requestID))
	broken.Set("authenticationType", oneOf(kind, "OTP"))
	broken.Set("authenticationValue", digitsOnly(code))
	if broken.Field != "" {
		return refused(broken)
	}
	return s.verify(ctx, otp.Check{Client: c.ID, ID: requestID, Code: otp.Code(code)})
}

// verify checks a code, and puts what became of it into the contract's words.
func (s *Verify) verify(ctx context.Context, check otp.Check) answer {
	got, err := s.Verifier.Verify(ctx, check)
	told := telemetry.From(ctx)
	told.Outcome = got.Outcome
	if err != nil {
		told.Fail("verify", err)
	}
	a, ok := verifyAnswers[got.Outcome]
	if !ok {
		a.result = unknownException
	}
	return a
}

var yes, no = true, false

// verifyAnswers puts the outcomes of verify into the contract's words. What is
// not here is unknown. An unknown, an expired and a used challenge are not told
// apart: nothing is live under the id.
var verifyAnswers = map[otp.Outcome]answer{
	otp.Passed:    {result: success, passed: &yes},
	otp.Unmatched: {result: verifyUnmatched, passed: &no},
	otp.Exhausted: {result: verifyTimesExceed, passed: &no},
	otp.Locked:    {result: verifyTimesExceed, passed: &no},
	otp.Unknown:   {result: requestIDInvalid},
	otp.Expired:   {result: requestIDInvalid},
	otp.Used:      {result: requestIDInvalid},
	otp.BadToken:  {result: invalidAccessToken},
	otp.NoUser:    {result: userNotExist},
	otp.Blocked:   {result: userAbnormal},
}
