package ams

import (
	"context"

	"countersign/pkg/clients"
	"countersign/pkg/telemetry"
)

// trigger serves POST /v1/security/triggerChallenge: it sends the code of an authentication once more.
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
		a = s.resend(ctx, c, triggerID, challengeID)
	}
	a.triggerID = triggerID
	return a
}

func (s *Init) resend(ctx context.Context, c *clients.Client, id, authID string) answer {
	resend, err := s.Messages.Resend(ctx, c)
	if err != nil {
		return refuse(unknownException)
	}
	resend.ID, resend.AuthID = id, authID
	got, err := s.Messages.Issuer.Resend(ctx, resend)
	telemetry.From(ctx).Started("trigger", got, err)
	if a, ok := verifyAnswers[got.Outcome]; ok { // no code is live
		return refuse(a.result)
	}
	return answer{result: initResult(got.Outcome), mask: got.Mask}
}
