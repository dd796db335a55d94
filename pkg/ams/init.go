package ams

import (
	"context"
	"errors"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/password"
	"countersign/pkg/phone"
	"countersign/pkg/strictjson"
	"countersign/pkg/telemetry"
)

// Init serves the APIs that send a message: initAuthentication and triggerChallenge. It is safe for concurrent use.
type Init struct {
	*Gate
	Messages admission.Messages
	Users    Users // behind wallet tokens; nil: there are none
	// Passwords are those of users; nil: there are none.
	Passwords *password.Accounts
}

// Serve answers one request.
func (s *Init) Serve(ctx context.Context, r gateway.Request) gateway.Response {
	find := func(route string) api { return s.api(ctx, route, r) }
	return s.serve(ctx, r, find, s.direct(r))
}

func (s *Init) api(ctx context.Context, route string, r gateway.Request) api {
	switch route {
	case apiCustomersInit:
		return s.customers
	case apiUsersInit:
		return s.users
	case apiSetPassword:
		if s.Passwords.Served(ctx) {
			return s.setPassword
		}
	case apiTrigger:
		return func(ctx context.Context, c *clients.Client, body []byte) answer {
			return s.trigger(ctx, c, body, signedAt(c, r))
		}
	}
	return nil
}

// customers serves POST /v1/customers/initAuthentication: it sends a code to a phone number, or asks for the
// password of its user.
func (s *Init) customers(ctx context.Context, c *clients.Client, text []byte) answer {
	var requestID, method, kind, identityType, identityValue, language, source string
	var payment otp.Payment
	broken := strictjson.Decode(text, strictjson.Fields{
		"authenticationRequestId": id(&requestID, 64),
		"authenticationMethod":    enum(&method),
		"authenticationType":      enum(&kind),
		"identityType":            enum(&identityType),
		"identityValue":           value(&identityValue, 128),
		"env":                     env(&language, &source, c.Sources.Env),
		"payment":                 admission.Payment(&payment),
	})
	if broken.Field == strictjson.Whole {
		return refused(broken)
	}
	broken.Set("authenticationRequestId", required(requestID))
	broken.Set("authenticationMethod", oneOf(method, methods(ctx, s.Passwords, method)...))
	if method == methodPassword {
		broken.Set("authenticationType", oneOf(kind, kinds()...))
		if !payment.None() {
			broken.Set("payment", "must be left out with PASSWORD")
		}
	} else {
		broken.Set("authenticationType", oneOf(kind, "SMS"))
	}
	broken.Set("identityType", oneOf(identityType, "MOBILENO"))
	broken.Set("identityValue", required(identityValue))
	a := refused(broken)
	fingerprinted := []string{apiCustomersInit, method, kind, identityType, identityValue}
	switch {
	case broken.Field != "":
	case method == methodPassword:
		a = s.ask(ctx, c, kind, identityValue, otp.Ask{ID: requestID, Fingerprinted: fingerprinted})
	default:
		a = s.toNumber(ctx, c, identityValue, language, otp.Start{
			ID: requestID, Fingerprinted: fingerprinted, Source: admission.Source(source), Payment: payment,
		})
	}
	a.requestID = requestID
	return a
}

// toNumber starts a challenge for a number that the caller gave, with the fields of r from the request. A refused
// number is not stored with the id, so a corrected request may use the same id.
func (s *Init) toNumber(ctx context.Context, c *clients.Client, number, language string, r otp.Start) answer {
	n, refusal := s.recipient(ctx, c, "identityValue", number)
	if refusal != "" {
		if refusal != otp.BadNumber { // which has a result of its own
			telemetry.From(ctx).Outcome = refusal
		}
		return refuse(resultOf(refusal))
	}
	start, err := s.Messages.Start(ctx, c, n, r.Payment, language)
	if err != nil {
		return noText(err)
	}
	start.ID, start.Fingerprinted, start.Source = r.ID, r.Fingerprinted, r.Source
	return s.start(ctx, start)
}

// numberRule is the form of [phone.Split].
const numberRule = "country code, hyphen and national number, in digits, without plus, blanks and a leading 0"

// recipient decides whether a message may go to a number in the form of [phone.Split]. The log line of a refused number
// has the field and the rule; the caller does not learn the rule.
func (s *Init) recipient(ctx context.Context, c *clients.Client, field, number string) (phone.Number, otp.Outcome) {
	cc, national, ok := phone.Split(number)
	if !ok {
		telemetry.From(ctx).Detail = field + ": must be " + numberRule
		return phone.Number{}, otp.BadNumber
	}
	n, refusal := s.Messages.Recipient(ctx, c, "+"+cc+national)
	switch {
	case n.E164 != "" && n.CC != cc:
		telemetry.From(ctx).Detail = field + ": must have its hyphen after the country code"
		return n, otp.BadNumber
	case refusal != "":
		telemetry.From(ctx).Detail = field + ": " + admission.Rule(c, n, refusal)
	}
	return n, refusal
}

// noText answers where there is no message: a payment that makes it too long is at fault, and nothing is written.
func noText(err error) answer {
	var unfit *admission.Unfit
	if errors.As(err, &unfit) {
		return illegal("payment", unfit.Rule)
	}
	return refuse(unknownException)
}

// start makes the challenge and answers with its outcome.
func (s *Init) start(ctx context.Context, start otp.Start) answer {
	got, err := s.Messages.Issuer.Init(ctx, start)
	telemetry.From(ctx).Started("init", got, err)
	return answer{result: resultOf(got.Outcome), authID: got.AuthID, form: smsForm(got.Mask)}
}
