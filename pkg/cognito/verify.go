package cognito

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/otp"
)

// verify serves VerifyAuthChallengeResponse: it spends one attempt on the session's
// challenge. For a user who has none that could pass it asks the table all the
// same.
func (t *Triggers) verify(ctx context.Context, e *events.CognitoEventUserPoolsVerifyAuthChallenge) error {
	e.Response = events.CognitoEventUserPoolsVerifyAuthChallengeResponse{} // whatever came in
	client, err := t.client(ctx)
	if err != nil {
		return err
	}
	id := e.Request.PrivateChallengeParameters["session"]
	if len(id) != idLength {
		return t.fault(errors.New("an answer to a challenge that is not ours"))
	}
	code, _ := e.Request.ChallengeAnswer.(string)
	if resends(e.Request.ClientMetadata) || !digits(code) {
		return nil // no guess: no attempt is spent
	}
	if err := t.admit(ctx, client); err != nil {
		return t.fault(err)
	}
	got, err := t.Verifier.Verify(ctx, otp.Check{
		Client: client.ID, ID: challengeID(e.CognitoEventUserPoolsHeader, id), Code: otp.Code(code),
	})
	if err != nil {
		return t.fault(err)
	}
	e.Response.AnswerCorrect = got.Outcome == otp.Passed && !e.Request.UserNotFound
	return nil
}

// digits reports whether an answer could be a code: ASCII digits and nothing else.
func digits(s string) bool { return s != "" && strings.Trim(s, "0123456789") == "" }
