package ams

import (
	"cmp"
	"context"

	"github.com/go-json-experiment/json"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/strictjson"
	"countersign/pkg/telemetry"
	"countersign/pkg/users"
)

// Users finds the people behind wallet tokens. It is safe for concurrent use.
type Users interface {
	// Resolve finds the user of one of a client's tokens.
	Resolve(ctx context.Context, client, token string) (users.Person, users.Standing, error)
	// Check returns the standing of the user whose reference Resolve returned.
	Check(ctx context.Context, ref string) (users.Standing, error)
}

// against returns the outcome that refuses a user, "" for one in good standing.
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

// Standings checks users at verify.
type Standings struct{ Users }

// Standing implements [otp.Users].
func (s Standings) Standing(ctx context.Context, user string) (otp.Outcome, error) {
	standing, err := s.Check(ctx, user)
	return against(standing), err
}

// users serves POST /v1/users/initAuthentication: it sends a code to the user behind a wallet token.
func (s *Init) users(ctx context.Context, c *clients.Client, text []byte) answer {
	var requestID, kind, channel, identityType, token string
	var payment otp.Payment
	broken := strictjson.Decode(text, strictjson.Fields{
		"authenticationRequestId":   id(&requestID, 64),
		"authenticationType":        enum(&kind),
		"authenticationChannelType": enum(&channel),
		"userIdentityType":          enum(&identityType),
		"userIdentityValue":         value(&token, 128),
		"payment":                   admission.Payment(&payment),
	})
	if broken.Field == strictjson.Whole {
		return refused(broken)
	}
	broken.Set("authenticationRequestId", required(requestID))
	broken.Set("authenticationType", oneOf(kind, "OTP"))
	broken.Set("authenticationChannelType", oneOf(channel, "SMS", "EMAIL"))
	broken.Set("userIdentityType", oneOf(identityType, "WALLET_TOKEN"))
	broken.Set("userIdentityValue", required(token))
	a := refused(broken)
	switch {
	case broken.Field != "":
	case channel == "EMAIL": // there is no sender of mail
		a = refuse(accessDenied)
	default:
		fingerprinted := []string{apiUsersInit, kind, channel, identityType, token}
		a = s.toUser(ctx, c, token, otp.Start{ID: requestID, Fingerprinted: fingerprinted, Payment: payment})
	}
	return answer{result: a.result, detail: a.detail, requestID: requestID}
}

// userNumber is the field of a number that the request does not have.
const userNumber = "number of the user"

// person finds the user of a token, or the outcome that refuses the token. It notes an error.
func (s *Init) person(ctx context.Context, c *clients.Client, token string) (users.Person, otp.Outcome, error) {
	if s.Users == nil {
		return users.Person{}, otp.BadToken, nil
	}
	person, standing, err := s.Users.Resolve(ctx, c.ID, token)
	if err != nil {
		telemetry.From(ctx).Fail("user", err)
		return users.Person{}, "", err
	}
	return person, against(standing), nil
}

// toUser starts a challenge for the user of a token, with the fields of r from the request. A refusal is stored with
// the id, like the outcome of any init.
func (s *Init) toUser(ctx context.Context, c *clients.Client, token string, r otp.Start) answer {
	var n phone.Number
	person, refusal, err := s.person(ctx, c, token)
	switch {
	case err != nil:
		return refuse(unknownException)
	case refusal != "":
	case person.Number == "":
		refusal = otp.Undeliverable
	default:
		n, refusal = s.recipient(ctx, c, userNumber, person.Number)
	}
	start, err := s.Messages.Start(ctx, c, n, r.Payment)
	if err != nil {
		return noText(err)
	}
	start.ID, start.Fingerprinted, start.User = r.ID, r.Fingerprinted, person.Ref
	start.Refusal = cmp.Or(refusal, start.Refusal)
	return s.start(ctx, start)
}

// direct returns the route of a request object by its body: each API has a field that the others do not have.
func (s *Init) direct(r gateway.Request) string {
	var has struct {
		UserIdentityType any `json:"userIdentityType"`
		ChallengeID      any `json:"challengeId"`
		PasswordValue    any `json:"passwordValue"`
	}
	if !r.Direct || json.Unmarshal(r.Body, &has) != nil {
		return apiCustomersInit
	}
	switch {
	case has.PasswordValue != nil:
		return apiSetPassword
	case has.UserIdentityType != nil:
		return apiUsersInit
	case has.ChallengeID != nil:
		return apiTrigger
	}
	return apiCustomersInit
}
