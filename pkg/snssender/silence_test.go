package snssender

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
		"number as the code": awsfake.FailSNS(400, sendertest.Number),
		"code in the code":   awsfake.FailSNS(400, "Invalid"+sendertest.Code),
		"text as the code":   awsfake.FailSNS(400, sendertest.Text),
		"echo, not SNS's":    awsfake.Body(200, echo),
		"error that echoes":  awsfake.Body(400, echo),
		"number as the request id": awsfake.Body(400, "<ErrorResponse><Error><Code>NotFound</Code></Error>"+
			"<RequestId>"+sendertest.Number+"</RequestId></ErrorResponse>"),
		"number as the id, success": awsfake.Body(200, "<PublishResponse><PublishResult/><ResponseMetadata>"+
			"<RequestId>"+sendertest.Number+"</RequestId></ResponseMetadata></PublishResponse>"),
	}
	for _, m := range misbehaviour {
		if m.want != otp.Accepted {
			answers[m.name] = m.answer
		}
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			stub, s := start(t, Config{})
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
		"header, success": answers(200, ""),
		"header, error":   answers(400, "<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>"),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := newSender(awsfake.AWS(), Config{}, &wire{trip: trip})
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
	stub, s := start(t, Config{})
	stub.Next(awsfake.FailSNS(403, "InvalidClientTokenId"))
	_, _, err := s.Send(t.Context(), sendertest.Message())
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Error("send", "sns", err)
	want := `"sns":{"code":"InvalidClientTokenId","status":403,"request":"` + awsfake.RequestID + `","operator":true` +
		`,"reason":"` + badKeys.Reason + `"}`
	if !strings.Contains(log.String(), want) {
		t.Errorf("logged %s, want %s", log.String(), want)
	}
	want = "sns: InvalidClientTokenId: " + badKeys.Reason + " (HTTP 403, request " + awsfake.RequestID + ")"
	if err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
}
