package cognito

import (
	"context"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/otp"
)

// define serves DefineAuthChallenge: it says what comes next in a session. It asks
// no table, so that it answers everybody alike.
func (t *Triggers) define(_ context.Context, e *events.CognitoEventUserPoolsDefineAuthChallenge) error {
	e.Response = events.CognitoEventUserPoolsDefineAuthChallengeResponse{} // whatever came in
	_, step := follow(e.Request.Session, resends(e.Request.ClientMetadata), otp.MillisOf(t.Now()))
	switch {
	case step == begins, step == continues:
		e.Response.ChallengeName = custom
	case step == passes && !e.Request.UserNotFound:
		e.Response.IssueTokens = true
	default:
		e.Response.FailAuthentication = true
	}
	return nil
}
