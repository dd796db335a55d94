package ams_test

import (
	"strings"
	"testing"

	"countersign/pkg/gateway"
	"countersign/pkg/telemetry"
)

// behind is an edit of a request that came through a gateway with prefixes.
func behind(prefixes ...string) edit {
	return func(r *gateway.Request) { r.Prefix = gateway.Prefixes(prefixes).Of(r.Path) }
}

// The prefix that a gateway in front adds is cut before a request is routed, and is part of what is signed, in the
// request and in the answer.
func TestPrefixOfAGateway(t *testing.T) {
	s := trusted(t)
	key := privateKey(t, "ams-test-client.key.pem")
	sign := signed(t, s, key)
	for _, path := range []string{
		"/prod" + initPath, "/prod/ams/sandbox/api" + strings.TrimPrefix(initPath, "/ams/api"),
	} {
		s.expect("SUCCESS", path, docRequest, behind("/prod"), sign)
	}
	for _, path := range []string{"/prod" + verifyPath, "/prod/ams/api" + verifyPath, verifyPath} {
		target := path
		resp := s.post(path, docVerify, behind("/prod"), sign)
		if got := parse(t, resp).Result.Code; !past(got) {
			t.Errorf("%s: %s", path, got)
		}
		s.signedAnswer(path, merchant, "POST", target, resp)
	}
	// The vendor's SDKs take the prefix for a part of the gateway's URL, and do not sign it.
	without := signs(t, s, key, func(r *gateway.Request, now string) string {
		return "POST " + strings.TrimPrefix(r.Path, "/prod") + "\n" + merchant + "." + now + "." + string(r.Body)
	})
	resp := s.post("/prod"+verifyPath, docVerify, behind("/prod"), without)
	if got := parse(t, resp).Result.Code; !past(got) {
		t.Errorf("signed without the prefix: %s", got)
	}
	s.signedAnswer("without the prefix", merchant, "POST", verifyPath, resp)
	for _, others := range []string{"/other", "/prod/prod"} { // other prefixes are refused
		s.refused("SIGNATURE_INVALID", "/prod"+verifyPath, docVerify, behind("/prod"), signs(t, s, key, func(
			r *gateway.Request, now string,
		) string {
			return "POST " + others + verifyPath + "\n" + merchant + "." + now + "." + string(r.Body)
		}))
	}
	for _, path := range []string{
		"/production" + verifyPath, "/prod/prod" + verifyPath, "/%70rod" + verifyPath, "/PROD" + verifyPath,
		"//prod" + verifyPath, "/prod/" + verifyPath, "/prod", "/prod/",
	} {
		want := "API_INVALID" // the older spelling
		if !strings.Contains(path, "/users/") {
			want = "INVALID_API"
		}
		s.refused(want, path, docVerify, behind("/prod"), sign)
	}
	s.log.Reset()
	s.init.Lines = &telemetry.Lines{}
	s.refused("INVALID_API", "/prod/v1/customers/initAuthentication", docRequest, sign) // without the setting
	if log := s.log.String(); !strings.Contains(log, "named in PathPrefix") || strings.Contains(log, "prod") {
		t.Errorf("logged %s, want the setting and nothing of the path", log)
	}
	// A path that is an API as it is stays one, whatever the prefixes are.
	for _, prefix := range []string{"/v1", "/ams", "/ams/api"} {
		if got := parse(t, s.post(verifyPath, docVerify, behind(prefix), sign)); !past(got.Result.Code) {
			t.Errorf("with the prefix %s: %s", prefix, got.Result.Code)
		}
		got := parse(t, s.post(prefix+verifyPath, docVerify, behind(prefix), sign))
		if !past(got.Result.Code) {
			t.Errorf("behind the prefix %s: %s", prefix, got.Result.Code)
		}
	}
}
