package unimatrix_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// bill is the payment of these tests, and changedBills others, by what is changed: the matrix of dynamic linking.
const bill = `{"amount":"1234.50","currency":"EUR","payee":"Café Nord","purpose":"deposit"}`

var changedBills = map[string]string{
	"amount":     strings.Replace(bill, "1234.50", "1234.51", 1),
	"currency":   strings.Replace(bill, "EUR", "USD", 1),
	"payee":      strings.Replace(bill, "Nord", "Süd", 1),
	"payee, NFD": strings.Replace(bill, "é", "e\u0301", 1),
	"purpose":    strings.Replace(bill, "deposit", "refund", 1),
	"no purpose": strings.Replace(bill, `,"purpose":"deposit"`, "", 1),
	"none":       "",
}

// pays adds a payment to a body, "" for none.
func pays(text, payment string) edit {
	if payment == "" {
		return body(text)
	}
	return body(strings.TrimSuffix(text, "}") + `,"payment":` + payment + "}")
}

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
	for name, other := range changedBills {
		for _, locks := range []bool{false, true} {
			s.now = s.now.Add(time.Hour)
			s.expect(200, "0", pays(text, bill))
			want := s.code() + " is your Acme code, valid for 5 minutes.\nEUR 1 234.50: Café Nord"
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
	for name, other := range changedBills {
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
	s.expect(200, "0", pays(text, bill))
	s.valid(false, text, changedBills["amount"])
	s.expect(200, "0", pays(text, changedBills["amount"]))
	s.valid(false, text, bill)
	s.valid(true, text, changedBills["amount"])
}

// Payments that are not well formed are refused by both actions. A missing field comes first.
func TestBadPayments(t *testing.T) {
	s := newService(t)
	s.expect(200, "0", pays(sendText, bill))
	right := `{"to":"` + number + `","code":"` + s.code() + `"}`
	payees := []string{"", " A", "A\nB", "Shop 2026", "@evil.example #123", strings.Repeat("a", 36)}
	bad := []string{
		`"10.50 EUR"`, `[]`, `{}`, `""`, `1`, strings.Replace(bill, `"amount"`, `"Amount"`, 1),
		strings.Replace(bill, "{", `{"iban":"X",`, 1), strings.Replace(bill, `"1234.50"`, `1234.50`, 1),
		strings.Replace(bill, "1234.50", "1234.5", 1), strings.Replace(bill, "1234.50", "0.00", 1),
		strings.Replace(bill, "1234.50", "01234.50", 1), strings.Replace(bill, "EUR", "eur", 1),
		strings.Replace(bill, "EUR", "JPY", 1), strings.Replace(bill, "deposit", strings.Repeat("p", 37), 1),
	}
	for _, payee := range payees {
		name, _ := json.Marshal(payee)
		bad = append(bad, strings.Replace(bill, `"Café Nord"`, string(name), 1))
	}
	for _, payment := range bad {
		s.refused(400, "104002", pays(sendText, payment))
		s.refused(400, "104002", as(simple, "otp.verify"), pays(right, payment))
		s.refused(400, "104001", pays(`{"digits":6}`, payment))
		if line := s.log.String(); !strings.Contains(line, "payment: ") {
			t.Errorf("the line of %s does not name the field: %s", payment, line)
		}
		s.log.Reset()
	}
	s.refused(400, "104002", pays(sendText, strings.Replace(bill, "Café Nord", strings.Repeat("я", 35), 1)))
	if !strings.Contains(s.log.String(), "payment: payee: makes the message longer than one SMS: take out 7") {
		t.Errorf("the line is %s", s.log.String())
	}
	s.valid(true, right, bill)
}

// A line says that a request has a payment, and nothing says what it is.
func TestPaymentInLines(t *testing.T) {
	s := newService(t)
	s.expect(200, "0", pays(sendText, bill))
	s.valid(true, `{"to":"`+number+`","code":"`+s.code()+`"}`, bill)
	got := s.log.String()
	if n := strings.Count(got, `"payment":true`); n != 2 {
		t.Errorf("%d of 2 lines have the mark of a payment: %s", n, got)
	}
	for _, canary := range []string{"1234", "1 234", "EUR", "Nord", "deposit"} {
		if strings.Contains(got, canary) {
			t.Errorf("a line has %s: %s", canary, got)
		}
	}
	s.log.Reset()
	if s.expect(200, "0"); strings.Contains(s.log.String(), "payment") {
		t.Errorf("the line of a request without a payment is %s", s.log.String())
	}
}
