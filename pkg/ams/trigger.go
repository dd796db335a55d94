package ams

import (
	"cmp"
	"context"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/password"
	"countersign/pkg/strictjson"
	"countersign/pkg/telemetry"
)

// trigger serves POST /v1/security/triggerChallenge: it sends the code of an authentication once more, or returns the
// key for its password. With the method PASSWORD it sends nothing in any case: the key is then also for the password
// that a user may set who has just typed a code. at is when its request was signed, see [signedAt].
func (s *Init) trigger(ctx context.Context, c *clients.Client, text []byte, at otp.Millis) answer {
	var triggerID, challengeID, method string
	broken := strictjson.Decode(text, strictjson.Fields{
		"triggerRequestId":     id(&triggerID, 64),
		"challengeId":          id(&challengeID, 64),
		"authenticationMethod": enum(&method),
		"payment":              never("must be left out: a code that is sent again confirms the payment of its init"),
	})
	if broken.Field == strictjson.Whole {
		return refused(broken)
	}
	broken.Set("challengeId", required(challengeID))
	broken.Set("authenticationMethod", optional(method, methods(ctx, s.Passwords, cmp.Or(method, "OTP"))...))
	a := refused(broken)
	switch {
	case broken.Field != "":
	case method == methodPassword:
		a = s.key(ctx, c, challengeID)
	default:
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
	return s.triggered(ctx, got)
}

// key returns the key to which the caller encrypts a password. It stores nothing, so triggerRequestId binds nothing.
func (s *Init) key(ctx context.Context, c *clients.Client, authID string) answer {
	got, err := s.Messages.Issuer.ForPassword(ctx, c.ID, authID, password.ProofAge)
	record := telemetry.From(ctx)
	record.Started("trigger", got, err)
	if got.Outcome == otp.AskedPassword { // of any other the id is what the caller wrote
		record.AuthID = authID
	}
	if got.Password != "" {
		record.Password = string(password.KindOf(got.Password))
	}
	return s.triggered(ctx, got)
}

func (s *Init) triggered(ctx context.Context, got otp.Started) answer {
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
