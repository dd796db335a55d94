package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"countersign/functions/internal/starttest"
)

// Both actions, by the events of API Gateway, and the paths of the other contract
// that nobody serves.
func TestWired(t *testing.T) {
	sns := starttest.Environment(t).SNS
	handler, err := wire(slog.New(slog.DiscardHandler), starttest.Ignore)
	if err != nil {
		t.Fatal(err)
	}
	invoke := func(path, query, body string) string {
		t.Helper()
		event := fmt.Appendf(
			nil,
			`{"version":"2.0","rawPath":%q,"rawQueryString":%q,"headers":{"content-type":"application/json",`+
				`"client-id":"demo"},"requestContext":{"http":{"method":"POST","sourceIp":"203.0.113.7"}},"body":%q}`,
			path,
			query,
			body,
		)
		out, err := handler.Invoke(context.Background(), event)
		var answer struct{ Body string }
		if err != nil || json.Unmarshal(out, &answer) != nil {
			t.Fatal(err, out)
		}
		return answer.Body
	}
	if got := invoke("/", "action=otp.send&accessKeyId=demo", `{"to":"+606543216353"}`); !strings.Contains(
		got,
		`"code":"0"`,
	) {
		t.Fatal(got)
	}
	sent := sns.Requests()
	if len(sent) != 1 || sent[0].PhoneNumber != "+606543216353" ||
		!strings.HasSuffix(sent[0].Message, " is your Acme code, valid for 5 minutes.") {
		t.Fatalf("on the wire: %+v", sent)
	}
	verify := fmt.Sprintf(`{"to":"+606543216353","code":%q}`, sent[0].Message[:6])
	for _, want := range []string{`"valid":true`, `"valid":false`} {
		if got := invoke("//", "action=otp.verify&accessKeyId=demo", verify); !strings.Contains(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	if got := invoke("/", "action=otp.send&accessKeyId=demo", `{"to":"+12068800123"}`); !strings.Contains(
		got,
		"107111",
	) { // not in Malaysia
		t.Error(got)
	}
	if got := invoke("/v1/users/nothing", "", "{}"); !strings.Contains(got, "API_INVALID") {
		t.Error(got)
	}
	if got := invoke("/nothing", "", "{}"); !strings.Contains(got, "104002") {
		t.Error(got)
	}
}

// Request objects have no action. They are an error, which Lambda logs and an alarm
// counts, and nothing is taken off a queue.
func TestHTTPOnly(t *testing.T) {
	starttest.Environment(t)
	handler, err := wire(slog.New(slog.DiscardHandler), starttest.Ignore)
	if err != nil {
		t.Fatal(err)
	}
	const object = `{"clientId":"demo","to":"+606543216353","action":"otp.send"}`
	for name, event := range map[string]string{
		"direct": object,
		"SQS": fmt.Sprintf(`{"Records":[{"messageId":"m","eventSource":"aws:sqs",`+
			`"eventSourceARN":"arn:aws:sqs:ap-southeast-1:123456789012:q","body":%q}]}`, object),
		"SNS": fmt.Sprintf(`{"Records":[{"EventSource":"aws:sns","Sns":{"MessageId":"m","Message":%q}}]}`,
			object),
		"EventBridge": `{"detail-type":"t","source":"s","detail":` + object + `}`,
	} {
		out, err := handler.Invoke(t.Context(), []byte(event))
		if err == nil || out != nil {
			t.Fatalf("%s: answered %s", name, out)
		}
		for _, want := range []string{"HTTP only", "InitFunction", "VerifyFunction"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want %s in it", name, err, want)
			}
		}
	}
}
