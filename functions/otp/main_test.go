package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"countersign/pkg/starttest"
)

// The function serves both actions of Unimatrix, and refuses the paths of AMS/DWS that no function serves.
func TestWired(t *testing.T) {
	sns := starttest.Environment(t).SNS
	handler, err := wire(slog.New(slog.DiscardHandler), starttest.Ignore)
	if err != nil {
		t.Fatal(err)
	}
	invoke := func(path, query, body string) string {
		t.Helper()
		event := fmt.Appendf(nil, `{"version":"2.0","rawPath":%q,"rawQueryString":%q,`+
			`"headers":{"content-type":"application/json","client-id":"demo"},`+
			`"requestContext":{"http":{"method":"POST","sourceIp":"203.0.113.7"}},"body":%q}`, path, query, body)
		out, err := handler.Invoke(context.Background(), event)
		var answer struct{ Body string }
		if err != nil || json.Unmarshal(out, &answer) != nil {
			t.Fatal(err, out)
		}
		return answer.Body
	}
	const send, check = "action=otp.send&accessKeyId=demo", "action=otp.verify&accessKeyId=demo"
	if got := invoke("/", send, `{"to":"+606543216353"}`); !strings.Contains(got, `"code":"0"`) {
		t.Fatal(got)
	}
	sent := sns.Requests()
	if len(sent) != 1 || sent[0].PhoneNumber != "+606543216353" ||
		!strings.HasSuffix(sent[0].Message, " is your Acme code, valid for 5 minutes.") {
		t.Fatalf("on the wire: %+v", sent)
	}
	verify := fmt.Sprintf(`{"to":"+606543216353","code":%q}`, sent[0].Message[:6])
	for _, want := range []string{`"valid":true`, `"valid":false`} {
		if got := invoke("//", check, verify); !strings.Contains(got, want) {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for _, c := range []struct{ name, path, query, body, want string }{
		{"a number outside Malaysia", "/", send, `{"to":"+12068800123"}`, "107111"},
		{"a path of AMS/DWS", "/v1/users/nothing", "", "{}", "API_INVALID"},
		{"another path", "/nothing", "", "{}", "104002"},
	} {
		if got := invoke(c.path, c.query, c.body); !strings.Contains(got, c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// The function refuses events of other sources than HTTP with an error. Lambda logs the error, an alarm counts it, and
// a record stays in its queue.
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
