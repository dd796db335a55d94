package gateway_test

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/gateway"
)

// invoke returns what a payload is turned into, and what comes back for an
// answer.
func invoke(t testing.TB, payload string) (seen *gateway.Request, out string, err error) {
	t.Helper()
	h := gateway.Handler{Serve: func(_ context.Context, r gateway.Request) gateway.Response {
		seen = &r
		return gateway.Response{Status: 200, Headers: map[string]string{"client-id": "demo"}, Body: []byte(`{"a":"\"é<"}`)}
	}}
	text, err := h.Invoke(context.Background(), []byte(payload))
	return seen, string(text), err
}

const answered = `{"statusCode":200,"headers":{"client-id":"demo"},"body":"{\"a\":\"\\\"é<\"}","isBase64Encoded":false}`

func TestShapes(t *testing.T) {
	for name, c := range map[string]struct {
		payload string
		want    gateway.Request
		out     string
	}{
		"payload 2.0": {
			`{"version":"2.0","rawPath":"/a%2Fb","rawQueryString":"c=%20","headers":{"client-id":"demo","X-Y":"1,2"},"requestContext":{"http":{"method":"POST","sourceIp":"203.0.113.7"}},"body":"{}"}`,
			gateway.Request{Method: "POST", Path: "/a%2Fb", Query: "c=%20", Headers: map[string][]string{"client-id": {"demo"}, "x-y": {"1,2"}}, Body: []byte("{}"), SourceIP: "203.0.113.7"}, answered,
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
			`{"httpMethod":"POST","path":"/a","headers":{"Client-Id":"b","Host":"h"},"multiValueHeaders":{"Client-Id":["a","b"]},"requestContext":{"identity":{"sourceIp":"203.0.113.7"}},"body":"{}"}`,
			gateway.Request{Method: "POST", Path: "/a", Headers: map[string][]string{"client-id": {"a", "b"}, "host": {"h"}}, Body: []byte("{}"), SourceIP: "203.0.113.7"}, answered,
		},
		"payload 1.0, query": {
			`{"httpMethod":"POST","path":"/","queryStringParameters":{"b":"2 +"},"multiValueQueryStringParameters":{"b":["1","2 +"],"a":[""]},"requestContext":{}}`,
			gateway.Request{Method: "POST", Path: "/", Query: "a=&b=1&b=2+%2B", Headers: map[string][]string{}, Body: []byte{}}, answered,
		},
		"payload 1.0, nulls": {
			`{"httpMethod":"GET","path":"/a","headers":null,"multiValueHeaders":null,"requestContext":{},"body":null}`,
			gateway.Request{Method: "GET", Path: "/a", Headers: map[string][]string{}, Body: []byte{}}, answered,
		},
		"direct": {
			`{"clientId":"demo","authenticationRequestId":"a"}`,
			gateway.Request{Method: "POST", Direct: true, Client: "demo", Body: []byte(`{"clientId":"demo","authenticationRequestId":"a"}`)}, `{"a":"\"é<"}`,
		},
		"direct, no client": {
			`{"authenticationRequestId":"a"}`,
			gateway.Request{Method: "POST", Direct: true, Body: []byte(`{"authenticationRequestId":"a"}`)}, `{"a":"\"é<"}`,
		},
		"direct, client no string": {
			`{"clientId":1,"authenticationRequestId":"a"}`,
			gateway.Request{Method: "POST", Direct: true, Body: []byte(`{"clientId":1,"authenticationRequestId":"a"}`)}, `{"a":"\"é<"}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			seen, out, err := invoke(t, c.payload)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(*seen, c.want) {
				t.Errorf("turned into\n%+v\nwant\n%+v", *seen, c.want)
			}
			if out != c.out {
				t.Errorf("came back as\n%s\nwant\n%s", out, c.out)
			}
		})
	}
}

// What is no known shape is an error that names those that are, and quotes
// nothing of what came.
func TestUnknownShapes(t *testing.T) {
	for _, payload := range []string{
		"", "null", "[]", `"x"`, "1", "{", "{}", `{"canary":1}`, `{"Records":[{"eventSource":"aws:sqs","body":"canary"}]}`,
		`{"rawPath":"/canary","version":"2.0"}`, `{"rawPath":"/","requestContext":null}`, `{"rawPath":"/","requestContext":{}}`, `{"httpMethod":"POST","path":"/canary"}`,
		`{"requestContext":{"http":{"method":"POST"}}}`, `{"rawPath":1,"requestContext":{"http":{}}}`, `{"rawPath":"/","headers":[],"requestContext":{"http":{}}}`,
		`{"clientId":"canary","requestContext":{}}`, "\xff", `{"rawPath":"/","requestContext":{"http":{}},"body":5}`,
	} {
		seen, _, err := invoke(t, payload)
		if err == nil || seen != nil {
			t.Errorf("%s: served", payload)
			continue
		}
		for _, want := range []string{"2.0", "1.0", "Function URL", "clientId", "requestContext"} {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %v, want it to name %s", payload, err, want)
			}
		}
		if strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: the error quotes the payload", payload)
		}
	}
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

// FuzzInvoke: no payload makes a panic, and what is served comes back as JSON.
func FuzzInvoke(f *testing.F) {
	files, err := filepath.Glob("../../events/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no events", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, payload string) {
		if _, out, err := invoke(t, payload); err == nil && !json.Valid([]byte(out)) {
			t.Errorf("%s", out)
		}
	})
}
