package gateway_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"countersign/pkg/filetest"
	"countersign/pkg/gateway"
)

// seeds are payloads at the edges of each shape.
var seeds = []string{
	`{"Records":[{"messageId":"m","eventSource":"aws:sqs","body":"{\"clientId\":\"U\"}"},` +
		`{"messageId":"\u0000\"","eventSource":"aws:sqs","body":"{\"clientId\":\"U\"}"}]}`,
	`{"Records":[{"messageId":"m","eventSource":"aws:sqs","eventSourceARN":"a.fifo",` +
		`"attributes":{"MessageGroupId":"g"},"body":"{\"clientId\":\"U\"}"},{"messageId":"n",` +
		`"eventSource":"aws:sqs","eventSourceARN":"a.fifo","attributes":{"MessageGroupId":"g"},"body":""}]}`,
	`{"Records":[{"messageId":"m","eventSource":"aws:sqs","EventSource":"aws:sns","body":"",` +
		`"Sns":{"Message":""}}]}`,
	`{"Records":[{"EventSource":"aws:sns","Sns":null},{"EventSource":"aws:sns","Sns":{"MessageId":null,` +
		`"Message":"{\"clientId\":\"U\"}"}}]}`,
	`{"Records":[{"Sns":1}],"Records":null}`, `{"Records":[null,[],1,""]}`,
	`{"detail-type":"t","source":"s","detail":{"clientId":"U"}}`,
	`{"detail-type":"t","source":"s","detail":[{"detail-type":null}]}`,
	`{"detail-type":{},"source":"s","detail":1}`,
	`{"httpMethod":"GET","path":"%","queryStringParameters":{"":"&"},"requestContext":{"elb":{}}}`,
	`{"httpMethod":"GET","multiValueQueryStringParameters":{"a":null},"multiValueHeaders":{"":null},` +
		`"requestContext":{"elb":[]}}`,
	`{"clientId":{},"authenticationRequestId":null,"Records":null}`,
	`{"clientId":"U","rawPath":"/","requestContext":{"http":{},"elb":{}}}`,
}

// FuzzInvoke sends any payload. None makes a panic, each answer is JSON, and the answer to a batch names every record
// that goes back.
func FuzzInvoke(f *testing.F) {
	files, err := filepath.Glob("../../events/*.json")
	if err != nil || len(files) == 0 {
		f.Fatal("no events", err)
	}
	for _, file := range files {
		text := filetest.Read(f, file)
		f.Add(string(text))
	}
	for _, seed := range seeds {
		f.Add(seed)
	}
	h := gateway.Handler{
		Serve: func(_ context.Context, r gateway.Request) gateway.Response {
			return gateway.Response{
				Status: 200, Headers: map[string]string{"a": "1"}, Body: []byte(`{"a":"\"é<"}`),
				Unknown: bytes.Contains(r.Body, []byte("U")),
			}
		},
		Log: slog.New(slog.DiscardHandler),
	}
	f.Fuzz(func(t *testing.T, payload string) {
		out, err := h.Invoke(context.Background(), []byte(payload))
		switch {
		case err != nil && out != nil:
			t.Errorf("an answer and an error: %s", out)
		case err == nil && !json.Valid(out):
			t.Errorf("the answer is not JSON: %s", out)
		}
		const failures = `{"batchItemFailures":`
		if rest, batch := strings.CutPrefix(string(out), failures); batch {
			var list []struct{ ItemIdentifier string }
			if err := json.Unmarshal([]byte(strings.TrimSuffix(rest, "}")), &list); err != nil || list == nil {
				t.Errorf("batchItemFailures is not a list: %s", out)
			}
			for _, item := range list {
				if item.ItemIdentifier == "" { // Lambda would return the whole batch to the queue
					t.Errorf("a record without its id goes back: %s", out)
				}
			}
		}
	})
}
