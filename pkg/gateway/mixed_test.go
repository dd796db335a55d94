package gateway_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"countersign/pkg/gateway"
)

// An event with the marks of two shapes is none: each of these would be served
// without the member that another shape has.
func TestMixedShapes(t *testing.T) {
	marks := map[string]string{
		"direct":      `"clientId":"demo"`,
		"a request":   `"authenticationRequestId":"a"`,
		"payload 2.0": `"rawPath":"/","requestContext":{"http":{"method":"POST"}}`,
		"payload 1.0": `"httpMethod":"POST","path":"/","requestContext":{}`,
		"ALB":         `"httpMethod":"POST","path":"/","requestContext":{"elb":{"targetGroupArn":"a"}}`,
		"SQS":         `"Records":[{"messageId":"m","eventSource":"aws:sqs","body":"{\"clientId\":\"demo\"}"}]`,
		"SNS":         `"Records":[{"EventSource":"aws:sns","Sns":{"Message":"{\"clientId\":\"demo\"}"}}]`,
		"EventBridge": `"detail-type":"t","source":"s","detail":{"clientId":"demo"}`,
	}
	for one, a := range marks {
		if seen, _, err := invoke(t, "{"+a+"}"); err != nil || seen == nil {
			t.Errorf("%s alone: %v", one, err)
		}
		for two, b := range marks {
			if one == two || one == "direct" && two == "a request" || one == "a request" && two == "direct" {
				continue
			}
			// Two of the same member would be one; those with both in one are below.
			if strings.Contains(a, "requestContext") && strings.Contains(b, "requestContext") || strings.Contains(a, "Records") && strings.Contains(b, "Records") {
				continue
			}
			if seen, _, err := invoke(t, "{"+a+","+b+"}"); err == nil || seen != nil {
				t.Errorf("%s and %s: served", one, two)
			}
		}
	}
	for _, payload := range []string{
		`{"clientId":"demo","rawPath":"/"}`, `{"clientId":"demo","httpMethod":"POST"}`, `{"authenticationRequestId":"a","rawPath":""}`, `{"clientId":"demo","requestContext":{}}`,
		`{"clientId":"demo","Records":[]}`, `{"clientId":"demo","detail-type":""}`,
		`{"rawPath":"/","httpMethod":"POST","path":"/","requestContext":{"http":{}}}`, `{"rawPath":"/","requestContext":{"http":{},"elb":{}}}`,
		`{"httpMethod":"POST","path":"/","requestContext":{"http":{}}}`, `{"httpMethod":"POST","path":"/","requestContext":{"http":{},"elb":{}}}`, `{"httpMethod":"POST","path":"/","requestContext":{"elb":{},"identity":{}}}`,
		`{"Records":[{"messageId":"m","eventSource":"aws:sqs","body":"{\"clientId\":\"demo\"}"}],"requestContext":{}}`, `{"detail-type":"t","source":"s","detail":{"clientId":"demo"},"requestContext":{}}`,
	} {
		if seen, _, err := invoke(t, payload); err == nil || seen != nil {
			t.Errorf("%s: served", payload)
		}
	}
	// What is wrong with a body is the contract's to say.
	for _, payload := range []string{`{"clientId":"demo","x":1,"x":2}`, "{\"clientId\":\"demo\",\"x\":\"\xff\"}"} {
		if seen, _, err := invoke(t, payload); err != nil || !seen.Direct || string(seen.Body) != payload {
			t.Errorf("%q: %+v %v, want it handed on as it came", payload, seen, err)
		}
	}
}

func TestHeadersOut(t *testing.T) {
	want := map[string]string{"a": "1", "b": "\"2\"", "c": "3"}
	h := gateway.Handler{Serve: func(context.Context, gateway.Request) gateway.Response {
		return gateway.Response{Status: 200, Headers: want, Body: []byte("{}")}
	}}
	out, err := h.Invoke(context.Background(), []byte(`{"rawPath":"/","requestContext":{"http":{}}}`))
	var got struct{ Headers map[string]string }
	if err != nil || json.Unmarshal(out, &got) != nil || len(got.Headers) != 3 || got.Headers["b"] != "\"2\"" {
		t.Errorf("%s %v", out, err)
	}
}
