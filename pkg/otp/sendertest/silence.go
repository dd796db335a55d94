package sendertest

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/otp"
)

// checkSilence fails the test if err shows any part of the message (P14), or wraps an error that does.
func checkSilence(t *testing.T, err error) {
	t.Helper()
	if inner := errors.Unwrap(err); inner != nil {
		t.Errorf("the error wraps another: %v", inner)
	}
	Silent(t, err)
}

// quoting returns answers that quote the message.
func (s Service) quoting() []Case {
	echo := "<p>" + Number + " " + Text + "</p>"
	return append([]Case{
		{Name: "number as the code", Answer: s.Error(400, Number)},
		{Name: "code in the code", Answer: s.Error(400, "Invalid"+Code)},
		{Name: "text as the code", Answer: s.Error(400, Text)},
		{Name: "echo, not the service's", Answer: awsfake.Body(200, echo)},
		{Name: "error that echoes", Answer: awsfake.Body(400, echo)},
	}, s.Quoting...)
}

func (s Service) testSilence(t *testing.T, answer awsfake.Answer) {
	fake, sender := s.start(t)
	fake.Next(answer)
	fails(t, sender)
}

// testTheWayThere shows that errors of transports and headers of answers that quote the message stay inside.
func (s Service) testTheWayThere(t *testing.T) {
	quote := errors.New(Number + " " + Text)
	lost := func(err error) trip {
		return func(*http.Request) (*http.Response, error) { return nil, err }
	}
	answers := func(status int, body string) trip {
		return func(r *http.Request) (*http.Response, error) {
			h := http.Header{"X-Amzn-Requestid": {Number}}
			body := io.NopCloser(strings.NewReader(body))
			return &http.Response{StatusCode: status, Header: h, Body: body, Request: r}, nil
		}
	}
	for name, way := range map[string]trip{
		"lost":            lost(quote),
		"wrapped":         lost(&net.OpError{Op: "read", Net: "tcp", Err: quote}),
		"not connected":   lost(&net.OpError{Op: "dial", Net: "tcp", Err: quote}),
		"header, success": answers(200, s.Empty),
		"header, error":   answers(400, s.Coded),
	} {
		t.Run(name, func(t *testing.T) { fails(t, s.sender(t, awsfake.AWS(), "", &wire{trip: way})) })
	}
}

// fails sends the message, and wants an error that does not show it.
func fails(t *testing.T, s otp.Sender) {
	t.Helper()
	d, _, err := s.Send(t.Context(), Message())
	if d == otp.Accepted || err == nil {
		t.Fatalf("Send = %s, %v, want a failure", names[d], err)
	}
	checkSilence(t, err)
}
