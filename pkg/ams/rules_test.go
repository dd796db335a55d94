package ams_test

import (
	"strings"
	"testing"

	"countersign/pkg/ams"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
)

// The whole table of the contract, as both kinds of path answer it.
func TestResultTable(t *testing.T) {
	s := newService(t)
	none := func(r *gateway.Request) { r.Headers["client-id"] = nil }
	get := func(r *gateway.Request) { r.Method = "GET" }
	illegal := "Illegal parameters exist. For example, a non-numeric input, or an invalid date. body: must " +
		"be a JSON object"
	replace := func(old, new string) string { return strings.Replace(docRequest, old, new, 1) }
	s.expect("SUCCESS", initPath, docRequest)
	for _, c := range []struct {
		path, body string
		edit       func(*gateway.Request)
		want       string
	}{
		{initPath, "", get, "METHOD_NOT_SUPPORTED F The server does not implement the requested HTTP method."},
		{verifyPath, "", get, "METHOD_NOT_SUPPORTED F The server does not implement the requested HTTP method."},
		{"/ams/x", "", none, "INVALID_API F API is invalid (or not active)."},
		{"/v1/users/x", "", none, "API_INVALID F API is invalid or not active."},
		{initPath, "", none, "INVALID_CLIENT F Invalid client."},
		{verifyPath, "", none, "CLIENT_INVALID F The client is invalid."},
		{initPath, "", nil, "PARAM_ILLEGAL F " + illegal},
		{verifyPath, "", nil, "PARAM_ILLEGAL F " + illegal},
		{initPath, replace("60-6543216353", "6"), nil, "INVALID_PHONE_NUMBER F Invalid phone number"},
		{initPath, docRequest, client("uk"), "ACCESS_DENIED F Access denied."},
		{
			initPath, replace("6543216353", "6543216354"), nil,
			"REPEAT_REQ_INCONSISTENT F Repeated requests are inconsistent.",
		},
		{
			securityPath, `{"authenticationRequestId":"x","authenticationValue":"1"}`, nil,
			"AUTHENTICATION_REQUEST_ID_INVALID F The value of authenticationRequestId is invalid",
		},
		{
			securityPath, `{"authenticationRequestId":"` + docID + `","authenticationValue":"1"}`, nil,
			"VERIFY_UNMATCHED F The verification code is invalid.",
		},
	} {
		var edits []func(*gateway.Request)
		if c.edit != nil {
			edits = append(edits, c.edit)
		}
		r := parse(t, s.post(c.path, c.body, edits...)).Result
		if got := r.Code + " " + r.Status + " " + r.Message; got != c.want {
			t.Errorf("%s\n got %s\nwant %s", c.path, got, c.want)
		}
	}
	for range 4 {
		s.post(securityPath, `{"authenticationRequestId":"`+docID+`","authenticationValue":"1"}`)
	}
	r := parse(t, s.post(securityPath, `{"authenticationRequestId":"`+docID+`","authenticationValue":"1"}`)).Result
	if got := r.Code + " " +
		r.Message; got != "VERIFY_TIMES_EXCEED_LIMIT The verification code was failed too many times. The "+
		"user must get a new verification." {
		t.Error(got)
	}
}

// Each limit at its edge, and each rule in its words.
func TestRules(t *testing.T) {
	s := newService(t)
	init := func(old, new string) string { return strings.Replace(docRequest, old, new, 1) }
	users := func(old, new string) string { return strings.Replace(docVerify, old, new, 1) }
	security := func(members string) string { return `{"authenticationRequestId":"x",` + members + "}" }
	long := func(n int) string { return strings.Repeat("1", n) }
	envOf := func(n int) string {
		return init(`"env":{`, `"env":{`+strings.ReplaceAll(manyKeys(n-8), ":0", `:""`)+",") // it has eight
	}
	padded := func(n int) string { // n bytes in all
		open := docVerify[:len(docVerify)-1] + `,"x":"`
		return open + strings.Repeat("x", n-len(open)-2) + `"}`
	}
	const unknown = "AUTHENTICATION_REQUEST_ID_INVALID"
	for _, c := range []struct{ path, body, want string }{
		{verifyPath, padded(16 << 10), unknown},
		{verifyPath, padded(16<<10 + 1), "body: at most 16384 bytes"},
		{verifyPath, docVerify + "x", "body: must end after the JSON object"},
		{verifyPath, "{", "body: must be one JSON object in UTF-8, each name once, no lone surrogates"},
		{verifyPath, `{"x":1,"x":1}`, "body: must be one JSON object in UTF-8, each name once, no lone surrogates"},
		{verifyPath, users(docID, long(64)), unknown},
		{verifyPath, users(docID, long(65)), "authenticationRequestId: at most 64 characters"},
		{verifyPath, users(docID, "a b"), unknown},
		{verifyPath, users(docID, `a\u001fb`), "authenticationRequestId: no control characters"},
		{verifyPath, users(docID, ""), "authenticationRequestId: is required"},
		{verifyPath, `{"authenticationType":"OTP","authenticationValue":"1"}`, "authenticationRequestId: is required"},
		{
			verifyPath, users("authenticationRequestId", "AuthenticationRequestId"),
			"authenticationRequestId: must be spelled in this case",
		},
		{verifyPath, users(`"OTP"`, `"SMS"`), "authenticationType: must be OTP"},
		{verifyPath, users(`"OTP"`, "1"), "authenticationType: must be a string"},
		{verifyPath, users("493817", long(256)), unknown},
		{verifyPath, users("493817", long(257)), "authenticationValue: at most 256 characters"},
		{verifyPath, users("493817", "12/4"), "authenticationValue: must be digits"},
		{verifyPath, users("493817", "12:4"), "authenticationValue: must be digits"},
		// the first of two
		{verifyPath, `{"authenticationType":1,"authenticationRequestId":1}`, "authenticationType: must be a string"},
		{initPath, init("60-6543216353", long(128)), "INVALID_PHONE_NUMBER"},
		{initPath, init("60-6543216353", long(129)), "identityValue: at most 128 characters"},
		{initPath, envOf(32), "SUCCESS"},
		{initPath, envOf(33), "env: at most 32 members"},
		{initPath, init(`"8.1.0"`, "8"), "env: each member must be a string"},
		{initPath, init(`"env":{`, `"env":[],"x":{`), "env: must be an object"},
		{initPath, init(`"OTP"`, `"X"`), "authenticationMethod: must be OTP"},
		{initPath, init(`"SMS"`, `"X"`), "authenticationType: must be SMS"},
		{initPath, init(`"MOBILENO"`, `"X"`), "identityType: must be MOBILENO"},
		{securityPath, `{"authenticationValue":"1"}`, "authenticationRequestId: is required"},
		{
			securityPath, security(`"authenticationMethod":"X","authenticationValue":"1"`),
			"authenticationMethod: must be OTP",
		},
		{
			securityPath, security(`"authenticationType":"X","authenticationValue":"1"`),
			"authenticationType: must be SMS or OTP",
		},
		{securityPath, security(`"authenticationId":"` + long(64) + `","authenticationValue":"1"`), unknown},
		{
			securityPath, security(`"authenticationId":"` + long(65) + `","authenticationValue":"1"`),
			"authenticationId: at most 64 characters",
		},
		{securityPath, security(`"challengeData":{"otpValue":"1"}`), "authenticationId: is required"},
		{
			securityPath,
			security(`"authenticationId":"1","challengeData":{"otpValue":"1","challengeType":"sms"}`),
			unknown,
		},
		{
			securityPath,
			security(`"authenticationId":"1","challengeData":{"otpValue":"1","challengeType":"SMS"}`),
			unknown,
		},
		{
			securityPath,
			security(`"authenticationId":"1","challengeData":{"otpValue":"1","challengeType":"X"}`),
			"challengeData: must be sms or SMS or SMS_OTP",
		},
		{securityPath, security(`"authenticationId":"1","challengeData":{"otpValue":"` + long(256) + `"}`), unknown},
		{
			securityPath,
			security(`"authenticationId":"1","challengeData":{"otpValue":"` + long(257) + `"}`),
			"challengeData: otpValue: at most 256 characters",
		},
		{
			securityPath,
			security(`"authenticationId":"1","authenticationValue":"1","challengeData":{"OtpValue":"2"}`),
			"challengeData: otpValue: must be spelled in this case",
		},
		{
			securityPath, security(`"authenticationId":"1","authenticationValue":"1","challengeData":1`),
			"challengeData: must be an object",
		},
		{securityPath, security(`"authenticationValue":"` + long(256) + `"`), unknown},
		{
			securityPath, security(`"authenticationValue":"` + long(257) + `"`),
			"authenticationValue: at most 256 characters",
		},
		{
			securityPath,
			security(`"authenticationId":"1","authenticationValue":"1","challengeData":{"otpValue":"2"}`),
			"authenticationValue: must be the otpValue where both are given",
		},
		{securityPath, security(`"authenticationId":"1","challengeData":{}`), "otpValue: is required"},
	} {
		got := parse(t, s.post(c.path, c.body)).Result
		if got.Code != c.want && !strings.HasSuffix(got.Message, " "+c.want) {
			t.Errorf("%s answered %s %q, want %q", clip(c.body), got.Code, got.Message, c.want)
		}
	}
	for want, edit := range map[string]func(*gateway.Request){
		"body: must be base64 where the event says so": func(r *gateway.Request) {
			r.Body, r.Garbled = nil, true
		},
		"Content-Type: must be application/json where it is given": func(r *gateway.Request) {
			r.Headers["content-type"] = []string{"text/plain"}
		},
	} {
		if got := parse(t, s.post(verifyPath, docVerify, edit)).Result; !strings.HasSuffix(got.Message, " "+want) {
			t.Errorf("%q, want %q", got.Message, want)
		}
	}
	if got := parse(t, s.post(initPath, docRequest[:len(docRequest)-1])); got.RequestID != "" {
		t.Errorf("a truncated body is answered with its id: %+v", got)
	}
}

// A request object has no path: which API it is for shows in its members.
func TestDirectVerify(t *testing.T) {
	direct := func(r *gateway.Request) {
		r.Direct, r.Client, r.Headers, r.Path, r.Method = true, "demo", nil, "", "POST"
	}
	const unknown = "AUTHENTICATION_REQUEST_ID_INVALID"
	for body, code := range map[string]string{
		docVerify: unknown,
		`{"authenticationRequestId":"x","authenticationId":"1","authenticationValue":"1"}`:            unknown,
		`{"authenticationRequestId":"x","authenticationId":"1","challengeData":{"otpValue":"1"}}`:     unknown,
		`{"authenticationRequestId":"x","challengeData":{"otpValue":"1"}}`:                            "PARAM_ILLEGAL",
		`{"authenticationRequestId":"x","authenticationValue":"1"}`:                                   "PARAM_ILLEGAL",
		`{"authenticationRequestId":"x","authenticationId":"1","authenticationValue":"1","y":1,"y":2`: "PARAM_ILLEGAL",
	} {
		s := newService(t)
		got := parse(t, s.post(verifyPath, body, direct))
		if got.Result.Code != code {
			t.Errorf("%s: %+v, want %s", body, got, code)
		}
		if strings.Contains(body, "challengeData") && code == "PARAM_ILLEGAL" &&
			!strings.HasSuffix(got.Result.Message, "authenticationId: is required") {
			t.Errorf("%s: %s", body, got.Result.Message)
		}
	}
	// And what has a path goes by it, whatever its members.
	s := newService(t)
	s.expect(
		"PARAM_ILLEGAL", verifyPath,
		`{"authenticationRequestId":"x","authenticationId":"1","authenticationValue":"1"}`,
	)
	path := func(r *gateway.Request) { r.Direct, r.Client, r.Headers, r.Path = true, "nobody", nil, "" }
	s.expect("CLIENT_INVALID", verifyPath, docVerify, path)
}

// An init that another call works on is unknown, and may be tried again.
func TestInProgress(t *testing.T) {
	s := newService(t)
	s.panics = true // as a call that crashed while sending
	s.expect("UNKNOWN_EXCEPTION", initPath, docRequest)
	s.panics = false
	if got := s.expect("UNKNOWN_EXCEPTION", initPath, docRequest); got.Result.Status != "U" {
		t.Errorf("%+v", got)
	}
	s.now = s.now.Add(otp.Lease)
	s.expect("SUCCESS", initPath, docRequest)
}

func TestServes(t *testing.T) {
	for path, want := range map[string]bool{
		"/ams/x": true, "/v1/x": true, "/": false, "": false, "/ams": false, "/v1": false,
		"/_dev/messages": false, "/x/v1/": false,
	} {
		if ams.Serves(path) != want {
			t.Errorf("%q: %v", path, !want)
		}
	}
	if ams.Sends("/ams/api/v1/users/verifyAuthentication") || ams.Sends("") {
		t.Error("a path of verify sends")
	}
}
