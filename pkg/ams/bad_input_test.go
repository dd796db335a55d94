package ams_test

import (
	"fmt"
	"strings"
	"testing"

	"countersign/pkg/gateway"
)

const docVerify = `{"authenticationType":"OTP","authenticationRequestId":"` + docID +
	`","authenticationValue":"493817"}`

// refused posts bad input and wants a result code, no write and no message.
func (s *service) refused(code, path, body string, edit ...edit) reply {
	s.t.Helper()
	writes, sends := s.writes.Load(), s.sends.Load()
	got := s.expect(code, path, body, edit...)
	if s.writes.Load() != writes || s.sends.Load() != sends {
		s.t.Errorf("%s wrote %d times and sent %d messages", clip(body), s.writes.Load()-writes, s.sends.Load()-sends)
	}
	return got
}

// No API accepts a body that is not one strict JSON object.
func TestBadBodies(t *testing.T) {
	s := newService(t)
	for path, good := range map[string]string{initPath: docRequest, verifyPath: docVerify, securityPath: docVerify} {
		open := good[:len(good)-1]
		for name, body := range map[string]string{
			"empty": "", "space": " ", "null": "null", "array": "[]", "string": `"x"`, "number": "1", "true": "true",
			"truncated": open, "trailing bytes": good + "x", "trailing brace": good + "}",
			"two documents": good + good, "trailing comma": open + ",}",
			"duplicate key":         open + `,"authenticationRequestId":"` + docID + `"}`,
			"escaped duplicate":     open + `,"authenticationRequest\u0049d":"` + docID + `"}`,
			"duplicate unknown key": open + `,"x":1,"x":2}`,
			"nested duplicate":      open + `,"x":{"y":1,"y":2}}`,
			"key in another case":   open + `,"AuthenticationRequestId":"` + docID + `"}`,
			"only in another case":  strings.Replace(good, "authenticationRequestId", "AUTHENTICATIONREQUESTID", 1),
			"invalid UTF-8":         open + ",\"x\":\"\xff\"}",
			"overlong UTF-8":        open + ",\"x\":\"\xc0\xaf\"}",
			"lone surrogate":        open + `,"x":"\ud800"}`,
			"reversed surrogates":   open + `,"x":"\udc00\ud800"}`,
			"byte order mark":       "\xef\xbb\xbf" + good,
			"UTF-16":                "{\x00\"\x00",
			"nesting":               open + `,"x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + "}",
			"many keys":             open + "," + manyKeys(100_000) + "}",
			"megabyte string":       open + `,"x":"` + strings.Repeat("x", 1<<20) + `"}`,
			"one byte too long":     open + `,"x":"` + strings.Repeat("x", 16<<10-len(open)-len(`,"x":""}`)+1) + `"}`,
			"control character":     open + ",\"x\":\"\n\"}",
			"single quotes":         strings.ReplaceAll(good, `"`, `'`),
			"comment":               "/**/" + good,
			"NaN":                   open + `,"x":NaN}`,
			"form":                  "authenticationType=OTP",
		} {
			t.Run(path[len(path)-10:]+" "+name, func(t *testing.T) {
				s.t = t
				s.refused("PARAM_ILLEGAL", path, body)
			})
		}
		s.t = t
		s.refused("PARAM_ILLEGAL", path, good, func(r *gateway.Request) { r.Body, r.Garbled = nil, true })
	}
}

func manyKeys(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%d":0,`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// Each field of init is required and strict, and the message names the wrong one.
func TestBadInitFields(t *testing.T) {
	s := newService(t)
	for field, value := range map[string]string{
		"authenticationRequestId": docID, "authenticationMethod": "OTP", "authenticationType": "SMS",
		"identityType": "MOBILENO", "identityValue": "60-6543216353",
	} {
		id := docID
		if field == "authenticationRequestId" {
			id = "" // a wrong id is not repeated in the answer
		}
		for name, body := range badInits(field, value) {
			t.Run(field+" "+name, func(t *testing.T) {
				s.t = t
				got := s.refused("PARAM_ILLEGAL", initPath, body)
				if !strings.Contains(got.Result.Message, field+":") {
					t.Errorf("message %q does not name the field", got.Result.Message)
				}
				if got.RequestID != id {
					t.Errorf("authenticationRequestId %q, want %q", got.RequestID, id)
				}
			})
		}
	}
}

// badInits returns inits with a wrong value of one field.
func badInits(field, value string) map[string]string {
	with := func(json string) string {
		return initWith(fmt.Sprintf("%q:%q", field, value), fmt.Sprintf("%q:%s", field, json))
	}
	bad := map[string]string{
		"missing": initWith(fmt.Sprintf("%q:%q,", field, value), ""),
		"empty":   with(`""`), "null": with("null"),
		"number": with("1"), "boolean": with("true"), "object": with("{}"), "array": with(`["OTP"]`),
		"257 characters": with(`"` + strings.Repeat("1", 257) + `"`),
	}
	if field != "identityValue" {
		bad["control character"] = with(`"` + value + `\u0000"`)
		bad["newline"] = with(`"` + value + `\n"`)
		bad["DEL"] = with("\"" + value + "\x7f\"")
	}
	switch field {
	case "authenticationRequestId":
		bad["65 characters"] = with(`"` + strings.Repeat("é", 65) + `"`)
	case "authenticationMethod":
		bad["not served"], bad["other case"] = with(`"PASSWORD"`), with(`"otp"`)
	case "authenticationType":
		bad["not served"], bad["padded"] = with(`"EMAIL"`), with(`" SMS"`)
	case "identityType":
		bad["not served"] = with(`"EMAIL"`)
	}
	return bad
}

// initOf returns an init with an id and an environment.
func initOf(id, env string) string {
	body := initWith(docID, id)
	return body[:strings.Index(body, `"env":`)] + `"env":` + env + "}"
}

// nested returns so many arrays and objects inside each other.
func nested(depth int) string {
	return strings.Repeat(`[{"a":`, depth/2) + strings.Repeat("[]", depth%2) + strings.Repeat("0", 1-depth%2) +
		strings.Repeat("}]", depth/2)
}

// The members of the environment that are not used may be of any kind: the vendor's own class has numbers and objects.
func TestEnvOfAnyKind(t *testing.T) {
	for _, env := range []string{
		`{"timeZoneOffset":-480,"browserInfo":{},"language":"de"}`, `{"cookieEnabled":true,"x":[1,"a",null,{"b":[]}]}`,
		`{"osType":1e9}`, `{"terminalType":{"name":"APP"},"clientIp":"192.0.2.1","sessionId":"s"}`,
		`{"language":null,"clientIp":null,"x":null}`, `{}`, `{"x":{"language":1,"clientIp":2}}`,
	} {
		s := newService(t)
		first := s.post(initPath, initOf("env", env)).Body
		if got := parse(t, gateway.Response{Body: first}).Result.Code; got != "SUCCESS" {
			t.Errorf("%s: %s", env, got)
		}
		// env is no part of the fingerprint; the other members are
		if again := s.post(initPath, initOf("env", `{"timeZoneOffset":60}`)).Body; string(again) != string(first) {
			t.Errorf("%s: another env answered %s", env, again)
		}
		s.expect("REPEAT_REQ_INCONSISTENT", initPath,
			strings.Replace(initOf("env", env), "60-6543216353", "60-6543216354", 1))
	}
}

func TestBadEnv(t *testing.T) {
	s := newService(t)
	for name, env := range map[string]string{
		"string": `"x"`, "array": "[]", "number": "1", "boolean": "true",
		"language":        `{"language":1}`,
		"no language":     `{"language":false}`,
		"languages":       `{"language":["en"]}`,
		"address":         `{"clientIp":{"v4":"192.0.2.1"}}`,
		"device":          `{"deviceTokenId":7}`,
		"session":         `{"sessionId":[]}`,
		"33 members":      "{" + strings.ReplaceAll(manyKeys(33), ":0", `:""`) + "}",
		"33 numbers":      "{" + manyKeys(33) + "}",
		"a name twice":    `{"osType":1,"osType":1}`,
		"a name in it":    `{"browserInfo":{"x":1,"x":2}}`,
		"surrogate in it": `{"browserInfo":["\ud800"]}`,
		"4097 bytes":      `{"browserInfo":["` + strings.Repeat("x", 4093) + `"]}`,
		"17 deep":         `{"browserInfo":` + nested(17) + "}",
		"half of it":      `{"browserInfo":[[}`,
		"no number":       `{"timeZoneOffset":-480e}`,
		"4097 characters": `{"tokenId":"` + strings.Repeat("x", 4097) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			s.t = t
			s.refused("PARAM_ILLEGAL", initPath, initOf(docID, env))
		})
	}
}

// Limits count characters, not bytes, and the environment may be null.
func TestLongestInitFields(t *testing.T) {
	for _, body := range []string{
		initWith(docID, strings.Repeat("é", 64)),
		initOf("env", `{"osType":null,"x":"`+strings.Repeat("é", 4096)+`"}`),
		initOf("env2", "null"),
		initOf("env3", `{"browserInfo":["`+strings.Repeat("x", 4092)+`"]}`),
		initOf("env4", `{"browserInfo":`+nested(16)+"}"),
		initOf("env5", "{"+manyKeys(32)+"}"),
	} {
		newService(t).expect("SUCCESS", initPath, body)
	}
}

func TestBadNumbers(t *testing.T) {
	s := newService(t)
	for number, code := range map[string]string{
		"606543216353": "INVALID_PHONE_NUMBER", "+60-6543216353": "INVALID_PHONE_NUMBER",
		"60-654321635a":  "INVALID_PHONE_NUMBER",
		"060-6543216353": "INVALID_PHONE_NUMBER", "60-65432163531234567": "INVALID_PHONE_NUMBER",
		"60-654": "INVALID_PHONE_NUMBER", "60-6543": "INVALID_PHONE_NUMBER",
		"60-６５４３２１６３５３": "INVALID_PHONE_NUMBER", "60-٦٥٤٣٢١٦٣٥٣": "INVALID_PHONE_NUMBER",
		"44-02044555666": "INVALID_PHONE_NUMBER", "6-06543216353": "INVALID_PHONE_NUMBER",
		"60-6543216353 ": "INVALID_PHONE_NUMBER", `60-6543216353\u0000`: "INVALID_PHONE_NUMBER",
		"999-123456789": "INVALID_PHONE_NUMBER", "-": "INVALID_PHONE_NUMBER",
		"1-9002345678": "ACCESS_DENIED", "979-123456789": "ACCESS_DENIED", "881-612345678": "ACCESS_DENIED",
		"870-773111632": "ACCESS_DENIED",
	} {
		got := s.refused(code, initPath, initWith("60-6543216353", number))
		if strings.Contains(got.Result.Message, "6543216353") {
			t.Errorf("the message has the number: %s", got.Result.Message)
		}
	}
	s.refused("ACCESS_DENIED", initPath, docRequest, client("uk"))
	s.refused("ACCESS_DENIED", initPath, initWith("60-6543216353", "1-2003456789"), client("uk"))
	s.expect("SUCCESS", initPath, initWith("60-6543216353", "44-2044555666"), client("uk"))
}

// The log line has the rule that a refused number broke. The answer has neither the rule nor the number.
func TestBadNumbersInTheLog(t *testing.T) {
	s := newService(t)
	const form = "identityValue: must be country code, hyphen and national number, in digits, " +
		"without plus, blanks and a leading 0"
	for number, want := range map[string]string{
		"+606543216353": form, "60 6543216353": form, "60-6543216353 ": form, "060-6543216353": form,
		"44-02044555666": "identityValue: must be a possible number",
		"6-06543216353":  "identityValue: must have its hyphen after the country code",
		"606-543216353":  "identityValue: must have its hyphen after the country code",
		"1-9002345678":   "identityValue: must be in a country and on a line that the client may send to",
	} {
		s.log.Reset()
		got := s.post(initPath, initWith("60-6543216353", number))
		log := s.log.String()
		if !strings.Contains(log, `"detail":"`+want+`"`) || strings.Contains(log, "543216353") {
			t.Errorf("%q: logged\n%s\nwant the detail %q without the number", number, log, want)
		}
		if strings.Contains(string(got.Body), "must") {
			t.Errorf("%q: the answer %s has the rule", number, got.Body)
		}
	}
}

// A message has only digits, so a code with anything else is illegal and uses no attempt.
func TestBadCodes(t *testing.T) {
	s := newService(t)
	s.expect("SUCCESS", initPath, docRequest)
	for _, code := range []string{
		"", " ", "493 817", "493817 ", " 493817", `493817\n`, "+493817", "-493817", "493817.0", "4938e1",
		"0x4938", "٤٩٣٨١٧", "４９３８１７", `493817\u0000`, `4938\u200b17`,
		"493-817", "493–817", `493\u00a0817`, "४९३८१७",
		`493817\u0301`, "abcdef", strings.Repeat("1", 257),
	} {
		body := `{"authenticationType":"OTP","authenticationRequestId":"` + docID +
			`","authenticationValue":"` + code + `"}`
		got := s.refused("PARAM_ILLEGAL", verifyPath, body)
		message := got.Result.Message
		if !strings.Contains(message, "authenticationValue:") || strings.Contains(message, "4938") {
			t.Errorf("message %q, want the field's name without its value", message)
		}
		if got.IsPassed != nil {
			t.Error("isPassed beside PARAM_ILLEGAL")
		}
	}
	for _, json := range []string{"493817", "null", "true", "[]", `{"a":"493817"}`} {
		s.refused("PARAM_ILLEGAL", verifyPath, verifyWith(`"493817"`, json))
	}
	s.refused("PARAM_ILLEGAL", verifyPath, verifyWith(`"OTP"`, `"SMS"`))
	s.refused("PARAM_ILLEGAL", verifyPath, verifyWith(`"authenticationType":"OTP",`, ""))
	s.refused("PARAM_ILLEGAL", verifyPath, verifyWith(docID, strings.Repeat("i", 65)))
	// no attempt was used up
	s.expect("SUCCESS", verifyPath, verifyWith("493817", s.code.Load().(string)))
}

// The checks of path, method, client and content type come before those of an API, in this order.
func TestDoor(t *testing.T) {
	s := newService(t)
	method := func(m string) edit { return func(r *gateway.Request) { r.Method = m } }
	for _, path := range []string{
		"/ams/api/v1/customers/initAuthentication/", "/ams/api/v1/customers/InitAuthentication",
		"/ams/api/v1/customers/initAuthenticatio%6e", "/ams/api//v1/customers/initAuthentication",
		"/ams/v1/customers/initAuthentication", "/v2/customers/initAuthentication", "/ams/", "/v1/",
		"/ams/api/ams/api/v1/customers/initAuthentication",
	} {
		s.refused("INVALID_API", path, docRequest)
	}
	s.refused("API_INVALID", "/v1/users/verify%41uthentication", docVerify)
	s.refused("API_INVALID", "/ams/api/v1/users/nothing", docVerify, method("GET"), header("client-id"))
	for _, m := range []string{"GET", "PUT", "HEAD", "OPTIONS", "post", ""} {
		s.refused("METHOD_NOT_SUPPORTED", initPath, docRequest, method(m), header("client-id"))
		s.refused("METHOD_NOT_SUPPORTED", verifyPath, docVerify, method(m))
	}
	for _, lines := range [][]string{
		nil, {""}, {" "}, {"nobody"}, {"DEMO"}, {"demo "}, {"demo", "demo"}, {"demo,demo"}, {"demo\n"},
		{"démo"}, {strings.Repeat("d", 65)}, {"demo#"},
	} {
		s.refused("INVALID_CLIENT", initPath, "not JSON", header("client-id", lines...))
		s.refused("CLIENT_INVALID", verifyPath, docVerify, header("client-id", lines...))
	}
	s.refused("INVALID_CLIENT", initPath, docRequest, func(r *gateway.Request) { r.Headers = nil })
	for _, lines := range [][]string{
		{"text/plain"}, {""}, {"application/jsonp"}, {"application/x-www-form-urlencoded", "text/json"},
		{"multipart/form-data; x=application/json"},
	} {
		s.refused("PARAM_ILLEGAL", initPath, docRequest, header("content-type", lines...))
		s.refused("PARAM_ILLEGAL", verifyPath, docVerify, header("content-type", lines...))
	}
	for n, lines := range [][]string{
		nil, {"application/json"}, {"Application/JSON ; charset=utf-8"},
		{"application/json", "application/json; charset=UTF-8"}, {"text/plain,application/json"},
	} {
		s.now = s.now.AddDate(0, 0, 1)
		s.expect("SUCCESS", initPath, initWith(docID, fmt.Sprint("type", n)), header("content-type", lines...))
	}
	s.now = s.now.AddDate(0, 0, 1)
	s.expect(
		"SUCCESS", initPath, docRequest, header("x-forwarded-for", "127.0.0.1"),
		header("accept", "text/plain,text/xml,text/javascript,text/html"),
	)
}
