package gateway_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"countersign/pkg/gateway"
)

// An event with the markers of two shapes is rejected. Each of these would be served without the second marker.
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
			same := one == two || one == "direct" && two == "a request" || one == "a request" && two == "direct"
			if same {
				continue
			}
			if both(a, b, "requestContext") || both(a, b, "Records") { // one member with both markers: see below
				continue
			}
			if seen, _, err := invoke(t, "{"+a+","+b+"}"); err == nil || seen != nil {
				t.Errorf("%s and %s: served", one, two)
			}
		}
	}
	for _, payload := range []string{
		`{"clientId":"demo","rawPath":"/"}`, `{"clientId":"demo","httpMethod":"POST"}`,
		`{"authenticationRequestId":"a","rawPath":""}`, `{"clientId":"demo","requestContext":{}}`,
		`{"clientId":"demo","Records":[]}`, `{"clientId":"demo","detail-type":""}`,
		`{"rawPath":"/","httpMethod":"POST","path":"/","requestContext":{"http":{}}}`,
		`{"rawPath":"/","requestContext":{"http":{},"elb":{}}}`,
		`{"httpMethod":"POST","path":"/","requestContext":{"http":{}}}`,
		`{"httpMethod":"POST","path":"/","requestContext":{"http":{},"elb":{}}}`,
		`{"httpMethod":"POST","path":"/","requestContext":{"elb":{},"identity":{}}}`,
		`{"Records":[{"messageId":"m","eventSource":"aws:sqs","body":"{\"clientId\":\"demo\"}"}],"requestContext":{}}`,
		`{"detail-type":"t","source":"s","detail":{"clientId":"demo"},"requestContext":{}}`,
	} {
		if seen, _, err := invoke(t, payload); err == nil || seen != nil {
			t.Errorf("%s: served", payload)
		}
	}
	// The contract, not the gateway, judges a body that is not strict JSON.
	for _, payload := range []string{`{"clientId":"demo","x":1,"x":2}`, "{\"clientId\":\"demo\",\"x\":\"\xff\"}"} {
		if seen, _, err := invoke(t, payload); err != nil || !seen.Direct || string(seen.Body) != payload {
			t.Errorf("%q: %+v %v, want the same bytes as a request", payload, seen, err)
		}
	}
}

func both(a, b, part string) bool { return strings.Contains(a, part) && strings.Contains(b, part) }

// A request object may have the other members of an HTTP event, with any value: the contracts do not document them.
func TestForeignMembers(t *testing.T) {
	for _, member := range []string{
		`"headers":["a"]`, `"headers":{"a":1}`, `"body":{"a":1}`, `"body":7`, `"path":["x"]`,
		`"isBase64Encoded":"no"`, `"rawQueryString":7`,
		`"multiValueHeaders":"x"`, `"queryStringParameters":5`,
		`"multiValueQueryStringParameters":{"a":"b"}`, `"headers":null`, `"colour":["x"]`,
	} {
		object := `{"clientId":"demo","authenticationRequestId":"a",` + member + `}`
		quoted, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		for from, payload := range map[string]string{
			"alone": object,
			"SQS":   `{"Records":[{"messageId":"m","eventSource":"aws:sqs","body":` + string(quoted) + `}]}`,
			"SNS":   `{"Records":[{"EventSource":"aws:sns","Sns":{"Message":` + string(quoted) + `}}]}`,
			"bus":   `{"detail-type":"t","source":"s","detail":` + object + `}`,
		} {
			seen, _, err := invoke(t, payload)
			if err != nil || seen == nil || !seen.Direct || seen.Client != "demo" || string(seen.Body) != object {
				t.Errorf("%s from %s: %+v %v", member, from, seen, err)
			}
		}
		// Beside records, too, such a member marks no second shape.
		const records = `"Records":[{"messageId":"m","eventSource":"aws:sqs","body":"{\"clientId\":\"demo\"}"}]`
		seen, _, err := invoke(t, `{`+records+`,`+member+`}`)
		if err != nil || seen == nil || !seen.Direct {
			t.Errorf("%s beside records: %+v %v", member, seen, err)
		}
	}
}

// A function that serves HTTP only refuses all other events, with an error that names the right function.
func TestHTTPOnly(t *testing.T) {
	only := errors.New("HTTP only")
	for name, c := range map[string]struct {
		payload string
		served  bool
	}{
		"direct": {`{"clientId":"demo"}`, false},
		"SQS": {
			`{"Records":[{"messageId":"m","eventSource":"aws:sqs","body":"{\"clientId\":\"demo\"}"}]}`,
			false,
		},
		"SNS":         {`{"Records":[{"EventSource":"aws:sns","Sns":{"Message":"{\"clientId\":\"demo\"}"}}]}`, false},
		"EventBridge": {`{"detail-type":"t","source":"s","detail":{"clientId":"demo"}}`, false},
		"payload 2.0": {`{"rawPath":"/","requestContext":{"http":{}}}`, true},
		"payload 1.0": {`{"httpMethod":"POST","path":"/","requestContext":{}}`, true},
		"ALB":         {`{"httpMethod":"POST","path":"/","requestContext":{"elb":{}}}`, true},
	} {
		w := newWorker(atOnce)
		w.HTTPOnly = only
		out, err := w.Invoke(t.Context(), []byte(c.payload))
		served, refused := len(w.served) == 1 && err == nil, len(w.served) == 0 && err == only && out == nil
		if served != c.served || refused == c.served {
			t.Errorf("%s: served %v, answered %s, %v", name, w.served, out, err)
		}
	}
	w := newWorker(atOnce)
	w.HTTPOnly = only
	if _, err := w.Invoke(t.Context(), []byte(`{"a":1}`)); err == nil || err == only {
		t.Errorf("an unknown shape: %v, want the error that names the shapes", err)
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
