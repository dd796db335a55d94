package snssender

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

// service has SNS's words for the suite for senders of AWS.
var service = sendertest.Service{
	Timeout:  Timeout,
	Variable: "AWS_ENDPOINT_URL_SNS",
	Fake: func(t *testing.T) *awsfake.Server {
		t.Helper()
		return awsfake.StartSNS(t).Server
	},
	New: func(cfg aws.Config, endpoint string, wire http.RoundTripper) (otp.Sender, error) {
		c := Config{Endpoint: endpoint}
		if wire == nil {
			return New(cfg, c)
		}
		return newSender(cfg, c, wire)
	},
	Error:  awsfake.FailSNS,
	Broken: "InternalError", Unavailable: "ServiceUnavailable", TooMany: "Throttled", Throttled: "Throttling",
	Unknown:     "SomethingNew",
	Refusing:    func(status int) awsfake.Answer { return awsfake.FailSNS(status, "InvalidParameter") },
	RefusalCode: "InvalidParameter",
	NoID:        "<PublishResponse><PublishResult></PublishResult></PublishResponse>",
	EmptyID:     "<PublishResponse><PublishResult><MessageId></MessageId></PublishResult></PublishResponse>",
	Empty:       "",
	Beginning:   "<PublishResponse>",
	NoCode:      "<ErrorResponse><Error><Type>Sender</Type><Code></Code></Error></ErrorResponse>",
	Coded:       "<ErrorResponse><Error><Code>NotFound</Code></Error></ErrorResponse>",
	Wire: []sendertest.Case{
		{Name: "not allowed", Answer: awsfake.FailSNS(403, "AuthorizationError"),
			Delivery: otp.Refused, Code: "AuthorizationError", Status: 403},
		{Name: "an empty code", Answer: awsfake.FailSNS(400, ""), Delivery: otp.MaybeSent, Status: 400},
	},
	Quoting: []sendertest.Case{
		{Name: "number as the request id", Answer: awsfake.Body(400, "<ErrorResponse><Error><Code>NotFound</Code>"+
			"</Error><RequestId>"+sendertest.Number+"</RequestId></ErrorResponse>")},
		{Name: "number as the id, success", Answer: awsfake.Body(200, "<PublishResponse><PublishResult/>"+
			"<ResponseMetadata><RequestId>"+sendertest.Number+"</RequestId></ResponseMetadata></PublishResponse>")},
	},
}

// One request on the wire whatever happens to it (P5), an answer in time (P18), and nothing of the message in an
// error (P14).
func TestService(t *testing.T) { sendertest.RunService(t, service) }

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
