package cognito

import (
	"context"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// define serves DefineAuthChallenge: it decides what comes next in a session. It reads no table, so its answers are the
// same for everybody.
func (t *Triggers) define(ctx context.Context, e *events.CognitoEventUserPoolsDefineAuthChallenge) error {
	e.Response = events.CognitoEventUserPoolsDefineAuthChallengeResponse{} // the response of the event is ignored
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

// against returns why a session is refused, as an outcome or a reason. Both are "" if the line of verify has
// it already, so that nothing counts twice.
func against(s step, resend bool) (otp.Outcome, string) {
	switch {
	case s == foreign:
		return "", "session"
	case s == passes:
		return otp.NoUser, ""
	case resend: // uses no attempt, so the session can only have expired
		return otp.Expired, ""
	}
	return "", ""
}
