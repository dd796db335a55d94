package gateway_test

import (
	"context"
	"strings"
	"testing"

	"countersign/pkg/gateway"
)

func TestPrefixes(t *testing.T) {
	prefixes, err := gateway.ParsePrefixes("/prod, /prod/otp,/v1,/a-b_c~.d")
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{ // prefix and route
		"/prod/v1/x": "/prod /v1/x", "/prod": "/prod /", "/prod/": "/prod /", "/prod//": "/prod //",
		"/production/v1/x": " /production/v1/x", "/prod.v1": " /prod.v1", "/PROD/v1": " /PROD/v1",
		"/prod/prod/v1/x": "/prod /prod/v1/x", "/prod/otp/v1/x": "/prod/otp /v1/x", "/prod/otpx": "/prod /otpx",
		"//prod/v1": " //prod/v1", "/%70rod/v1": " /%70rod/v1", "/prod%2Fv1": " /prod%2Fv1", "prod/v1": " prod/v1",
		"/x/prod/v1": " /x/prod/v1", "/": " /", "": " ", "/v1/v1/x": "/v1 /v1/x", "/a-b_c~.d/x": "/a-b_c~.d /x",
		"/prod/../v1": "/prod /../v1", "/prod?x": " /prod?x",
	} {
		r := gateway.Request{Path: path, Prefix: prefixes.Of(path)}
		if got := r.Prefix + " " + r.Route(); got != want {
			t.Errorf("%q: %q, want %q", path, got, want)
		}
	}
	if none, err := gateway.ParsePrefixes(""); err != nil || none.Of("/prod/v1") != "" {
		t.Error(none, err)
	}
	for _, bad := range []string{
		"prod", "/", "/prod/", "//prod", "/prod//x", "/..", "/prod/.", "/.well-known", "/prod,", ",", " ", "/pro d",
		"/prod?x", "/prod#", "/%70rod", "/prød", "https://example.com/prod", "/" + strings.Repeat("x", 128), "*",
	} {
		if got, err := gateway.ParsePrefixes(bad); err == nil || !strings.Contains(err.Error(), `"/prod"`) {
			t.Errorf("%q is %q, %v, want an error with an example", bad, got, err)
		}
	}
}

// A handler notes the prefix of HTTP requests of every shape, and keeps the path.
func TestHandlerPrefixes(t *testing.T) {
	var got gateway.Request
	h := gateway.Handler{Prefixes: gateway.Prefixes{"/prod"}, Serve: func(
		_ context.Context, r gateway.Request,
	) gateway.Response {
		got = r
		return gateway.Response{Status: 200, Body: []byte("{}")}
	}}
	for shape, event := range map[string]string{
		"payload 2.0": `{"version":"2.0","rawPath":"/prod/v1/x","rawQueryString":"",` +
			`"requestContext":{"http":{"method":"POST","sourceIp":"192.0.2.1"}}}`,
		"payload 1.0": `{"version":"1.0","path":"/prod/v1/x","httpMethod":"POST","requestContext":{"identity":{}}}`,
		"ALB": `{"path":"/prod/v1/x","httpMethod":"POST","headers":{"host":"x"},` +
			`"requestContext":{"elb":{"targetGroupArn":"x"}}}`,
	} {
		got = gateway.Request{}
		if _, err := h.Invoke(context.Background(), []byte(event)); err != nil {
			t.Fatal(shape, err)
		}
		if got.Path != "/prod/v1/x" || got.Prefix != "/prod" || got.Route() != "/v1/x" {
			t.Errorf("%s: %+v", shape, got)
		}
	}
}
