package ams

import (
	"context"
	"log/slog"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// Init serves initAuthentication. It is safe for concurrent use.
type Init struct {
	Clients clients.Directory
	Issuer  otp.Issuer
	Lookup  phone.Lookup
	Text    otp.Text
	Log     *slog.Logger
}

// Serve answers one request.
func (s *Init) Serve(ctx context.Context, r gateway.Request) gateway.Response {
	return serve(ctx, s.Log, r, s.Clients, s.api, apiCustomersInit)
}

func (s *Init) api(route string) api {
	if route == apiCustomersInit {
		return s.customers
	}
	return nil
}

// customers serves POST /v1/customers/initAuthentication: it sends a code to a
// phone number.
func (s *Init) customers(ctx context.Context, c clients.Client, text []byte) answer {
	var requestID, method, kind, identityType, identityValue string
	broken := decode(text, fields{
		"authenticationRequestId": id(&requestID, 64),
		"authenticationMethod":    enum(&method),
		"authenticationType":      enum(&kind),
		"identityType":            enum(&identityType),
		"identityValue":           value(&identityValue, 128),
		"env":                     env,
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
		a = s.send(ctx, c, identityValue, otp.Start{ID: requestID, Counts: []string{apiCustomersInit, method, kind, identityType, identityValue}})
	}
	a.requestID = requestID
	return a
}

// send checks the number against the client's policy, and starts a challenge.
func (s *Init) send(ctx context.Context, c clients.Client, number string, start otp.Start) answer {
	cc, national, ok := phone.Split(number)
	if !ok {
		return refuse(invalidPhoneNumber)
	}
	n, ok := s.Lookup(cc, national)
	switch {
	case !ok:
		return refuse(invalidPhoneNumber)
	case n.Kind != phone.Ordinary, !c.MaySendTo(n.Region):
		return refuse(accessDenied)
	}
	start.Client, start.To, start.Mask = c.ID, n.E164, n.Mask
	start.Policy, start.Text = c.Policy, s.Text
	got, err := s.Issuer.Init(ctx, start)
	if err == nil {
		err = got.Cause
	}
	if err != nil {
		s.Log.Error("init", "client", c.ID, "to", n.Mask, "outcome", string(got.Outcome), "cause", err.Error())
	}
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
}
