package cognito

import (
	"context"
	"errors"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/admission"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// verify serves VerifyAuthChallengeResponse: it spends one attempt on the session's challenge. It calls the
// table even for a user whose challenge cannot pass.
func (t *Triggers) verify(ctx context.Context, e *events.CognitoEventUserPoolsVerifyAuthChallenge) error {
	e.Response = events.CognitoEventUserPoolsVerifyAuthChallengeResponse{} // the response of the event is ignored
	client, err := t.client(ctx)
	if err != nil {
		return err
	}
	id := e.Request.PrivateChallengeParameters["session"]
	if len(id) != idLength {
		return fault(ctx, "session", errors.New("an answer to a challenge that is not ours"))
	}
	record := telemetry.From(ctx)
	record.Result = "wrong"
	answer, _ := e.Request.ChallengeAnswer.(string)
	code := typed(answer)
	switch { // neither is a guess, so no attempt is used
	case resends(e.Request.ClientMetadata):
		record.Result = "resend"
		return nil
	case !admission.Digits(code):
		record.Detail = "the answer is not of digits"
		return nil
	}
	if err := t.count(ctx, client); err != nil {
		return err
	}
	to, _ := t.Messages.Lookup(e.Request.UserAttributes["phone_number"])
	got, err := t.Verifier.Verify(ctx, otp.Check{
		Client: client.ID, ID: challengeID(e.CognitoEventUserPoolsHeader, id), Code: otp.Code(code),
		Source: source(client, e.Request.ClientMetadata), To: to.E164,
	})
	if err != nil {
		return fault(ctx, "verify", err)
	}
	outcome := got.Outcome
	if e.Request.UserNotFound { // even if the table has a challenge
		outcome = otp.NoUser
	}
	record.Outcome = outcome
	if isRight[outcome] {
		record.Result, e.Response.AnswerCorrect = "right", true
	}
	return nil
}

// isRight is the answer to a guess by its outcome.
var isRight = map[otp.Outcome]bool{
	otp.Passed:    true,
	otp.Unmatched: false,
	otp.Exhausted: false,
	otp.Locked:    false,
	otp.Unknown:   false,
	otp.Expired:   false,
	otp.Used:      false,
	otp.NoUser:    false,
}
