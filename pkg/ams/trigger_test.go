package ams_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
)

const triggerPath = "/ams/api/v1/security/triggerChallenge"

func triggerBody(id, challenge string) string {
	if id == "" {
		return fmt.Sprintf(`{"challengeId":%q,"scene":"ignored"}`, challenge)
	}
	return fmt.Sprintf(`{"triggerRequestId":%q,"challengeId":%q}`, id, challenge)
}

// A message and its re-send come from what the client has for the country of the number.
func TestSenderOfTheCountry(t *testing.T) {
	s := newService(t)
	s.clients["demo"].SenderID = "ACME"
	s.clients["demo"].Senders = map[string]clients.Sender{
		"MY": {Identity: "63001", Via: "sms-voice", MaxPrice: "0.10"}, "GB": {Identity: "ACMEGB"},
	}
	want := otp.Origin{Identity: "63001", Service: "sms-voice", MaxPrice: "0.10"}
	challenge := s.expect("SUCCESS", initPath, docRequest).AuthID
	if got := s.origin.Load(); got != want {
		t.Errorf("the message came from %+v, want %+v", got, want)
	}
	s.origin.Store(otp.Origin{})
	s.now = s.now.Add(30 * time.Second)
	s.expect("SUCCESS", triggerPath, triggerBody("t1", challenge))
	if got := s.origin.Load(); got != want {
		t.Errorf("the re-send came from %+v, want %+v", got, want)
	}
}

// triggerChallenge sends the same code again. Each call is idempotent by its own id.
func TestTrigger(t *testing.T) {
	s := newService(t)
	challenge := s.expect("SUCCESS", initPath, docRequest).AuthID
	code := s.code.Load().(string)
	s.expect("VERIFY_UNMATCHED", verifyPath, verifyBody(docID, "1"))
	// The vendor's documents call it directly after init.
	s.expect("TIMES_EXCEED_LIMIT", triggerPath, triggerBody("soon", challenge))
	s.now = s.now.Add(30 * time.Second)
	s.expect("TIMES_EXCEED_LIMIT", triggerPath, triggerBody("soon", challenge)) // stored
	want := `{"actionForm":{"challengeRenderValue":"+60******6353","challengeType":"sms"},` +
		`"result":{"resultCode":"SUCCESS","resultMessage":"success.","resultStatus":"S"},` +
		`"triggerRequestId":"t1"}`
	for range 2 {
		if got := s.post(triggerPath, triggerBody("t1", challenge)); string(got.Body) != want {
			t.Errorf("answered\n%s\nwant\n%s", got.Body, want)
		}
	}
	s.expect("REPEAT_REQ_INCONSISTENT", triggerPath, triggerBody("t1", "20220105190077000000162140200586657"))
	if s.sends.Load() != 2 || s.code.Load().(string) != code {
		t.Errorf("%d messages, same code %v", s.sends.Load(), s.code.Load() == code)
	}
	s.now = s.now.Add(30 * time.Second)
	got := string(s.post("/v1/security/triggerChallenge", triggerBody("", challenge)).Body)
	if strings.Contains(got, "triggerRequestId") || !strings.Contains(got, "SUCCESS") {
		t.Errorf("without an id: answered %s, want SUCCESS without an id", got)
	}
	s.now = s.now.Add(30 * time.Second)
	s.delivery = otp.MaybeSent
	s.expect("UNKNOWN_EXCEPTION", triggerPath, triggerBody("t2", challenge))
	s.delivery = otp.Accepted
	s.expect("UNKNOWN_EXCEPTION", triggerPath, triggerBody("t2", challenge)) // the next message may not go out yet
	s.now = s.now.Add(30 * time.Second)
	s.expect("SUCCESS", triggerPath, triggerBody("t2", challenge))
	for range 3 { // a used attempt stays used
		s.expect("VERIFY_UNMATCHED", verifyPath, verifyBody(docID, "1"))
	}
	s.expect("VERIFY_TIMES_EXCEED_LIMIT", verifyPath, verifyBody(docID, "1"))
	if got := s.expect("VERIFY_TIMES_EXCEED_LIMIT", triggerPath, triggerBody("t3", challenge)); got.IsPassed != nil {
		t.Error("the answer to a trigger has isPassed")
	}
	for _, id := range []string{"20220105190077000000162140200586657", "x", strings.Repeat("9", 64), challenge + "0"} {
		s.expect("AUTHENTICATION_REQUEST_ID_INVALID", triggerPath, triggerBody("", id))
	}
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", triggerPath, triggerBody("", challenge), client("other"))
	s.now = s.now.Add(5 * time.Minute)
	s.expect("AUTHENTICATION_REQUEST_ID_INVALID", triggerPath, triggerBody("t4", challenge))
	other := strings.NewReplacer(docID, "other", "6543216353", "6543216354").Replace(docRequest)
	challenge = s.expect("SUCCESS", initPath, other).AuthID
	s.now = s.now.Add(30 * time.Second)
	s.delivery = otp.Refused
	s.expect("PROCESS_FAIL", triggerPath, triggerBody("t6", challenge))
	s.broken.Store(true)
	s.expect("UNKNOWN_EXCEPTION", triggerPath, triggerBody("t5", challenge))
}

// Each trigger decides again whether a message may go to the number.
func TestTriggerRecipient(t *testing.T) {
	s := newService(t)
	challenge := s.expect("SUCCESS", initPath, docRequest).AuthID
	code := s.code.Load().(string)
	s.now = s.now.Add(30 * time.Second)
	s.clients["demo"].Countries = []string{"GB"}
	s.expect("ACCESS_DENIED", triggerPath, triggerBody("", challenge))
	s.expect("ACCESS_DENIED", triggerPath, triggerBody("t1", challenge))
	if s.sends.Load() != 1 || !strings.Contains(s.log.String(), `"outcome":"barred"`) {
		t.Errorf("%d messages, want that of the init only; logged %s", s.sends.Load(), s.log.String())
	}
	s.clients["demo"].Countries = []string{"MY"}
	s.expect("ACCESS_DENIED", triggerPath, triggerBody("t1", challenge)) // stored
	s.expect("SUCCESS", triggerPath, triggerBody("t2", challenge))
	s.expect("SUCCESS", verifyPath, verifyBody(docID, code))
}

func TestBadTriggerFields(t *testing.T) {
	s := newService(t)
	for _, body := range []string{
		"{}", "[]", `{"challengeId":""}`, `{"challengeId":null}`, `{"challengeId":1}`,
		`{"challengeId":"` + strings.Repeat("1", 65) + `"}`,
		`{"challengeId":"1\n"}`, `{"ChallengeId":"1"}`, `{"challengeId":"1","challengeId":"1"}`,
		`{"challengeId":"1","triggerRequestId":1}`,
		`{"challengeId":"1","triggerRequestId":"` + strings.Repeat("t", 65) + `"}`,
		`{"challengeId":"1","triggerRequestId":"\u0000"}`,
	} {
		s.refused("PARAM_ILLEGAL", triggerPath, body)
	}
}

// A field that no other API has determines the API of a request object.
func TestDirectInit(t *testing.T) {
	s := newService(t)
	direct := func(body string) reply {
		return parse(t, s.direct("demo", body))
	}
	challenge := direct(docRequest)
	if challenge.Result.Code != "SUCCESS" {
		t.Fatal(challenge)
	}
	if got := direct(triggerBody("", challenge.AuthID)).Result.Code; got != "TIMES_EXCEED_LIMIT" {
		t.Error(got)
	}
	if got := direct(usersBody("1", "t")).Result.Code; got != "INVALID_ACCESS_TOKEN" {
		t.Error(got)
	}
}
