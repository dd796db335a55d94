package starttest

import (
	"fmt"
	"strings"
	"testing"
)

// Prefix tests that a function cuts the prefix of its setting off a path before the path is routed, and that it does
// not start with a prefix that no path can have. found is in the answer to the path, and unknown in that to a path that
// no API has.
func Prefix(t *testing.T, wire func() (Invoker, error), path, query, found, unknown string) {
	t.Helper()
	post := func(prefix, want string) {
		t.Helper()
		function, err := wire()
		if err != nil {
			t.Fatal(err)
		}
		event := fmt.Appendf(nil, `{"version":"2.0","rawPath":%q,"rawQueryString":%q,`+
			`"headers":{"content-type":"application/json","client-id":"demo"},`+
			`"requestContext":{"http":{"method":"POST","sourceIp":"203.0.113.7"}},"body":"{}"}`, prefix+path, query)
		out, err := function.Invoke(t.Context(), event)
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%q: %s, %v, want %s", prefix+path, out, err, want)
		}
	}
	post("/prod", unknown)
	t.Setenv("COUNTERSIGN_PATH_PREFIX", "/prod,/otp/v2")
	for prefix, want := range map[string]string{
		"/prod": found, "/otp/v2": found, "": found, "/production": unknown, "/prod/prod": unknown,
	} {
		post(prefix, want)
	}
	t.Setenv("COUNTERSIGN_PATH_PREFIX", "/prod/")
	if _, err := wire(); err == nil || !strings.Contains(err.Error(), "COUNTERSIGN_PATH_PREFIX") {
		t.Errorf("the function starts with the prefix /prod/: %v", err)
	}
}
