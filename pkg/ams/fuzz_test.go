package ams_test

import (
	"encoding/json"
	"testing"

	"countersign/pkg/gateway"
	"countersign/pkg/sqlitestore/sqlitetest"
)

// FuzzBody sends any body. Every answer is a result of the contract, and a body that encoding/json cannot read is never
// accepted.
func FuzzBody(f *testing.F) {
	for _, seed := range []string{
		docRequest, initOf("env", `{"timeZoneOffset":-480,"browserInfo":{"a":[1,{}]},"x":[[[]]]}`), docVerify, "", "{}",
		`{"authenticationRequestId":"a","AuthenticationRequestId":"b"}`,
		`{"x":"\ud800"}`, "\xef\xbb\xbf{}",
		pays(docRequest, bill), pays(docVerify, bill), pays(docVerify, `{"amount":1}`),
		`{"authenticationRequestId":"` + docID +
			`","authenticationId":"1","challengeData":{"otpValue":"493817","challengeType":"sms"}}`,
		askBody(docID, "PAYMENT"), askBody("a", "LOGIN"), guessBody(docID, "1", "PAYMENT", "482915"),
		guessBody(docID, "1", "LOGIN", digits(344)), settingBody("1", "PAYMENT", "482915"), settingBody("1", "LOGIN",
			""),
		tokenBody("1", "LOGIN", "token", "correct horse"), triggerBody("t", "1"),
		`{"challengeId":"1","authenticationMethod":"PASSWORD"}`,
	} {
		f.Add(seed)
	}
	s := newService(f)
	s.withPasswords(sqlitetest.New(f).Documents())
	s.clients["demo"].ClearPasswords = true // so that the rules behind the encryption are reached
	f.Fuzz(func(t *testing.T, body string) {
		s.t = t
		for _, path := range []string{initPath, verifyPath, securityPath, triggerPath, setPath} {
			got := parse(t, s.post(path, body))
			switch got.Result.Code {
			case "PARAM_ILLEGAL":
				continue
			case "SUCCESS", "INVALID_PHONE_NUMBER", "ACCESS_DENIED", "REPEAT_REQ_INCONSISTENT",
				"TIMES_EXCEED_LIMIT", "SEND_TIMES_EXCEED_LIMIT", "PROCESS_FAIL", "INVALID_ACCESS_TOKEN",
				"AUTHENTICATION_REQUEST_ID_INVALID", "VERIFY_UNMATCHED", "VERIFY_TIMES_EXCEED_LIMIT":
			default:
				t.Errorf("answered %+v", got)
			}
			if !json.Valid([]byte(body)) {
				t.Errorf("accepted %q with %s", body, got.Result.Code)
			}
		}
	})
}

// FuzzClientID sends any id. Only the id of a known client is accepted.
func FuzzClientID(f *testing.F) {
	for _, seed := range []string{"demo", "", "demo,demo", "Demo", "demo\x00", "d\u00e9mo"} {
		f.Add(seed)
	}
	s := newService(f)
	f.Fuzz(func(t *testing.T, id string) {
		s.t = t
		got := parse(t, s.post(verifyPath, "{}", func(r *gateway.Request) { r.Headers["client-id"] = []string{id} }))
		if known := id == "demo" || id == "other" || id == "uk"; known != (got.Result.Code != "CLIENT_INVALID") {
			t.Errorf("client %q: %s", id, got.Result.Code)
		}
	})
}
