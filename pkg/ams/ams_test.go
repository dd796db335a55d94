package ams_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

func TestDocumentsRequest(t *testing.T) {
	s := newService(t)
	first := s.post(initPath, docRequest).Body
	authID := parse(t, gateway.Response{Body: first}).AuthID
	want := `{"actionForm":{"challengeRenderValue":"+60******6353","challengeType":"sms"},` +
		`"authenticationId":"` + authID +
		`","authenticationRequestId":"` + docID +
		`","result":{"resultCode":"SUCCESS","resultMessage":"success.","resultStatus":"S"}}`
	if string(first) != want {
		t.Errorf("answered\n%s\nwant\n%s", first, want)
	}
	if len(authID) != 35 || !strings.HasPrefix(authID, "20261122") || strings.Trim(authID, "0123456789") != "" {
		t.Errorf("authenticationId %q, want the date and 27 digits", authID)
	}
	for name, body := range map[string]string{
		"the same":        docRequest,
		"another env":     initWith("8.1.0", "9.0.0"),
		"no env":          docRequest[:strings.Index(docRequest, `,"env"`)] + "}",
		"other spacing":   strings.ReplaceAll(docRequest, `,"`, ` , "`),
		"unknown members": initWith("{", `{"new":[1,{"x":null}],"authenticationrequestid2":"",`),
		"escapes":         initWith(`"OTP"`, `"\u004fTP"`),
	} {
		if again := s.post(initPath, body).Body; !bytes.Equal(again, first) {
			t.Errorf("%s: answered\n%s\nwant the first answer\n%s", name, again, first)
		}
	}
	for _, prefix := range []string{"", "/ams/api", "/ams/sandbox/api"} {
		if again := s.post(prefix+"/v1/customers/initAuthentication", docRequest).Body; !bytes.Equal(again, first) {
			t.Errorf("under %q: %s", prefix, again)
		}
	}
	s.expect("REPEAT_REQ_INCONSISTENT", initPath, initWith("60-6543216353", "60-6543216354"))
	if s.sends.Load() != 1 {
		t.Errorf("%d messages, want 1", s.sends.Load())
	}
	// Another client's id is another id, and another client's limits are its own.
	s.expect("SUCCESS", initPath, docRequest, client("other"))

	code := s.code.Load().(string)
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", verifyPath, verifyBody(docID, code), client("uk"))
	got := s.post("/ams/api"+verifyPath, verifyBody(docID, code), client("other")).Body
	if string(got) != `{"isPassed":true,"result":{"resultCode":"SUCCESS","resultMessage":"success.",`+
		`"resultStatus":"S"}}` {
		t.Errorf("verify answered %s", got)
	}
	again := s.expect("AUTHENTICATION_REQUEST_ID_INVALID", verifyPath, verifyBody(docID, code), client("other"))
	if again.IsPassed != nil {
		t.Error("isPassed beside AUTHENTICATION_REQUEST_ID_INVALID")
	}
}

// Each outcome of an init has the contract's words.
func TestInitOutcomes(t *testing.T) {
	s := newService(t)
	number := 1_000_000_000
	init := func(want, id string) {
		t.Helper()
		body := strings.NewReplacer(docID, id, "6543216353", fmt.Sprint(number)).Replace(docRequest)
		if got := s.answers(want, initPath, body).RequestID; got != id {
			t.Errorf("authenticationRequestId %q, want %q", got, id)
		}
	}
	init(success, "a")
	init(tooSoon, "b")
	init(tooSoon, "b")
	for n := range 4 {
		s.now = s.now.Add(30 * time.Second)
		init(success, fmt.Sprint("c", n))
	}
	s.now = s.now.Add(30 * time.Second)
	init("SEND_TIMES_EXCEED_LIMIT F The send times exceed the limit.", "d")

	number++
	s.delivery = otp.Refused
	init("PROCESS_FAIL F A general business failure occurred. Don't retry.", "e")
	s.answers(noLiveID, verifyPath, verifyBody("e", "000000"))
	s.now = s.now.Add(30 * time.Second)
	s.delivery = otp.MaybeSent
	init(unknownInit, "f")
	s.delivery = otp.Accepted
	init(unknownInit, "f") // the next message may not go out yet
	s.now = s.now.Add(30 * time.Second)
	init(success, "f")

	s.broken.Store(true)
	number++
	init(unknownInit, "g")
	s.broken.Store(false)
	s.panics = true
	s.answers(unknownInit, initPath, docRequest)
}

// Each outcome of a verify has the contract's words. A fault has others there than at an init.
func TestVerifyOutcomes(t *testing.T) {
	s := newService(t)
	s.answers(success, initPath, docRequest)
	right := s.code.Load().(string)
	wrong := wrongCode(right)
	for range 3 {
		s.answers(unmatched, verifyPath, verifyBody(docID, wrong))
	}
	s.answers(unmatched, verifyPath, verifyBody(docID, right+"0"))
	s.answers(exceeded, verifyPath, verifyBody(docID, wrong))
	s.answers(exceeded, verifyPath, verifyBody(docID, right))
	s.now = s.now.Add(5 * time.Minute)
	s.answers(noLiveID, verifyPath, verifyBody(docID, right))
	s.broken.Store(true)
	s.answers(
		"UNKNOWN_EXCEPTION U An API calling is failed, which is caused by unknown reasons.",
		verifyPath, verifyBody(docID, right),
	)
}

// security/verifyAuthentication accepts the code in challengeData, or as users/verifyAuthentication names it.
func TestSecurityVerify(t *testing.T) {
	for name, body := range securityBodies {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			fill, _ := s.challenge()
			s.expect("SUCCESS", securityPath, fill.Replace(body))
		})
	}
}

// A refused security/verifyAuthentication uses no attempt.
func TestSecurityVerifyRefused(t *testing.T) {
	for name, c := range badSecurityBodies {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			fill, code := s.challenge()
			s.expect(c.want, securityPath, fill.Replace(c.body))
			for range 4 {
				s.expect("VERIFY_UNMATCHED", verifyPath, verifyBody(docID, "1"))
			}
			s.expect("SUCCESS", verifyPath, verifyBody(docID, code))
		})
	}
}

// challenge makes a challenge and returns its code. fill puts its ids and its code in place of ID, AUTH and CODE.
func (s *service) challenge() (fill *strings.Replacer, code string) {
	s.t.Helper()
	auth := s.expect("SUCCESS", initPath, docRequest).AuthID
	code = s.code.Load().(string)
	return strings.NewReplacer("ID", docID, "AUTH", auth, "CODE", code), code
}

var securityBodies = map[string]string{
	"challengeData": `{"authenticationRequestId":"ID","authenticationId":"AUTH","authenticationMethod":"OTP",` +
		`"authenticationType":"SMS","challengeData":{"challengeType":"SMS_OTP","otpValue":"CODE",` +
		`"passwordValue":"x","cardToken":1}}`,
	"no challengeType": `{"authenticationRequestId":"ID","authenticationId":"AUTH",` +
		`"challengeData":{"otpValue":"CODE"}}`,
	"alias":         `{"authenticationRequestId":"ID","authenticationType":"OTP","authenticationValue":"CODE"}`,
	"alias with id": `{"authenticationRequestId":"ID","authenticationId":"AUTH","authenticationValue":"CODE"}`,
	"both, equal": `{"authenticationRequestId":"ID","authenticationId":"AUTH","authenticationValue":"CODE",` +
		`"challengeData":{"otpValue":"CODE"}}`,
}

var badSecurityBodies = map[string]struct{ want, body string }{
	"both, different": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH","authenticationValue":"1",` +
			`"challengeData":{"otpValue":"CODE"}}`,
	},
	"neither": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH","challengeData":{}}`,
	},
	"no authenticationId": {
		"PARAM_ILLEGAL", `{"authenticationRequestId":"ID","challengeData":{"otpValue":"CODE"}}`,
	},
	"other authenticationId": {
		"AUTHENTICATION_REQUEST_ID_INVALID",
		`{"authenticationRequestId":"ID","authenticationId":"1AUTH","challengeData":{"otpValue":"CODE"}}`,
	},
	"long request id": {
		"AUTHENTICATION_REQUEST_ID_INVALID",
		`{"authenticationRequestId":"` + strings.Repeat("i", 128) + `","authenticationValue":"CODE"}`,
	},
	"longer request id": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"` + strings.Repeat("i", 129) + `","authenticationValue":"CODE"}`,
	},
	"other method": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationMethod":"PASSWORD","authenticationValue":"CODE"}`,
	},
	"other type": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationType":"EMAIL","authenticationValue":"CODE"}`,
	},
	"other challengeType": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH",` +
			`"challengeData":{"challengeType":"Sms","otpValue":"CODE"}}`,
	},
	"challengeData no object": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH","challengeData":"CODE"}`,
	},
	"otpValue in other case": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH","challengeData":{"otpvalue":"CODE"}}`,
	},
	"otpValue twice": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH","challengeData":{"otpValue":"CODE",` +
			`"otpValue":"CODE"}}`,
	},
	"otpValue number": {
		"PARAM_ILLEGAL",
		`{"authenticationRequestId":"ID","authenticationId":"AUTH","challengeData":{"otpValue":1}}`,
	},
}

// No log line has a code or a number, whatever fails (P14). Each request has one line, and each fault one error.
func TestSilence(t *testing.T) {
	s := newService(t)
	s.init.Lines = &telemetry.Lines{Stack: "countersign"}
	s.expect("SUCCESS", initPath, docRequest)
	code := s.code.Load().(string)
	s.expect("REPEAT_REQ_INCONSISTENT", initPath, initWith("6353", "6354"))
	s.expect("PARAM_ILLEGAL", initPath, initWith("60-6543216353", "60-6543216353"+strings.Repeat("6", 200)))
	s.expect("INVALID_PHONE_NUMBER", initPath, initWith("60-6543216353", "60-65432163536543216353"))
	s.expect("PARAM_ILLEGAL", verifyPath, verifyBody(docID, code+"x"))
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", verifyPath, verifyBody("id-"+code, code))
	s.delivery = otp.MaybeSent
	s.now = s.now.Add(time.Minute)
	s.expect("UNKNOWN_EXCEPTION", initPath, initWith(docID, "2"))
	s.panics = true
	s.now = s.now.Add(time.Minute)
	s.expect("UNKNOWN_EXCEPTION", initPath, initWith(docID, "3"))
	s.broken.Store(true)
	s.expect("UNKNOWN_EXCEPTION", initPath, docRequest)
	s.expect("UNKNOWN_EXCEPTION", verifyPath, verifyBody(docID, code))
	log := s.log.String()
	if all, faults := strings.Count(log, "\n"), strings.Count(log, `"level":"ERROR"`); all != 10 || faults != 4 {
		t.Errorf("%d log lines, %d of them errors, want 10 and 4:\n%s", all, faults, log)
	}
	last := s.code.Load().(string)
	for _, canary := range []string{
		`"` + code, " " + code, "-" + code, `"` + last, " " + last, "6543216353", "panicked with",
	} {
		if strings.Contains(log, canary) {
			t.Errorf("the log has %q:\n%s", canary, log)
		}
	}
}

// The message is in the language of the request in any spelling.
func TestLanguagesOfRequests(t *testing.T) {
	for language, want := range map[string]string{
		"in_ID": "adalah kode", "deu": "ist Ihr Code", " de": "ist Ihr Code", "en_US.UTF-8": "is your Acme code",
		"zh_TW_#Hant": "驗證碼", "iw": "הקוד שלך", "eu-ES,sv;q=0.8": "din kod", "tlh": "is your Acme code",
	} {
		s := newService(t)
		s.expect("SUCCESS", initPath, initWith("en-US", language))
		if text := s.text.Load().(string); !strings.Contains(text, want) {
			t.Errorf("%q: %q, want %q", language, text, want)
		}
	}
}
