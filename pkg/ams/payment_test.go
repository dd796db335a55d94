package ams_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// bill is the payment of these tests, and changedBills others, by what is changed: the matrix of dynamic linking.
const bill = `{"amount":"1234.50","currency":"EUR","payee":"Café Nord","purpose":"deposit"}`

var changedBills = map[string]string{
	"amount":      strings.Replace(bill, "1234.50", "1234.51", 1),
	"less":        strings.Replace(bill, "1234.50", "0.01", 1),
	"currency":    strings.Replace(bill, "EUR", "USD", 1),
	"payee":       strings.Replace(bill, "Nord", "Süd", 1),
	"payee, case": strings.Replace(bill, "Nord", "nord", 1),
	"payee, NFD":  strings.Replace(bill, "é", "e\u0301", 1),
	"purpose":     strings.Replace(bill, "deposit", "refund", 1),
	"no purpose":  strings.Replace(bill, `,"purpose":"deposit"`, "", 1),
	"none":        "",
}

// pays adds a payment to a body, "" for none.
func pays(body, payment string) string {
	if payment == "" {
		return body
	}
	return strings.TrimSuffix(body, "}") + `,"payment":` + payment + "}"
}

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
		for name, other := range changedBills {
			for _, verify := range []string{verifyPath, securityPath} {
				n++
				s.now = s.now.Add(25 * time.Hour)
				id := fmt.Sprint("payment", n)
				authID := s.expect("SUCCESS", path, pays(body(id), bill)).AuthID
				code := s.code.Load().(string)
				want := code + " is your Acme code, valid for 5 minutes.\nEUR 1 234.50: Café Nord"
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
		`{ "purpose":"deposit", "payee":"Caf\u00e9 Nord","currency":"EUR","amount":"1234.50"}`, bill,
	} {
		if got := s.post(initPath, pays(initBody("one"), same)).Body; string(got) != string(first) {
			t.Errorf("a repeat answered %s, want %s", got, first)
		}
	}
	for name, other := range changedBills {
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

// badBills are payments that are refused, and what the message of the refusal names.
var badBills = map[string]string{
	`"10.50 EUR"`: "must be an object", `[]`: "must be an object", `""`: "must be an object",
	`{}`: "amount: is required",
	`{"amount":"1.00","currency":"EUR","payee":"A","iban":"X"}`:  "nothing else",
	`{"Amount":"1.00","currency":"EUR","payee":"A"}`:             "nothing else",
	`{"amount":1.00,"currency":"EUR","payee":"A"}`:               "amount: must be a string",
	`{"amount":"1.00","currency":"EUR","payee":["A"]}`:           "payee: must be a string",
	`{"amount":"1.00","currency":"EUR","payee":"A","purpose":1}`: "purpose: must be a string",
}

// quoted is a text in JSON.
func quoted(text string) string {
	out, _ := json.Marshal(text)
	return string(out)
}

// Payments that are not well formed are refused by all APIs that take one: nothing is written, and no attempt is used.
func TestBadPayments(t *testing.T) {
	s := newService(t)
	s.expect("SUCCESS", initPath, pays(initBody("good"), bill))
	code := s.code.Load().(string)
	all := map[string]string{}
	for payment, rule := range badBills {
		all[payment] = rule
	}
	for value, rule := range map[string]string{
		"1": "2 decimals of EUR, such as 10.50", "1.5": "2 decimals", "1.500": "2 decimals", "1.": "2 decimals",
		".50": "2 decimals", "+1.50": "2 decimals", "-1.50": "2 decimals", "1e2": "2 decimals", "1,50": "2 decimals",
		"1 000.00": "2 decimals", "1,000.00": "2 decimals", "0x1.00": "2 decimals", "١.٥٠": "2 decimals",
		"1.5０": "2 decimals", " 1.50": "2 decimals", "NaN": "2 decimals", "1.50.00": "2 decimals",
		"01.50": "leading 0", "00.50": "leading 0", "0.00": "more than 0", "1000000000000.00": "12 digits",
		"": "required",
	} {
		all[fmt.Sprintf(`{"amount":%q,"currency":"EUR","payee":"A"}`, value)] = "amount: .*" + rule
	}
	for value, rule := range map[string]string{
		"eur": "ISO 4217", "EU": "ISO 4217", "EURO": "ISO 4217", "€": "ISO 4217", "978": "ISO 4217", "XXX": "ISO 4217",
		"XAU": "ISO 4217", "E R": "ISO 4217", "": "required", "D A": "ISO 4217",
	} {
		all[fmt.Sprintf(`{"amount":"1.00","currency":%q,"payee":"A"}`, value)] = "currency: .*" + rule
	}
	for value, rule := range map[string]string{
		"": "required", " ": "empty", "\u200e": "empty", " A": "space", "A ": "space", "A\nB": "U\\+000A",
		"A\u2028B": "U\\+2028",
		"A\u202eB": "U\\+202E", "A\u200bB": "U\\+200B", "\u0301": "accent", "Shop 2026": "4 digits",
		"12 34":              "4 digits",
		"@evil.example #123": "taken for the code|site", strings.Repeat("a", 36): "36 characters",
		strings.Repeat("\U0001F600", 18): "36 characters", strings.Repeat("я", 35): "one SMS",
	} {
		all[fmt.Sprintf(`{"amount":"1.00","currency":"EUR","payee":%s}`, quoted(value))] = "payee: .*(" + rule + ")"
	}
	for _, value := range []string{strings.Repeat("p", 37), "a\tb", "\x7f"} {
		all[fmt.Sprintf(`{"amount":"1.00","currency":"EUR","payee":"A","purpose":%s}`, quoted(value))] = "purpose: .*36"
	}
	for payment, rule := range all {
		for path, body := range map[string]string{
			initPath: initBody("new"), usersInit: usersBody("new", "token"),
			verifyPath: verifyBody("good", code), securityPath: verifyBody("good", code),
		} {
			if strings.HasSuffix(rule, "(one SMS)") && (path == verifyPath || path == securityPath) {
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
