package ams_test

import (
	"strings"
	"testing"

	"countersign/pkg/ams"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
)

// Each result of the contract, on the older and on the newer paths.
func TestResultTable(t *testing.T) {
	s := newService(t)
	none := func(r *gateway.Request) { r.Headers["client-id"] = nil }
	get := func(r *gateway.Request) { r.Method = "GET" }
	illegal := "Illegal parameters exist. For example, a non-numeric input, or an invalid date. " +
		"body: must be a JSON object"
	s.expect("SUCCESS", initPath, docRequest)
	for _, c := range []struct {
		path, body string
		edit       edit
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
		{initPath, initWith("60-6543216353", "6"), nil, "INVALID_PHONE_NUMBER F Invalid phone number"},
		{initPath, docRequest, client("uk"), "ACCESS_DENIED F Access denied."},
		{
			initPath, initWith("6543216353", "6543216354"), nil,
			"REPEAT_REQ_INCONSISTENT F Repeated requests are inconsistent.",
		},
		{
			securityPath, `{"authenticationRequestId":"x","authenticationValue":"1"}`, nil, noLiveID,
		},
		{
			securityPath, `{"authenticationRequestId":"` + docID + `","authenticationValue":"1"}`, nil, unmatched,
		},
	} {
		var edits []edit
		if c.edit != nil {
			edits = append(edits, c.edit)
		}
		s.answers(c.want, c.path, c.body, edits...)
	}
	guess := `{"authenticationRequestId":"` + docID + `","authenticationValue":"1"}`
	for range 4 {
		s.post(securityPath, guess)
	}
	s.answers(exceeded, securityPath, guess)
}

// rule is a body, and the code or the last words of the message in its answer.
type rule struct{ body, want string }

// Each limit at its edge, and each rule in its words.
func TestRules(t *testing.T) {
	for path, rules := range map[string][]rule{
		verifyPath: verifyRules, initPath: initRules, securityPath: securityRules,
	} {
		s := newService(t)
		for _, c := range rules {
			got := parse(t, s.post(path, c.body)).Result
			if got.Code != c.want && !strings.HasSuffix(got.Message, " "+c.want) {
				t.Errorf("%s answered %s %q, want %q", clip(c.body), got.Code, got.Message, c.want)
			}
		}
	}
	s := newService(t)
	for want, edit := range map[string]edit{
		"body: must be base64 where the event says so": func(r *gateway.Request) {
			r.Body, r.Garbled = nil, true
		},
		"Content-Type: must be application/json where it is given": header("content-type", "text/plain"),
	} {
		if got := parse(t, s.post(verifyPath, docVerify, edit)).Result; !strings.HasSuffix(got.Message, " "+want) {
			t.Errorf("message %q, want %q at its end", got.Message, want)
		}
	}
	if got := parse(t, s.post(initPath, docRequest[:len(docRequest)-1])); got.RequestID != "" {
		t.Errorf("a truncated body is answered with its id: %+v", got)
	}
}

func initWith(old, new string) string   { return strings.Replace(docRequest, old, new, 1) }
func verifyWith(old, new string) string { return strings.Replace(docVerify, old, new, 1) }

func securityWith(members string) string { return `{"authenticationRequestId":"x",` + members + "}" }

func digits(n int) string { return strings.Repeat("1", n) }

// initWithEnv returns an init whose environment has n members; the documents' has eight.
func initWithEnv(n int) string {
	return initWith(`"env":{`, `"env":{`+strings.ReplaceAll(manyKeys(n-8), ":0", `:""`)+",")
}

// verifyOfSize returns a verify of n bytes.
func verifyOfSize(n int) string {
	open := docVerify[:len(docVerify)-1] + `,"x":"`
	return open + strings.Repeat("x", n-len(open)-2) + `"}`
}

const noID = "AUTHENTICATION_REQUEST_ID_INVALID"

// The body of any request, and the fields of users/verifyAuthentication.
var verifyRules = []rule{
	{verifyOfSize(16 << 10), noID},
	{verifyOfSize(16<<10 + 1), "body: at most 16384 bytes"},
	{docVerify + "x", "body: must end after the JSON object"},
	{"{", "body: must be one JSON object in UTF-8, each name once, no lone surrogates"},
	{`{"x":1,"x":1}`, "body: must be one JSON object in UTF-8, each name once, no lone surrogates"},
	{verifyWith(docID, digits(64)), noID},
	{verifyWith(docID, digits(65)), "authenticationRequestId: at most 64 characters"},
	{verifyWith(docID, "a b"), noID},
	{verifyWith(docID, `a\u001fb`), "authenticationRequestId: no control characters"},
	{verifyWith(docID, ""), "authenticationRequestId: is required"},
	{`{"authenticationType":"OTP","authenticationValue":"1"}`, "authenticationRequestId: is required"},
	{
		verifyWith("authenticationRequestId", "AuthenticationRequestId"),
		"authenticationRequestId: must be spelled in this case",
	},
	{verifyWith(`"OTP"`, `"SMS"`), "authenticationType: must be OTP"},
	{verifyWith(`"OTP"`, "1"), "authenticationType: must be a string"},
	{verifyWith("493817", digits(256)), noID},
	{verifyWith("493817", digits(257)), "authenticationValue: at most 256 characters"},
	{verifyWith("493817", "12/4"), "authenticationValue: must be digits"},
	{verifyWith("493817", "12:4"), "authenticationValue: must be digits"},
	{`{"authenticationType":1,"authenticationRequestId":1}`, "authenticationType: must be a string"},
}

// The fields of customers/initAuthentication.
var initRules = []rule{
	{initWith("60-6543216353", digits(128)), "INVALID_PHONE_NUMBER"},
	{initWith("60-6543216353", digits(129)), "identityValue: at most 128 characters"},
	{initWithEnv(32), "SUCCESS"},
	{initWithEnv(33), "env: at most 32 members"},
	{initWith(`"8.1.0"`, "8"), "SUCCESS"},
	{initWith(`"en-US"`, "8"), "env: language must be a string"},
	{initWith(`"en-US"`, `"`+digits(4097)+`"`), "env: language at most 4096 characters"},
	{initWith(`"8.1.0"`, `"`+digits(4097)+`"`), "env: each member at most 4096 characters"},
	{initWith(`"8.1.0"`, nested(17)), "env: each member that is not a string: at most 4096 bytes, " +
		"and 16 arrays and objects deep"},
	{initWith(`"env":{`, `"env":[],"x":{`), "env: must be an object"},
	{initWith(`"OTP"`, `"X"`), "authenticationMethod: must be OTP"},
	{initWith(`"SMS"`, `"X"`), "authenticationType: must be SMS"},
	{initWith(`"MOBILENO"`, `"X"`), "identityType: must be MOBILENO"},
}

// The fields of security/verifyAuthentication.
var securityRules = []rule{
	{`{"authenticationValue":"1"}`, "authenticationRequestId: is required"},
	{securityWith(`"authenticationMethod":"X","authenticationValue":"1"`), "authenticationMethod: must be OTP"},
	{securityWith(`"authenticationType":"X","authenticationValue":"1"`), "authenticationType: must be SMS or OTP"},
	{securityWith(`"authenticationId":"` + digits(64) + `","authenticationValue":"1"`), noID},
	{
		securityWith(`"authenticationId":"` + digits(65) + `","authenticationValue":"1"`),
		"authenticationId: at most 64 characters",
	},
	{securityWith(`"challengeData":{"otpValue":"1"}`), "authenticationId: is required"},
	{securityWith(`"authenticationId":"1","challengeData":{"otpValue":"1","challengeType":"sms"}`), noID},
	{securityWith(`"authenticationId":"1","challengeData":{"otpValue":"1","challengeType":"SMS"}`), noID},
	{
		securityWith(`"authenticationId":"1","challengeData":{"otpValue":"1","challengeType":"X"}`),
		"challengeData: must be sms or SMS or SMS_OTP",
	},
	{securityWith(`"authenticationId":"1","challengeData":{"otpValue":"` + digits(256) + `"}`), noID},
	{
		securityWith(`"authenticationId":"1","challengeData":{"otpValue":"` + digits(257) + `"}`),
		"challengeData: otpValue: at most 256 characters",
	},
	{
		securityWith(`"authenticationId":"1","authenticationValue":"1","challengeData":{"OtpValue":"2"}`),
		"challengeData: otpValue: must be spelled in this case",
	},
	{
		securityWith(`"authenticationId":"1","authenticationValue":"1","challengeData":1`),
		"challengeData: must be an object",
	},
	{securityWith(`"authenticationValue":"` + digits(256) + `"`), noID},
	{securityWith(`"authenticationValue":"` + digits(257) + `"`), "authenticationValue: at most 256 characters"},
	{
		securityWith(`"authenticationId":"1","authenticationValue":"1","challengeData":{"otpValue":"2"}`),
		"authenticationValue: must be the otpValue where both are given",
	},
	{securityWith(`"authenticationId":"1","challengeData":{}`), "otpValue: is required"},
}

// A request object has no path: its members determine the API.
func TestDirectVerify(t *testing.T) {
	direct := func(r *gateway.Request) {
		r.Direct, r.Client, r.Headers, r.Path, r.Method = true, "demo", nil, "", "POST"
	}
	for body, code := range map[string]string{
		docVerify: noID,
		`{"authenticationRequestId":"x","authenticationId":"1","authenticationValue":"1"}`:            noID,
		`{"authenticationRequestId":"x","authenticationId":"1","challengeData":{"otpValue":"1"}}`:     noID,
		`{"authenticationRequestId":"x","challengeData":{"otpValue":"1"}}`:                            "PARAM_ILLEGAL",
		`{"authenticationRequestId":"x","authenticationValue":"1"}`:                                   "PARAM_ILLEGAL",
		`{"authenticationRequestId":"x","authenticationId":"1","authenticationValue":"1","y":1,"y":2`: "PARAM_ILLEGAL",
	} {
		s := newService(t)
		got := parse(t, s.post(verifyPath, body, direct))
		if got.Result.Code != code {
			t.Errorf("%s: %+v, want %s", body, got, code)
		}
		illegal := strings.Contains(body, "challengeData") && code == "PARAM_ILLEGAL"
		if illegal && !strings.HasSuffix(got.Result.Message, "authenticationId: is required") {
			t.Errorf("%s: message %q", body, got.Result.Message)
		}
	}
	// The API of a request with a path is that of the path, whatever its members.
	s := newService(t)
	s.expect(
		"PARAM_ILLEGAL", verifyPath,
		`{"authenticationRequestId":"x","authenticationId":"1","authenticationValue":"1"}`,
	)
	path := func(r *gateway.Request) { r.Direct, r.Client, r.Headers, r.Path = true, "nobody", nil, "" }
	s.expect("CLIENT_INVALID", verifyPath, docVerify, path)
}

// While another call sends the message of an init, its outcome is unknown, and the client may call again.
func TestInProgress(t *testing.T) {
	s := newService(t)
	s.panics = true // like a call that crashed while it sent
	s.expect("UNKNOWN_EXCEPTION", initPath, docRequest)
	s.panics = false
	if got := s.expect("UNKNOWN_EXCEPTION", initPath, docRequest); got.Result.Status != "U" {
		t.Errorf("%+v", got)
	}
	s.now = s.now.Add(otp.Lease)
	s.expect("UNKNOWN_EXCEPTION", initPath, docRequest) // that call may have sent its message
	s.now = s.now.Add(otp.DefaultPolicy().Cooldown - otp.Lease)
	s.expect("SUCCESS", initPath, docRequest)
}

func TestServes(t *testing.T) {
	for path, want := range map[string]bool{
		"/ams/x": true, "/v1/x": true, "/": false, "": false, "/ams": false, "/v1": false,
		"/_dev/messages": false, "/x/v1/": false,
	} {
		if ams.Serves(path) != want {
			t.Errorf("Serves(%q) is %v, want %v", path, !want, want)
		}
	}
	if ams.Sends("/ams/api/v1/users/verifyAuthentication") || ams.Sends("") {
		t.Error("Sends reports a path of verify")
	}
}
