package unimatrix_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"countersign/pkg/admission/admissiontest"
)

// bill is the payment of these tests.
const bill = admissiontest.Bill

// pays sends a body with a payment, "" for none.
func pays(text, payment string) edit { return body(admissiontest.WithPayment(text, payment)) }

func guess(code, intent string) string {
	return `{"to":"` + number + `","code":"` + code + `","intent":"` + intent + `"}`
}

// valid verifies with a payment, and wants the answer whether the code is right.
func (s *service) valid(want bool, text, payment string, edits ...edit) {
	s.t.Helper()
	writes := s.writes
	got := s.expect(200, "0", append([]edit{as(simple, "otp.verify"), pays(text, payment)}, edits...)...)
	if got.Data["valid"] != want || s.writes != writes+1 {
		s.t.Errorf("%s with %s answered %s after %d writes, want valid %t after 1", text, payment, got.Raw,
			s.writes-writes, want)
	}
}

// A right code with another payment is refused and counted. With another intent and for another client it is refused,
// and no attempt is used. The right one passes, once.
func TestPayment(t *testing.T) {
	s := newService(t)
	const text = `{"to":"` + number + `","intent":"pay"}`
	for name, other := range admissiontest.OtherBills() {
		for _, locks := range []bool{false, true} {
			s.now = s.now.Add(time.Hour)
			s.expect(200, "0", pays(text, bill))
			want := s.code() + " is your Acme code, valid for 5 minutes.\n" + admissiontest.BillLine
			if got := s.messages[len(s.messages)-1].Text; got != want {
				t.Fatalf("the message is %q, want %q", got, want)
			}
			right := guess(s.code(), "pay")
			s.valid(false, guess(s.code(), "login"), bill)
			s.valid(false, right, bill, as("other", "otp.verify"))
			for range 4 {
				s.valid(false, right, other)
			}
			if locks {
				s.valid(false, right, other)
			}
			if s.valid(!locks, right, bill); t.Failed() {
				t.Fatal(name)
			}
			s.valid(false, right, bill)
		}
	}
}

// While a code is live, a send with its payment sends it again, and one with another payment sends another code, which
// has the attempts that were left.
func TestPaymentSentAgain(t *testing.T) {
	for name, other := range admissiontest.OtherBills() {
		t.Run(name, func(t *testing.T) {
			s := newService(t)
			s.expect(200, "0", pays(sendText, bill))
			first, text := s.code(), s.messages[0].Text
			s.valid(false, `{"to":"`+number+`","code":"`+first+`"}`, other)
			s.expect(200, "0", pays(sendText, bill))
			if s.messages[1].Text != text {
				t.Errorf("the second message is %q, want the first one", s.messages[1].Text)
			}
			s.expect(200, "0", pays(sendText, other))
			latest := `{"to":"` + number + `","code":"` + s.code() + `"}`
			s.valid(false, `{"to":"`+number+`","code":"`+first+`"}`, bill)
			s.valid(false, latest, bill)
			s.valid(false, latest, bill)
			s.valid(true, latest, other)
		})
	}
}

// A code that the client chose is bound too, and the same code for another payment is another one.
func TestPaymentOfChosenCode(t *testing.T) {
	s := newService(t)
	const text = `{"to":"` + number + `","code":"493817"}`
	other := admissiontest.OtherBills()["amount"]
	s.expect(200, "0", pays(text, bill))
	s.valid(false, text, other)
	s.expect(200, "0", pays(text, other))
	s.valid(false, text, bill)
	s.valid(true, text, other)
}

// Payments that are not well formed are refused by both actions. A missing field comes first.
func TestBadPayments(t *testing.T) {
	s := newService(t)
	s.expect(200, "0", pays(sendText, bill))
	right := `{"to":"` + number + `","code":"` + s.code() + `"}`
	for payment, rule := range admissiontest.BadBills() {
		s.refused(400, "104002", pays(sendText, payment))
		s.refused(400, "104002", as(simple, "otp.verify"), pays(right, payment))
		s.refused(400, "104001", pays(`{"digits":6}`, payment))
		if lines := s.log.String(); len(regexp.MustCompile("payment: .*"+rule).FindAllString(lines, -1)) != 2 {
			t.Errorf("the lines of %s are %s, want %s in two of them", payment, lines, rule)
		}
		s.log.Reset()
	}
	s.refused(400, "104002", pays(sendText, admissiontest.UnfitBill))
	if !strings.Contains(s.log.String(), "payment: payee: makes the message longer than one SMS: take out 3") {
		t.Errorf("the line is %s", s.log.String())
	}
	s.valid(true, right, bill)
}

// A line has the mark of a payment, and nothing of the payment itself.
func TestPaymentInLines(t *testing.T) {
	s := newService(t)
	s.expect(200, "0", pays(sendText, bill))
	s.valid(true, `{"to":"`+number+`","code":"`+s.code()+`"}`, bill)
	got := s.log.String()
	if n := strings.Count(got, `"payment":true`); n != 2 {
		t.Errorf("%d of 2 lines have the mark of a payment: %s", n, got)
	}
	for _, canary := range []string{"1048", "1 048", "EUR", "Zimt", "anzahlung"} {
		if strings.Contains(got, canary) {
			t.Errorf("a line has %s: %s", canary, got)
		}
	}
	s.log.Reset()
	if s.expect(200, "0"); strings.Contains(s.log.String(), "payment") {
		t.Errorf("the line of a request without a payment is %s", s.log.String())
	}
}
