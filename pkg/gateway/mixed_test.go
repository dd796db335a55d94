package gateway_test

import (
	"context"
	"encoding/json"
	"testing"

	"countersign/pkg/gateway"
)

func TestMixedShapes(t *testing.T) {
	for _, payload := range []string{`{"clientId":"demo","rawPath":"/"}`, `{"clientId":"demo","httpMethod":"POST"}`, `{"authenticationRequestId":"a","rawPath":""}`} {
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
