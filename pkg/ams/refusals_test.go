package ams_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"countersign/docs/openapitest"
	"countersign/pkg/admission/admissiontest"
	"countersign/pkg/ams"
	"countersign/pkg/gateway"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
	"countersign/pkg/telemetry"
)

// Each reason not to send refuses both inits and the trigger with the result of the table.
func TestRefusedRecipients(t *testing.T) {
	for _, r := range admissiontest.Refusals() {
		n, _ := plan.Lookup(r.Number)
		hyphenated := n.CC + "-" + r.Number[1+len(n.CC):]
		init := func(id string) string {
			return fmt.Sprintf(`{"authenticationRequestId":%q,"authenticationMethod":"OTP","authenticationType":"SMS",`+
				`"identityType":"MOBILENO","identityValue":%q}`, id, hyphenated)
		}
		t.Run(r.Name, func(t *testing.T) {
			s, users := withUsers(t)
			addUser(t, users, "u", hyphenated, "token")
			admissiontest.Anywhere(s.clients["demo"])
			challenge := s.expect("SUCCESS", initPath, init("1")).AuthID
			s.now = s.now.Add(time.Minute)
			r.Refuse(s.clients["demo"])
			s.wantRefusal(r.Outcome, initPath, init("2"))
			s.wantRefusal(r.Outcome, usersInit, usersBody("3", "token"))
			s.wantRefusal(r.Outcome, triggerPath, triggerBody("", challenge))
			s.wantRefusal(r.Outcome, triggerPath, triggerBody("4", challenge))
		})
	}
}

// wantRefusal posts a request, after which no second message is sent, and wants the result of an outcome.
func (s *service) wantRefusal(outcome otp.Outcome, path, body string) {
	s.t.Helper()
	resp := s.post(path, body)
	header := http.Header{}
	for name, value := range resp.Headers {
		header.Set(name, value)
	}
	if err := openapitest.Answer("POST", path, resp.Status, header, resp.Body); err != nil {
		s.t.Errorf("add the result of %q to the answers of %s in docs/openapi.yaml, with an example: %v",
			outcome, path, err)
	}
	got := parse(s.t, resp).Result
	if codes, _ := ams.ResultCodes(outcome); got.Code != codes[0] || got.Status != "F" {
		s.t.Errorf("%s answered %+v, and the result of %q is %q: give the outcome a result with the status F "+
			"in results of pkg/ams/result.go, and answer with it", path, got, outcome, codes[0])
	}
	if s.sends.Load() != 1 {
		s.t.Errorf("%s sent a message: the APIs in pkg/ams/init.go, users.go and trigger.go must not send "+
			"with the outcome %q of Recipient", path, outcome)
	}
}

// The log line of a refusal whose code has several causes names the cause, which the answer does not have.
func TestRefusalsNameTheirCause(t *testing.T) {
	for want, change := range map[string]func(*service, *gateway.Request){
		"address: must be in a network": func(s *service, r *gateway.Request) {
			s.clients[merchant].Networks = []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}
			r.SourceIP = "203.0.113.1"
		},
		"UnsignedClients is no": func(s *service, r *gateway.Request) {
			s.clients[merchant].AddedUnsigned = true
			delete(r.Headers, "request-time")
		},
		"api: must be one that": func(s *service, _ *gateway.Request) {
			s.clients[merchant].APIs = []string{"unimatrix"}
		},
	} {
		s := trusted(t)
		s.init.Lines = &telemetry.Lines{}
		resp := s.post("/ams/api"+verifyPath, docVerify, signed(t, s, privateKey(t, "ams-test-client.key.pem")),
			func(r *gateway.Request) { change(s, r) })
		if !strings.Contains(s.log.String(), want) || strings.Contains(string(resp.Body), want) {
			t.Errorf("answered %s, logged %s, want %q", resp.Body, s.log.String(), want)
		}
	}
}
