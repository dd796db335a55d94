package cognito

import (
	"context"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// define serves DefineAuthChallenge: it says what comes next in a session. It asks
// no table, so that it answers everybody alike.
func (t *Triggers) define(ctx context.Context, e *events.CognitoEventUserPoolsDefineAuthChallenge) error {
	e.Response = events.CognitoEventUserPoolsDefineAuthChallengeResponse{} // whatever came in
	record := telemetry.From(ctx)
	resend := resends(e.Request.ClientMetadata)
	_, step := follow(e.Request.Session, resend, otp.MillisOf(t.Now()))
	switch {
	case step == begins, step == continues:
		record.Result, e.Response.ChallengeName = "challenge", custom
	case step == passes && !e.Request.UserNotFound:
		record.Result, e.Response.IssueTokens = "tokens", true // verify counted the pass
	default:
		record.Result, e.Response.FailAuthentication = "refused", true
		record.Outcome, record.Reason = against(step, resend)
	}
	return nil
}

// against says why a session is refused, as far as verify has not told of its last
// answer: nothing counts twice.
func against(s step, resend bool) (otp.Outcome, string) {
	switch {
	case s == foreign:
		return "", "session"
	case s == passes:
		return otp.NoUser, ""
	case resend: // spends no attempt, so that only time can be against it
		return otp.Expired, ""
	}
	return "", ""
}
