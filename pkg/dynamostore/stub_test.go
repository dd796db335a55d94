package dynamostore_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"countersign/pkg/dynamostore"
)

// answering is a table that gives the same answer to every request.
type answering struct {
	status int
	body   string
}

func (a answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/x-amz-json-1.0"}, "X-Amzn-Requestid": {"STUB"}},
		ContentLength: int64(len(a.body)), Body: io.NopCloser(strings.NewReader(a.body)), Request: r,
	}, nil
}

// refusing returns a table whose conditions never hold. item is the part of its answer with
// the item that refuses a write, "" for none.
func refusing(item string) answering {
	return answering{http.StatusBadRequest, `{"__type":"com.amazonaws.dynamodb.v20120810#` +
		`ConditionalCheckFailedException","message":"The conditional request failed"` + item + `}`}
}

// stubbed returns a store with the programs' client, on a stub of a table.
func stubbed(t testing.TB, transport http.RoundTripper) *dynamostore.Store {
	t.Helper()
	client, err := dynamostore.NewClient(dynamostore.Config{Endpoint: "http://table.invalid", Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return dynamostore.New(client, "table")
}
