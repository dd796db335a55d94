package gateway_test

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/gateway"
)

// invoke returns the request that a payload becomes, and the answer to the invoker.
func invoke(t testing.TB, payload string) (seen *gateway.Request, out string, err error) {
	t.Helper()
	h := gateway.Handler{Serve: func(_ context.Context, r gateway.Request) gateway.Response {
		seen = &r
		return gateway.Response{
			Status: 200, Headers: map[string]string{"client-id": "demo"}, Body: []byte(`{"a":"\"é<"}`),
		}
	}}
	text, err := h.Invoke(context.Background(), []byte(payload))
	return seen, string(text), err
}

const answered = `{"statusCode":200,"headers":{"client-id":"demo"},"body":"{\"a\":\"\\\"é<\"}","isBase64Encoded":false}`

func TestShapes(t *testing.T) {
	for _, shapes := range []map[string]shape{apiShapes, albShapes, brokerShapes, directShapes} {
		for name, c := range shapes {
			t.Run(name, func(t *testing.T) {
				seen, out, err := invoke(t, c.payload)
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(*seen, c.want) {
					t.Errorf("became\n%+v\nwant\n%+v", *seen, c.want)
				}
				if out != c.out {
					t.Errorf("answered\n%s\nwant\n%s", out, c.out)
				}
			})
		}
	}
}

// shape is a payload, the request that it becomes, and its answer in the form that the caller expects.
type shape struct {
	payload string
	want    gateway.Request
	out     string
}

// Requests of API Gateway, in both versions of its payload.
var apiShapes = map[string]shape{
	"payload 2.0": {
		`{"version":"2.0","rawPath":"/a%2Fb","rawQueryString":"c=%20","headers":{"client-id":"demo",` +
			`"X-Y":"1,2"},"requestContext":{"http":{"method":"POST","sourceIp":"203.0.113.7"}},"body":"{}"}`,
		gateway.Request{
			Method: "POST", Path: "/a%2Fb", Query: "c=%20",
			Headers: map[string][]string{"client-id": {"demo"}, "x-y": {"1,2"}}, Body: []byte("{}"),
			SourceIP: "203.0.113.7",
		},
		answered,
	},
	"payload 2.0, bare": {
		`{"rawPath":"","requestContext":{"http":{}}}`,
		gateway.Request{Headers: map[string][]string{}, Body: []byte{}}, answered,
	},
	"payload 2.0, null headers and body": {
		`{"rawPath":"/","headers":null,"requestContext":{"http":{"method":"GET"}},"body":null}`,
		gateway.Request{Method: "GET", Path: "/", Headers: map[string][]string{}, Body: []byte{}}, answered,
	},
	"base64": {
		`{"rawPath":"/","requestContext":{"http":{"method":"POST"}},"body":"e30=","isBase64Encoded":true}`,
		gateway.Request{Method: "POST", Path: "/", Headers: map[string][]string{}, Body: []byte("{}")}, answered,
	},
	"bad base64": {
		`{"rawPath":"/","requestContext":{"http":{"method":"POST"}},"body":"{}","isBase64Encoded":true}`,
		gateway.Request{Method: "POST", Path: "/", Headers: map[string][]string{}, Garbled: true}, answered,
	},
	"payload 1.0": {
		`{"httpMethod":"POST","path":"/a","headers":{"Client-Id":"b","Host":"h"},` +
			`"multiValueHeaders":{"Client-Id":["a","b"]},` +
			`"requestContext":{"identity":{"sourceIp":"203.0.113.7"}},"body":"{}"}`,
		gateway.Request{
			Method: "POST", Path: "/a",
			Headers: map[string][]string{"client-id": {"a", "b"}, "host": {"h"}}, Body: []byte("{}"),
			SourceIP: "203.0.113.7",
		},
		answered,
	},
	"payload 1.0, query": {
		`{"httpMethod":"POST","path":"/","queryStringParameters":{"b":"2 ` +
			`+"},"multiValueQueryStringParameters":{"b":["1","2 +"],"a":[""]},"requestContext":{}}`,
		gateway.Request{
			Method: "POST", Path: "/", Query: "a=&b=1&b=2+%2B", Headers: map[string][]string{},
			Body: []byte{},
		},
		answered,
	},
	"payload 1.0, nulls": {
		`{"httpMethod":"GET","path":"/a","headers":null,"multiValueHeaders":null,"requestContext":{},"body":null}`,
		gateway.Request{Method: "GET", Path: "/a", Headers: map[string][]string{}, Body: []byte{}}, answered,
	},
}

// Requests of a load balancer.
var albShapes = map[string]shape{
	"ALB": {
		`{"httpMethod":"POST","path":"/a%2Fb","queryStringParameters":{"b":"2%20+","%61":""},` +
			`"headers":{"client-id":"demo","x-forwarded-for":"203.0.113.7"},` +
			`"requestContext":{"elb":{"targetGroupArn":"arn"}},"body":"{}","isBase64Encoded":false}`,
		gateway.Request{
			Method: "POST", Path: "/a%2Fb", Query: "%61=&b=2%20+",
			Headers: map[string][]string{"client-id": {"demo"}, "x-forwarded-for": {"203.0.113.7"}},
			Body:    []byte("{}"),
		},
		`{"statusCode":200,"statusDescription":"200 ` +
			`OK","headers":{"client-id":"demo"},"body":"{\"a\":\"\\\"é<\"}","isBase64Encoded":false}`,
	},
	"ALB, multi-value": {
		`{"httpMethod":"POST","path":"/","multiValueQueryStringParameters":{"b":["2%20+","1"],` +
			`"%61":[""]},"multiValueHeaders":{"client-id":["a","b"]},` +
			`"requestContext":{"elb":{"targetGroupArn":"arn"}},"body":"e30=","isBase64Encoded":true}`,
		gateway.Request{
			Method: "POST", Path: "/", Query: "%61=&b=2%20+&b=1",
			Headers: map[string][]string{"client-id": {"a", "b"}}, Body: []byte("{}"),
		},
		`{"statusCode":200,"statusDescription":"200 ` +
			`OK","multiValueHeaders":{"client-id":["demo"]},"body":"{\"a\":\"\\\"é<\"}",` +
			`"isBase64Encoded":false}`,
	},
	"ALB, nulls": {
		`{"httpMethod":"GET","path":"/","queryStringParameters":null,` +
			`"multiValueQueryStringParameters":null,"headers":null,"multiValueHeaders":null,` +
			`"requestContext":{"elb":{},"http":null,"identity":null},"body":null,"Records":null,` +
			`"detail-type":null,"clientId":null,"rawPath":null}`,
		gateway.Request{Method: "GET", Path: "/", Headers: map[string][]string{}, Body: []byte{}},
		`{"statusCode":200,"statusDescription":"200 ` +
			`OK","headers":{"client-id":"demo"},"body":"{\"a\":\"\\\"é<\"}","isBase64Encoded":false}`,
	},
}

// Messages of a queue, a topic and a bus.
var brokerShapes = map[string]shape{
	"SQS": {
		`{"Records":[{"messageId":"m","body":"{\"clientId\":\"demo\",\"a\":\"é\"}",` +
			`"eventSource":"aws:sqs","EventSource":null}],"clientId":null}`,
		gateway.Request{Method: "POST", Direct: true, Client: "demo", Body: []byte(`{"clientId":"demo","a":"é"}`)},
		`{"batchItemFailures":[]}`,
	},
	"SNS": {
		`{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","Sns":{"Type":"Notification",` +
			`"MessageId":"m","Message":"{\"clientId\":\"demo\"}"}}],"requestContext":null}`,
		gateway.Request{Method: "POST", Direct: true, Client: "demo", Body: []byte(`{"clientId":"demo"}`)},
		`[{"a":"\"é<"}]`,
	},
	"EventBridge": {
		`{"version":"0","id":"m","detail-type":"Send","source":"shop","detail":{"clientId":"demo", "a":1}}`,
		gateway.Request{Method: "POST", Direct: true, Client: "demo", Body: []byte(`{"clientId":"demo", "a":1}`)},
		`{"a":"\"é<"}`,
	},
}

// Direct invocations.
var directShapes = map[string]shape{
	"direct, nulls": {
		`{"clientId":"demo","rawPath":null,"httpMethod":null,"requestContext":null,"Records":null,` +
			`"detail-type":null}`,
		gateway.Request{
			Method: "POST", Direct: true, Client: "demo",
			Body: []byte(
				`{"clientId":"demo","rawPath":null,"httpMethod":null,"requestContext":null,` +
					`"Records":null,"detail-type":null}`,
			),
		},
		`{"a":"\"é<"}`,
	},
	"direct, members that mark nothing": {
		`{"clientId":"demo","source":"shop","detail":{},"records":[],"eventSource":"aws:sqs"}`,
		gateway.Request{
			Method: "POST", Direct: true, Client: "demo",
			Body: []byte(`{"clientId":"demo","source":"shop","detail":{},"records":[],"eventSource":"aws:sqs"}`),
		},
		`{"a":"\"é<"}`,
	},
	"direct": {
		`{"clientId":"demo","authenticationRequestId":"a"}`,
		gateway.Request{
			Method: "POST", Direct: true, Client: "demo",
			Body: []byte(`{"clientId":"demo","authenticationRequestId":"a"}`),
		},
		`{"a":"\"é<"}`,
	},
	"direct, no client": {
		`{"authenticationRequestId":"a"}`,
		gateway.Request{Method: "POST", Direct: true, Body: []byte(`{"authenticationRequestId":"a"}`)},
		`{"a":"\"é<"}`,
	},
	"direct, client no string": {
		`{"clientId":1,"authenticationRequestId":"a"}`,
		gateway.Request{Method: "POST", Direct: true, Body: []byte(`{"clientId":1,"authenticationRequestId":"a"}`)},
		`{"a":"\"é<"}`,
	},
}

// A payload of an unknown shape is an error, which names the known shapes and quotes nothing of the payload.
func TestUnknownShapes(t *testing.T) {
	for _, payload := range slices.Concat(unknownPayloads, unknownRecords, unknownBusEvents, unknownALBEvents) {
		seen, _, err := invoke(t, payload)
		if err == nil || seen != nil {
			t.Errorf("%s: served", payload)
			continue
		}
		for _, want := range []string{
			"2.0", "1.0", "Function URL", "clientId", "requestContext", "ALB", "elb", "SQS", "SNS",
			"Records", "EventBridge", "detail-type",
		} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want it to name %s", payload, err, want)
			}
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error quotes the payload", payload)
		}
	}
}

// Payloads that are no object, or have only some of the members of a request.
var unknownPayloads = []string{
	"", "null", "[]", `"x"`, "1", "{", "{}", `{"canary":1}`,
	`{"clientId":null,"authenticationRequestId":null,"a":"canary"}`,
	`{"rawPath":"/canary","version":"2.0"}`, `{"rawPath":"/","requestContext":null}`,
	`{"rawPath":"/","requestContext":{}}`, `{"httpMethod":"POST","path":"/canary"}`,
	`{"requestContext":{"http":{"method":"POST"}}}`, `{"rawPath":1,"requestContext":{"http":{}}}`,
	`{"rawPath":"/","headers":[],"requestContext":{"http":{}}}`,
	`{"clientId":"canary","requestContext":{}}`, "\xff", `{"rawPath":"/","requestContext":{"http":{}},"body":5}`,
}

// Records of no known service, of two services, or without a member that they need.
var unknownRecords = []string{
	`{"Records":[]}`, `{"Records":null}`, `{"Records":{}}`, `{"Records":"canary"}`,
	`{"Records":[null]}`, `{"Records":[1]}`, `{"Records":[{}]}`, `{"Records":[[]]}`,
	`{"Records":[{"eventSource":"aws:s3","messageId":"canary"}]}`,
	`{"records":[{"eventSource":"aws:sqs","messageId":"canary","body":"{}"}]}`,
	`{"Records":[{"eventSource":"aws:sqs","body":"canary"}]}`,
	`{"Records":[{"eventSource":"aws:sqs","messageId":"","body":"canary"}]}`,
	`{"Records":[{"eventSource":"aws:sqs","messageId":null,"body":"canary"}]}`,
	`{"Records":[{"eventSource":"aws:sqs","messageId":7,"body":"canary"}]}`,
	`{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":{"clientId":"canary"}}]}`,
	`{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"{}","attributes":{"MessageGroupId":7}}]}`,
	`{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"{}","attributes":"canary"}]}`,
	`{"Records":[{"EventSource":"aws:sqs","messageId":"canary","body":"{}"}]}`,
	`{"Records":[{"eventSource":"aws:sns","Sns":{"Message":"canary"}}]}`,
	`{"Records":[{"EventSource":"aws:sns","Sns":"canary"}]}`,
	`{"Records":[{"EventSource":"aws:sns","Sns":{"Message":{"clientId":"canary"}}}]}`,
	`{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"canary"},{"EventSource":"aws:sns",` +
		`"Sns":{"Message":"canary"}}]}`,
	`{"Records":[{"eventSource":"aws:sqs","EventSource":"aws:sns","messageId":"m","body":"canary",` +
		`"Sns":{"Message":"canary"}}]}`,
	`{"Records":[{"eventSource":"aws:sqs","messageId":"m","body":"canary"},{"eventSource":"aws:s3"}]}`,
}

// EventBridge events without a member that they need, or with one of another type.
var unknownBusEvents = []string{
	`{"detail-type":"canary","detail":{"clientId":"demo"}}`,
	`{"source":"canary","detail":{"clientId":"demo"}}`, `{"detail-type":"canary","source":"shop"}`,
	`{"detail-type":"canary","source":"shop","detail":null}`,
	`{"detail-type":7,"source":"canary","detail":{"clientId":"demo"}}`,
	`{"detail-type":"canary","source":["shop"],"detail":{"clientId":"demo"}}`,
	`{"detail-type":"canary","source":"shop","id":7,"detail":{"clientId":"demo"}}`,
}

// Load balancer requests without a member that they need, or with one of another type.
var unknownALBEvents = []string{
	`{"requestContext":{"elb":{}},"path":"/canary"}`,
	`{"httpMethod":"POST","path":["canary"],"requestContext":{"elb":{}}}`,
	`{"httpMethod":"POST","path":"/","requestContext":{"elb":{}},"queryStringParameters":"canary"}`,
	`{"httpMethod":"POST","path":"/","requestContext":{"elb":{}},"queryStringParameters":{"a":["canary"]}}`,
	`{"httpMethod":"POST","path":"/","requestContext":{"elb":{}},"multiValueQueryStringParameters":{"a":"canary"}}`,
}

// A call ends when its time is over, whatever it waits for.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		h := gateway.Handler{Serve: func(ctx context.Context, _ gateway.Request) gateway.Response {
			<-ctx.Done()
			return gateway.Response{Status: 200}
		}}
		if _, err := h.Invoke(context.Background(), []byte(`{"clientId":"demo"}`)); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took != gateway.Timeout {
			t.Errorf("took %v of virtual time, want %v", took, gateway.Timeout)
		}
	})
}
