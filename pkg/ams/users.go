package ams

import (
	"context"

	"github.com/go-json-experiment/json"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/telemetry"
	"countersign/pkg/users"
)

// Users turns wallet tokens into the people behind them. It is safe for
// concurrent use.
type Users interface {
	// Resolve finds the user of one of a client's tokens.
	Resolve(ctx context.Context, client, token string) (users.Person, users.Standing, error)
	// Check tells how the user stands whom Resolve gave the reference of.
	Check(ctx context.Context, ref string) (users.Standing, error)
}

// against is what stands against a user, "" for one in good standing.
func against(s users.Standing) otp.Outcome {
	switch s {
	case users.Good:
		return ""
	case users.NoUser:
		return otp.NoUser
	case users.Blocked:
		return otp.Blocked
	}
	return otp.BadToken
}

// Standings answers for users at verify.
type Standings struct{ Users }

// Standing implements [otp.Users].
func (s Standings) Standing(ctx context.Context, user string) (otp.Outcome, error) {
	standing, err := s.Check(ctx, user)
	return against(standing), err
}

// users serves POST /v1/users/initAuthentication: it sends a code to the user
// behind a wallet token.
func (s *Init) users(ctx context.Context, c *clients.Client, text []byte) answer {
	var requestID, kind, channel, identityType, token string
	broken := decode(text, fields{
		"authenticationRequestId":   id(&requestID, 64),
		"authenticationType":        enum(&kind),
		"authenticationChannelType": enum(&channel),
		"userIdentityType":          enum(&identityType),
		"userIdentityValue":         value(&token, 128),
	})
	if broken.field == body {
		return broken.answer()
	}
	broken.set("authenticationRequestId", required(requestID))
	broken.set("authenticationType", oneOf(kind, "OTP"))
	broken.set("authenticationChannelType", oneOf(channel, "SMS", "EMAIL"))
	broken.set("userIdentityType", oneOf(identityType, "WALLET_TOKEN"))
	broken.set("userIdentityValue", required(token))
	a := broken.answer()
	switch {
	case broken.field != "":
	case channel == "EMAIL": // no client has a sender of mail
		a = refuse(accessDenied)
	default:
		counts := []string{apiUsersInit, kind, channel, identityType, token}
		a = s.toUser(ctx, c, token, otp.Start{ID: requestID, Fingerprinted: counts})
	}
	return answer{result: a.result, detail: a.detail, requestID: requestID}
}

// toUser starts a challenge for the user of a token. What stands against that
// is kept with the id, as the outcome of any init is, so it goes the same way.
func (s *Init) toUser(ctx context.Context, c *clients.Client, token string, start otp.Start) answer {
	start.Refusal = otp.BadToken // of a deployment without users
	var n phone.Number
	if s.Users != nil {
		person, standing, err := s.Users.Resolve(ctx, c.ID, token)
		start.User, start.Refusal = person.Ref, against(standing)
		switch {
		case err != nil:
			telemetry.From(ctx).Fail("user", err)
			return refuse(unknownException)
		case standing != users.Good:
		case person.Number == "":
			start.Refusal = otp.Undeliverable
		default:
			n, start.Refusal = s.recipient(c, person.Number)
			about(ctx, n)
		}
	}
	return s.start(ctx, c, n, "", start)
}

// direct tells which body a request object has: each API has a field that the
// others have not.
func (s *Init) direct(r gateway.Request) string {
	var has struct {
		UserIdentityType any `json:"userIdentityType"`
		ChallengeID      any `json:"challengeId"`
	}
	if !r.Direct || json.Unmarshal(r.Body, &has) != nil {
		return apiCustomersInit
	}
	switch {
	case has.UserIdentityType != nil:
		return apiUsersInit
	case has.ChallengeID != nil:
		return apiTrigger
	}
	return apiCustomersInit
}
