package admissiontest

import (
	"encoding/json"
	"maps"
	"strings"
)

// Bill is a payment in JSON, and BillLine the line of a message that shows it. No other test data has its words, so a
// test can look for them.
const (
	Bill     = `{"amount":"1048.57","currency":"EUR","payee":"Zimtladen Süd","purpose":"anzahlung"}`
	BillLine = "EUR 1 048.57: Zimtladen Süd"
)

// OtherBills returns payments that a code for [Bill] does not confirm, by what is changed. "" is no payment.
func OtherBills() map[string]string {
	return map[string]string{
		"amount":      strings.Replace(Bill, "1048.57", "1048.58", 1),
		"less":        strings.Replace(Bill, "1048.57", "0.01", 1),
		"currency":    strings.Replace(Bill, "EUR", "USD", 1),
		"payee":       strings.Replace(Bill, "Süd", "Nord", 1),
		"payee, case": strings.Replace(Bill, "Süd", "süd", 1),
		"payee, NFD":  strings.Replace(Bill, "ü", "u\u0308", 1),
		"purpose":     strings.Replace(Bill, "anzahlung", "rest", 1),
		"no purpose":  strings.Replace(Bill, `,"purpose":"anzahlung"`, "", 1),
		"none":        "",
	}
}

// WithPayment adds a payment to the body of a request, "" for none.
func WithPayment(body, payment string) string {
	if payment == "" {
		return body
	}
	return strings.TrimSuffix(body, "}") + `,"payment":` + payment + "}"
}

// UnfitBill is a well-formed payment whose text needs a second SMS. A verify, which writes no text, does not refuse it.
var UnfitBill = bill("1.00", "EUR", strings.Repeat("я", 35), "")

// BadBills returns payments that are not well formed, and for each a regular expression of what the refusal names.
func BadBills() map[string]string {
	all := maps.Clone(malformed)
	for amount, rule := range badAmounts {
		all[bill(amount, "EUR", "A", "")] = "amount: .*" + rule
	}
	for currency, rule := range badCurrencies {
		all[bill("1.00", currency, "A", "")] = "currency: .*" + rule
	}
	for payee, rule := range badPayees {
		all[bill("1.00", "EUR", payee, "")] = "payee: .*(" + rule + ")"
	}
	for _, purpose := range []string{strings.Repeat("p", 37), "a\tb", "\x7f"} {
		all[bill("1.00", "EUR", "A", purpose)] = "purpose: .*36"
	}
	return all
}

var malformed = map[string]string{
	`"10.50 EUR"`: "must be an object", `[]`: "must be an object", `""`: "must be an object", `1`: "must be an object",
	`{}`: "amount: is required",
	`{"amount":"1.00","currency":"EUR","payee":"A","iban":"X"}`:  "nothing else",
	`{"Amount":"1.00","currency":"EUR","payee":"A"}`:             "nothing else",
	`{"amount":1.00,"currency":"EUR","payee":"A"}`:               "amount: must be a string",
	`{"amount":"1.00","currency":"EUR","payee":["A"]}`:           "payee: must be a string",
	`{"amount":"1.00","currency":"EUR","payee":"A","purpose":1}`: "purpose: must be a string",
	`{"amount":"1.00","currency":"JPY","payee":"A"}`:             "amount: .*0 decimals of JPY",
}

var badAmounts = map[string]string{
	"1": "2 decimals of EUR, such as 10.50", "1.5": "2 decimals", "1.500": "2 decimals", "1.": "2 decimals",
	".50": "2 decimals", "+1.50": "2 decimals", "-1.50": "2 decimals", "1e2": "2 decimals", "1,50": "2 decimals",
	"1 000.00": "2 decimals", "1,000.00": "2 decimals", "0x1.00": "2 decimals", "١.٥٠": "2 decimals",
	"1.5０": "2 decimals", " 1.50": "2 decimals", "NaN": "2 decimals", "1.50.00": "2 decimals",
	"01.50": "leading 0", "00.50": "leading 0", "0.00": "more than 0", "1000000000000.00": "12 digits",
	"": "required",
}

var badCurrencies = map[string]string{
	"eur": "ISO 4217", "EU": "ISO 4217", "EURO": "ISO 4217", "€": "ISO 4217", "978": "ISO 4217", "XXX": "ISO 4217",
	"XAU": "ISO 4217", "E R": "ISO 4217", "": "required", "D A": "ISO 4217",
}

var badPayees = map[string]string{
	"": "required", " ": "empty", "\u200e": "empty", " A": "space", "A ": "space", "A\nB": `U\+000A`,
	"A\u2028B": `U\+2028`, "A\u202eB": `U\+202E`, "A\u200bB": `U\+200B`, "\u0301": "accent",
	"Shop 2026": "4 digits", "12 34": "4 digits", "@evil.example #123": "taken for the code|site",
	strings.Repeat("a", 36): "36 characters", strings.Repeat("\U0001F600", 18): "36 characters",
}

// bill returns a payment in JSON, without a purpose if that is "".
func bill(amount, currency, payee, purpose string) string {
	text, _ := json.Marshal(struct { // texts alone are always written
		Amount   string `json:"amount"`
		Currency string `json:"currency"`
		Payee    string `json:"payee"`
		Purpose  string `json:"purpose,omitempty"`
	}{amount, currency, payee, purpose})
	return string(text)
}
