package smsvoice

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// service has the service's words for the suite for senders of AWS.
var service = sendertest.Service{
	Timeout:  Timeout,
	Variable: "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2",
	Fake: func(t *testing.T) *awsfake.Server {
		t.Helper()
		return awsfake.StartSMSVoice(t).Server
	},
	New: func(cfg aws.Config, endpoint string, wire http.RoundTripper) (otp.Sender, error) {
		c := Config{OriginationIdentity: pool, Endpoint: endpoint}
		if wire == nil {
			return New(cfg, c)
		}
		return newSender(cfg, c, wire)
	},
	Error:  func(status int, code string) awsfake.Answer { return awsfake.RefuseText(status, code, "") },
	Broken: "InternalServerException", Unavailable: "ServiceUnavailableException",
	TooMany: "ThrottlingException", Throttled: "ThrottlingException", Unknown: "SomethingNewException",
	Refusing: func(status int) awsfake.Answer {
		return awsfake.RefuseText(status, conflict, "DESTINATION_PHONE_NUMBER_OPTED_OUT")
	},
	RefusalCode: conflict,
	NoID:        "{}",
	EmptyID:     `{"MessageId":""}`,
	Empty:       "{}",
	Beginning:   "{",
	NoCode:      "{}",
	Coded:       `{"__type":"ResourceNotFoundException"}`,
	Wire: []sendertest.Case{
		{Name: "unknown reason", Answer: awsfake.RefuseText(400, conflict, "SOMETHING_NEW"),
			Delivery: otp.MaybeSent, Code: conflict, Status: 400},
		{Name: "not allowed", Answer: awsfake.RefuseText(400, denied, ""),
			Delivery: otp.Refused, Code: denied, Status: 400},
	},
	Quoting: []sendertest.Case{
		{Name: "number as the reason", Answer: awsfake.RefuseText(400, conflict, sendertest.Number)},
		{Name: "text as the reason", Answer: awsfake.RefuseText(400, validation, sendertest.Text)},
		{Name: "number as the field",
			Answer: awsfake.RefuseText(400, validation, "INVALID_PARAMETER", sendertest.Number)},
	},
}

// One request on the wire whatever happens to it (P5), an answer in time (P18), and nothing of the message in an
// error (P14).
func TestService(t *testing.T) { sendertest.RunService(t, service) }

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
