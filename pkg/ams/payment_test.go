package ams_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/pkg/admission/admissiontest"
)

// bill is the payment of these tests.
const bill = admissiontest.Bill

// pays adds a payment to a body, "" for none.
func pays(body, payment string) string { return admissiontest.WithPayment(body, payment) }

func initBody(id string) string {
	return strings.NewReplacer(docID, id, `"language":"en-US"`, `"language":"en"`).Replace(docRequest)
}

func securityBody(id, authID, code string) string {
	return fmt.Sprintf(`{"authenticationRequestId":%q,"authenticationId":%q,"challengeData":{"otpValue":%q}}`,
		id, authID, code)
}

// Each init sends a text with the payment. Each verify refuses and counts a right code with another payment, and the
// right one still passes. Other clients are refused, and use no attempt.
func TestPayment(t *testing.T) {
	s, users := withUsers(t)
	addUser(t, users, "u", "60-6543216353", "token")
	n := 0
	for path, body := range map[string]func(id string) string{
		initPath: initBody, usersInit: func(id string) string { return usersBody(id, "token") },
	} {
		for name, other := range admissiontest.OtherBills() {
			for _, verify := range []string{verifyPath, securityPath} {
				n++
				s.now = s.now.Add(25 * time.Hour)
				id := fmt.Sprint("payment", n)
				authID := s.expect("SUCCESS", path, pays(body(id), bill)).AuthID
				code := s.code.Load().(string)
				want := code + " is your Acme code, valid for 5 minutes.\n" + admissiontest.BillLine
				if got := s.text.Load(); got != want {
					t.Fatalf("%s: the message is %q, want %q", path, got, want)
				}
				typed := func(code string) string {
					if verify == verifyPath || authID == "" {
						return verifyBody(id, code)
					}
					return securityBody(id, authID, code)
				}
				writes := s.writes.Load()
				s.answers(noLiveID, verify, pays(typed(code), bill), client("other"))
				s.answers(unmatched, verify, pays(typed(code), other))
				if path == initPath && s.writes.Load() != writes+2 {
					t.Errorf("%s: two verifies took %d writes", name, s.writes.Load()-writes)
				}
				for range 3 {
					s.answers(unmatched, verify, pays(typed(code), other))
				}
				if n%2 == 0 {
					s.answers(exceeded, verify, pays(typed(code), other))
					s.answers(exceeded, verify, pays(typed(code), bill))
					continue
				}
				s.answers("isPassed=true "+success, verify, pays(typed(code), bill))
				s.answers(noLiveID, verify, pays(typed(code), bill))
			}
		}
	}
}

// A repeat is one with the same payment, in any order of its members. A payment where there was none is another
// request.
func TestPaymentRepeated(t *testing.T) {
	s := newService(t)
	first := s.post(initPath, pays(initBody("one"), bill)).Body
	for _, same := range []string{
		`{ "purpose":"anzahlung", "payee":"Zimtladen S\u00fcd","currency":"EUR","amount":"1048.57"}`, bill,
	} {
		if got := s.post(initPath, pays(initBody("one"), same)).Body; string(got) != string(first) {
			t.Errorf("a repeat answered %s, want %s", got, first)
		}
	}
	for name, other := range admissiontest.OtherBills() {
		if s.expect("REPEAT_REQ_INCONSISTENT", initPath, pays(initBody("one"), other)); t.Failed() {
			t.Fatal(name)
		}
	}
	s.now = s.now.Add(time.Hour)
	s.expect("SUCCESS", initPath, initBody("two"))
	s.expect("REPEAT_REQ_INCONSISTENT", initPath, pays(initBody("two"), bill))
	s.answers(unmatched, verifyPath, pays(verifyBody("two", s.code.Load().(string)), bill))
	s.answers("isPassed=true "+success, verifyPath, verifyBody("two", s.code.Load().(string)))
	s.now = s.now.Add(time.Hour)
	for _, absent := range []string{"null", ""} {
		s.expect("SUCCESS", initPath, pays(initBody("three"), absent)) // the same request
	}
	if got := s.sends.Load(); got != 3 {
		t.Errorf("%d messages, want 3", got)
	}
}

// A re-send has the same text, and takes no payment of its own.
func TestPaymentSentAgain(t *testing.T) {
	s := newService(t)
	authID := s.expect("SUCCESS", initPath, pays(initBody("one"), bill)).AuthID
	first := s.text.Load()
	for range 2 {
		s.now = s.now.Add(30 * time.Second)
		s.expect("SUCCESS", triggerPath, triggerBody(s.now.String(), authID))
		if got, want := s.text.Load(), strings.Replace(first.(string), "5 minutes", "4 minutes", 1); got != want {
			t.Errorf("the message is %q, want %q", got, want)
		}
	}
	got := s.refused("PARAM_ILLEGAL", triggerPath, pays(triggerBody("", authID), bill))
	if !strings.Contains(got.Result.Message, "payment") {
		t.Errorf("%s does not name the field", got.Result.Message)
	}
	s.answers("isPassed=true "+success, verifyPath, pays(verifyBody("one", s.code.Load().(string)), bill))
}

// Payments that are not well formed are refused by all APIs that take one: nothing is written, and no attempt is used.
func TestBadPayments(t *testing.T) {
	s := newService(t)
	s.expect("SUCCESS", initPath, pays(initBody("good"), bill))
	code := s.code.Load().(string)
	all := admissiontest.BadBills()
	all[admissiontest.UnfitBill] = "payee: .*one SMS"
	for payment, rule := range all {
		for path, body := range map[string]string{
			initPath: initBody("new"), usersInit: usersBody("new", "token"),
			verifyPath: verifyBody("good", code), securityPath: verifyBody("good", code),
		} {
			if payment == admissiontest.UnfitBill && (path == verifyPath || path == securityPath) {
				continue // verify writes no text
			}
			got := s.refused("PARAM_ILLEGAL", path, pays(body, payment))
			if !regexp.MustCompile("payment: .*" + rule).MatchString(got.Result.Message) {
				t.Errorf("%s with %s: %s, want %s in it", path, payment, got.Result.Message, rule)
			}
		}
	}
	s.answers("isPassed=true "+success, verifyPath, pays(verifyBody("good", code), bill))
}
