package sendertest

import (
	"net/http"
	"testing"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/otp"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Service is a service of AWS that sends messages, and its sender, for [RunService]. Every field but those of its own
// cases is required.
type Service struct {
	// Timeout is that of the sender.
	Timeout time.Duration
	// Variable is the SDK's environment variable of the service's address.
	Variable string
	// Fake starts the service's fake.
	Fake func(t *testing.T) *awsfake.Server
	// New makes a sender that talks to an endpoint. A nil wire is the sender's own transport, an empty endpoint the
	// service's address.
	New func(cfg aws.Config, endpoint string, wire http.RoundTripper) (otp.Sender, error)

	// Error is an answer with an error code, in the service's form. It quotes the message.
	Error func(status int, code string) awsfake.Answer
	// The service's error codes for its own trouble, with the statuses 500 and 503, for too many messages, with 429
	// and 400, and one that it does not have.
	Broken, Unavailable, TooMany, Throttled, Unknown string
	// Refusing refuses the number with a status. RefusalCode is the error code.
	Refusing    func(status int) awsfake.Answer
	RefusalCode string
	// Bodies of answers: a success without a message id, with an empty one, and with nothing in it, the beginning of
	// a success, an error without a code, and one with a code.
	NoID, EmptyID, Empty, Beginning, NoCode, Coded string

	// Wire has further answers of the service, and Quoting further ones that quote the message.
	Wire, Quoting []Case
}

// Case is a way in which a service, or a machine before it, answers or fails to, and what becomes of the message.
type Case struct {
	Name     string
	Answer   awsfake.Answer
	Delivery otp.Delivery
	Code     string // of the error
	Status   int    // of the error
}

// RunService runs the suite for senders of AWS: on the wire, in time, and in silence.
func RunService(t *testing.T, s Service) {
	t.Helper()
	for _, c := range s.cases() {
		t.Run("one request/"+c.Name, func(t *testing.T) { s.testOneRequest(t, c) })
		if c.Delivery != otp.Accepted {
			t.Run("silence/"+c.Name, func(t *testing.T) { s.testSilence(t, c.Answer) })
		}
	}
	t.Run("closed while idle", s.testClosedWhileIdle)
	t.Run("nobody listens", s.testNobodyListens)
	t.Run("settings of the SDK", s.testSettingsOfTheSDK)
	t.Run("only HTTP/1.1", s.testOnlyHTTP1)
	t.Run("hanging", s.testHanging)
	t.Run("slow", s.testSlow)
	for _, c := range s.quoting() {
		t.Run("silence/"+c.Name, func(t *testing.T) { s.testSilence(t, c.Answer) })
	}
	t.Run("silence/the way there", s.testTheWayThere)
}

// cases returns the ways in which the service answers or fails to. Each makes one request on the wire (P5).
func (s Service) cases() []Case {
	const page = "<html><body>Log in to this network</body></html>"
	unclear := func(name string, answer awsfake.Answer, code string, status int) Case {
		return Case{name, answer, otp.MaybeSent, code, status}
	}
	return append([]Case{
		{"accepts", awsfake.Serve(), otp.Accepted, "", 0},
		unclear("drops before reading", awsfake.Drop(), "", 0),
		unclear("drops after reading", awsfake.DropAfter(), "", 0),
		unclear("500", s.Error(500, s.Broken), s.Broken, 500),
		unclear("500 without a body", awsfake.Body(500, ""), "", 500),
		unclear("502 of a proxy", awsfake.Body(502, "<html><body>Bad Gateway</body></html>"), "", 502),
		unclear("503", s.Error(503, s.Unavailable), s.Unavailable, 503),
		unclear("500 with a refusal's code", s.Refusing(500), s.RefusalCode, 500),
		unclear("200 cut by length", awsfake.Cut(), "", 200),
		unclear("200 cut in the document", awsfake.Half(), "", 200),
		unclear("200 without a message id", awsfake.Body(200, s.NoID), "", 200),
		unclear("200 with an empty message id", awsfake.Body(200, s.EmptyID), "", 200),
		unclear("200 without a body", awsfake.Body(200, ""), "", 200),
		unclear("200 of something else", awsfake.Body(200, page), "", 200),
		unclear("too many with 429", s.Error(429, s.TooMany), s.TooMany, 429),
		unclear("too many with 400", s.Error(400, s.Throttled), s.Throttled, 400),
		unclear("unknown code", s.Error(400, s.Unknown), s.Unknown, 400),
		unclear("no code", awsfake.Body(400, s.NoCode), "", 400),
		unclear("403 of a proxy", awsfake.Body(403, "Forbidden"), "", 403),
		unclear("302", awsfake.Redirect(302), "", 302),
		unclear("307", awsfake.Redirect(307), "", 307),
		unclear("308", awsfake.Redirect(308), "", 308),
		{"refused", s.Refusing(400), otp.Refused, s.RefusalCode, 400},
	}, s.Wire...)
}

// start returns a fake of the service, and a sender that talks to it.
func (s Service) start(t *testing.T) (*awsfake.Server, otp.Sender) {
	t.Helper()
	fake := s.Fake(t)
	return fake, s.sender(t, awsfake.AWS(), fake.URL, nil)
}

func (s Service) sender(t *testing.T, cfg aws.Config, endpoint string, wire http.RoundTripper) otp.Sender {
	t.Helper()
	sender, err := s.New(cfg, endpoint, wire)
	if err != nil {
		t.Fatal(err)
	}
	return sender
}
