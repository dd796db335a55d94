package smsvoice

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"
)

// checkSilence fails the test if err shows any part of the message (P14), or wraps an error that does.
func checkSilence(t *testing.T, err error) {
	t.Helper()
	if inner := errors.Unwrap(err); inner != nil {
		t.Errorf("the error wraps another: %v", inner)
	}
	sendertest.Silent(t, err)
}

func TestNumberAndCodeStayInside(t *testing.T) {
	echo := fmt.Sprintf("<p>%s %s</p>", sendertest.Number, sendertest.Text)
	answers := map[string]awsfake.Answer{
		"number as the code":      awsfake.RefuseText(400, sendertest.Number, ""),
		"code in the code":        awsfake.RefuseText(400, "Invalid"+sendertest.Code, ""),
		"text as the code":        awsfake.RefuseText(400, sendertest.Text, ""),
		"number as the reason":    awsfake.RefuseText(400, conflict, sendertest.Number),
		"text as the reason":      awsfake.RefuseText(400, validation, sendertest.Text),
		"number as the field":     awsfake.RefuseText(400, validation, "INVALID_PARAMETER", sendertest.Number),
		"echo, not the service's": awsfake.Body(200, echo),
		"error that echoes":       awsfake.Body(400, echo),
	}
	for _, m := range misbehaviour {
		if m.want != otp.Accepted {
			answers[m.name] = m.answer
		}
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			stub, s := start(t, good)
			stub.Next(answer)
			d, _, err := s.Send(t.Context(), sendertest.Message())
			if d == otp.Accepted || err == nil {
				t.Fatalf("Send = %v, %v", d, err)
			}
			checkSilence(t, err)
		})
	}
}

// Errors of transports and headers of answers that quote the message do not leave the package.
func TestTheWayThereStaysInside(t *testing.T) {
	quote := errors.New(sendertest.Number + " " + sendertest.Text)
	fails := func(err error) func(*http.Request) (*http.Response, error) {
		return func(*http.Request) (*http.Response, error) { return nil, err }
	}
	answers := func(status int, body string) func(*http.Request) (*http.Response, error) {
		return func(r *http.Request) (*http.Response, error) {
			h := http.Header{"X-Amzn-Requestid": {sendertest.Number}}
			return &http.Response{
				StatusCode: status,
				Header:     h,
				Body:       io.NopCloser(strings.NewReader(body)),
				Request:    r,
			}, nil
		}
	}
	for name, trip := range map[string]func(*http.Request) (*http.Response, error){
		"lost":            fails(quote),
		"wrapped":         fails(&net.OpError{Op: "read", Net: "tcp", Err: quote}),
		"not connected":   fails(&net.OpError{Op: "dial", Net: "tcp", Err: quote}),
		"header, success": answers(200, "{}"),
		"header, error":   answers(400, `{"__type":"ResourceNotFoundException"}`),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := newSender(awsfake.AWS(), good, &wire{trip: trip})
			if err != nil {
				t.Fatal(err)
			}
			d, _, err := s.Send(t.Context(), sendertest.Message())
			if d == otp.Accepted || err == nil {
				t.Fatalf("Send = %v, %v", d, err)
			}
			checkSilence(t, err)
		})
	}
}

// The log line of an error has the fields that the alarm filters on.
func TestErrorInTheLog(t *testing.T) {
	stub, s := start(t, good)
	stub.Next(awsfake.RefuseText(400, validation, "SENDER_ID_NOT_REGISTERED"))
	_, _, err := s.Send(t.Context(), sendertest.Message())
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Error("send", "sender", err)
	want := `"sender":{"code":"ValidationException","detail":"SENDER_ID_NOT_REGISTERED","status":400,"request":"` +
		awsfake.RequestID + `","operator":true,"reason":"` + badName.Reason + `"}`
	if !strings.Contains(log.String(), want) {
		t.Errorf("logged %s, want %s", log.String(), want)
	}
	want = "sms-voice: ValidationException: SENDER_ID_NOT_REGISTERED: " + badName.Reason + " (HTTP 400, request " +
		awsfake.RequestID + ")"
	if err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}
