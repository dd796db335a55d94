package ams

import (
	"context"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/telemetry"
)

// Init serves initAuthentication. It is safe for concurrent use.
type Init struct {
	*Gate
	Issuer otp.Issuer
	Lookup phone.Lookup
	Users  Users // behind wallet tokens; nil: there are none
	Text   Texts
}

// Texts returns the message of a brand in the first of the languages that there
// is a text in, or in English.
type Texts func(brand string, languages ...string) (otp.Text, error)

// Serve answers one request.
func (s *Init) Serve(ctx context.Context, r gateway.Request) gateway.Response {
	return s.serve(ctx, r, s.api, s.direct(r))
}

func (s *Init) api(route string) api {
	switch route {
	case apiCustomersInit:
		return s.customers
	case apiUsersInit:
		return s.users
	case apiTrigger:
		return s.trigger
	}
	return nil
}

// customers serves POST /v1/customers/initAuthentication: it sends a code to a
// phone number.
func (s *Init) customers(ctx context.Context, c *clients.Client, text []byte) answer {
	var requestID, method, kind, identityType, identityValue, language string
	broken := decode(text, fields{
		"authenticationRequestId": id(&requestID, 64),
		"authenticationMethod":    enum(&method),
		"authenticationType":      enum(&kind),
		"identityType":            enum(&identityType),
		"identityValue":           value(&identityValue, 128),
		"env":                     env(&language),
	})
	if broken.field == body {
		return broken.answer()
	}
	broken.set("authenticationRequestId", required(requestID))
	broken.set("authenticationMethod", oneOf(method, "OTP"))
	broken.set("authenticationType", oneOf(kind, "SMS"))
	broken.set("identityType", oneOf(identityType, "MOBILENO"))
	broken.set("identityValue", required(identityValue))
	a := broken.answer()
	if broken.field == "" {
		counts := []string{apiCustomersInit, method, kind, identityType, identityValue}
		a = s.toNumber(ctx, c, identityValue, language, otp.Start{ID: requestID, Fingerprinted: counts})
	}
	a.requestID = requestID
	return a
}

// toNumber starts a challenge for a number that the caller gave. A number that
// may not be sent to binds nothing: a corrected request may use the same id.
func (s *Init) toNumber(ctx context.Context, c *clients.Client, number, language string, start otp.Start) answer {
	n, refusal := s.recipient(c, number)
	about(ctx, n)
	switch refusal {
	case otp.BadNumber:
		return refuse(invalidPhoneNumber)
	case otp.Barred:
		telemetry.From(ctx).Outcome = refusal // as there are other reasons to deny access
		return refuse(accessDenied)
	}
	return s.start(ctx, c, n, language, start)
}

// about notes which number a request is about.
func about(ctx context.Context, n phone.Number) {
	told := telemetry.From(ctx)
	told.Mask, told.Country = n.Mask, n.Region
}

// recipient looks a number up and checks it against the client's policy.
func (s *Init) recipient(c *clients.Client, number string) (n phone.Number, refusal otp.Outcome) {
	cc, national, ok := phone.Split(number)
	if !ok {
		return n, otp.BadNumber
	}
	n, ok = s.Lookup("+" + cc + national)
	switch {
	case !ok, n.CC != cc, !n.Meets(c.Numbers):
		return n, otp.BadNumber
	case !c.MayReach(n.Kind), !c.MaySendTo(n.Region):
		return n, otp.Barred
	}
	return n, ""
}

// start makes the challenge and puts what became of it into the contract's words.
func (s *Init) start(ctx context.Context, c *clients.Client, n phone.Number, language string, start otp.Start) answer {
	text, err := s.Text(c.Brand, language, c.Language)
	if err != nil {
		telemetry.From(ctx).Fail("text", err)
		return refuse(unknownException)
	}
	start.Client, start.Policy, start.Text, start.From = c.ID, c.Policy, text, c.SenderID
	start.To, start.Mask, start.Region = n.E164, n.Mask, n.Region
	got, err := s.Issuer.Init(ctx, start)
	telemetry.From(ctx).Started("init", got, err)
	r, ok := initResults[got.Outcome]
	if !ok {
		r = unknownException
	}
	return answer{result: r, authID: got.AuthID, mask: got.Mask}
}

// initResults puts the outcomes of init into the contract's words. What is not
// here is unknown: the same id may be tried again.
var initResults = map[otp.Outcome]result{
	otp.Sent:          success,
	otp.Inconsistent:  repeatInconsistent,
	otp.TooSoon:       timesExceed,
	otp.TooMany:       sendTimesExceed,
	otp.Undeliverable: processFail,
	otp.BadToken:      invalidAccessToken,
	otp.NoUser:        userNotExist,
	otp.Blocked:       userAbnormal,
	otp.BadNumber:     invalidPhoneNumber,
	otp.Barred:        accessDenied,
}
