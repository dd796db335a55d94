package ams

import (
	"context"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/strictjson"
	"countersign/pkg/telemetry"
)

// trigger serves POST /v1/security/triggerChallenge: it sends the code of an authentication once more, or returns the
// key for its password. at is when its request was signed, see [signedAt].
func (s *Init) trigger(ctx context.Context, c *clients.Client, text []byte, at otp.Millis) answer {
	var triggerID, challengeID string
	broken := strictjson.Decode(text, strictjson.Fields{
		"triggerRequestId": id(&triggerID, 64),
		"challengeId":      id(&challengeID, 64),
		"payment":          never("must be left out: a code that is sent again confirms the payment of its init"),
	})
	if broken.Field == strictjson.Whole {
		return refused(broken)
	}
	broken.Set("challengeId", required(challengeID))
	a := refused(broken)
	if broken.Field == "" {
		a = s.resend(ctx, c, otp.Resend{ID: triggerID, AuthID: challengeID, SignedAt: at})
	}
	a.triggerID = triggerID
	return a
}

func (s *Init) resend(ctx context.Context, c *clients.Client, r otp.Resend) answer {
	resend, err := s.Messages.Resend(ctx, c)
	if err != nil {
		return refuse(unknownException)
	}
	resend.ID, resend.AuthID, resend.SignedAt = r.ID, r.AuthID, r.SignedAt
	got, err := s.Messages.Issuer.Resend(ctx, resend)
	telemetry.From(ctx).Started("trigger", got, err)
	a := answer{result: resultOf(got.Outcome), form: smsForm(got.Mask)}
	switch {
	case got.Outcome != otp.AskedPassword:
	case !s.Passwords.Served(ctx): // any more: nothing can pass the challenge
		a.result = requestIDInvalid
	default:
		a.form, a.key = passwordForm(got.Password), s.Passwords.ChallengeKey(ctx)
	}
	return a
}
