package ams

import (
	"context"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// trigger serves POST /v1/security/triggerChallenge: it sends the code of an
// authentication once more.
func (s *Init) trigger(ctx context.Context, c *clients.Client, text []byte) answer {
	var triggerID, challengeID string
	broken := decode(text, fields{
		"triggerRequestId": id(&triggerID, 64),
		"challengeId":      id(&challengeID, 64),
	})
	if broken.field == body {
		return broken.answer()
	}
	broken.set("challengeId", required(challengeID))
	a := broken.answer()
	if broken.field == "" {
		a = s.resend(ctx, c, otp.Resend{ID: triggerID, AuthID: challengeID})
	}
	a.triggerID = triggerID
	return a
}

func (s *Init) resend(ctx context.Context, c *clients.Client, r otp.Resend) answer {
	text, err := s.Text(c.Brand, c.Language)
	if err != nil {
		telemetry.From(ctx).Fail("text", err)
		return refuse(unknownException)
	}
	r.Client, r.Policy, r.Text, r.From = c.ID, c.Policy, text, c.SenderID
	got, err := s.Issuer.Resend(ctx, r)
	telemetry.From(ctx).Started("trigger", got, err)
	if a, ok := verifyAnswers[got.Outcome]; ok { // no code is live
		return refuse(a.result)
	}
	result, ok := initResults[got.Outcome]
	if !ok {
		result = unknownException
	}
	return answer{result: result, mask: got.Mask}
}
