package admission_test

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf16"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/message"
	"countersign/pkg/message/autofilltest"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
	"countersign/pkg/strictjson"
	"countersign/pkg/telemetry"
)

func readPayment(text string) (p otp.Payment, rule string) {
	broken := strictjson.Decode([]byte(`{"payment":`+text+`}`), strictjson.Fields{"payment": admission.Payment(&p)})
	return p, broken.Rule
}

// An amount has one spelling for each currency: exactly its decimals.
func TestPaymentAmounts(t *testing.T) {
	for _, c := range []struct {
		currency, ok string
		not          []string
	}{
		{"EUR", "10.50", []string{"10.5", "10", "10.500", "010.50"}},
		{"JPY", "1050", []string{"1050.00", "1050.", "01050", "0"}},
		{"KWD", "10.500", []string{"10.50", "10.5", "10", "0.000"}},
		{"USD", "0.01", []string{".01", "0.1", "0.010", "00.01"}},
		{"IDR", "999999999999.99", []string{"1000000000000.00"}},
		{"XCG", "1.00", nil}, {"ZWG", "1.00", nil}, {"ISK", "1", nil}, {"TND", "0.001", nil},
		{"BGN", "", []string{"1.00"}}, {"HRK", "", []string{"1.00"}}, {"XXX", "", []string{"1", "1.00"}},
	} {
		for _, amount := range append(c.not, c.ok) {
			p, rule := readPayment(`{"amount":"` + amount + `","currency":"` + c.currency + `","payee":"A"}`)
			if (rule == "") != (amount == c.ok && amount != "") {
				t.Errorf("%s %q: %q, %v", c.currency, amount, rule, []string{p.Amount, p.Currency})
			}
		}
	}
}

// A payment whose text needs a second part is no fault, and is refused where the text of a re-send would need one too:
// that has no language of a request.
func TestPaymentUnfit(t *testing.T) {
	messages := admission.Messages{Lookup: plan.Lookup, Text: languages.For}
	c := &clients.Client{ID: "known", Countries: []string{"*"}, Brand: "Countersign"}
	n, _ := messages.Recipient(t.Context(), c, "+8613123456789")
	p := otp.Payment{Amount: "10.50", Currency: "CNY"}
	for _, pay := range []struct {
		payee string
		over  bool
	}{
		{"东京咖啡", false}, {strings.Repeat("东", 24), false}, {strings.Repeat("东", 25), true},
		{strings.Repeat("a", 35), false},
	} {
		p.Payee = pay.payee
		ctx, record := telemetry.Begin(t.Context(), time.Now())
		start, err := messages.Start(ctx, c, n, p, "zh")
		var unfit *admission.Unfit
		if errors.As(err, &unfit) != pay.over || (err != nil) != pay.over || record.Fault != "" || !record.Payment {
			t.Fatalf("%s: %v, recorded %+v", pay.payee, err, record)
		}
		resend, _ := messages.Resend(ctx, c)
		again, _, err := resend.Wording("CN", p)
		if (err != nil) != pay.over {
			t.Errorf("%s: a re-send has %v, want it to fit if the init does", pay.payee, err)
		}
		if pay.over {
			continue
		}
		for _, text := range []otp.Text{start.Text, again} {
			got := text("12345678", 5*time.Minute)
			if !strings.HasSuffix(got, "\nCNY 10.50: "+p.Payee) || message.Measure(got).Parts != 1 {
				t.Errorf("the text is %q", got)
			}
		}
	}
	messages.Text = func(message.Words, ...string) (message.Chosen, error) { return message.Chosen{}, errBroken }
	ctx, record := telemetry.Begin(t.Context(), time.Now())
	if _, err := messages.Start(ctx, c, n, p); !errors.Is(err, errBroken) || record.Fault != "text" {
		t.Errorf("without a text: %v, recorded %+v", err, record)
	}
}

var longNumber = regexp.MustCompile(`(?:\p{N}\p{M}*){4}`)

// cutLines returns a text without its lines for autofill, and the lines: both, or one where two have no room, or none.
func cutLines(text, code string, all message.Autofill) (rest string, lines message.Autofill) {
	if cut, ok := strings.CutSuffix(text, "\n@"+all.Site+" #"+code); ok {
		text, lines.Site = cut, all.Site
	}
	if cut, ok := strings.CutSuffix(text, "\n"+all.AndroidHash); ok {
		text, lines.AndroidHash = cut, all.AndroidHash
	}
	return text, lines
}

// FuzzPayment reads any payment. One that is accepted has one spelling, and in each language its text is refused, or
// has one part, the code first and no other number of four digits, one line for the payment, and nothing that is not
// seen.
func FuzzPayment(f *testing.F) {
	for _, seed := range []string{
		`{"amount":"1234567.50","currency":"EUR","payee":"Café Nord","purpose":"deposit"}`, `{}`, `[]`, `null`,
		`{"amount":"1","currency":"JPY","payee":"東京"}`, `{"amount":"0.001","currency":"KWD","payee":"متجر @a #1"}`,
		`{"amount":"1.00","currency":"EUR","payee":"a\u2028\u202e\n1 2 3"}`,
		`{"amount":"0.001","currency":"KWD","payee":"ر"}`,
		`{"amount":"1.00","currency":"EUR","payee":"1\u20e32\u20e33\u20e34\u20e3"}`,
	} {
		f.Add(seed, "ru")
	}
	f.Fuzz(func(t *testing.T, text, tag string) {
		p, rule := readPayment(text)
		if rule != "" || p.None() {
			return
		}
		units := len(utf16.Encode([]rune(p.Payee)))
		if !json.Valid([]byte(text)) || units < 1 || units > message.MaxPayee {
			t.Fatalf("%q is accepted", text)
		}
		lines := message.Autofill{Site: "a.example", AndroidHash: "FA+9qCX9VSu"}
		write, err := languages.For(message.Words{Brand: "Acme", Payment: p, Autofill: lines}, tag)
		if err != nil {
			return
		}
		for _, left := range []time.Duration{0, time.Minute, 22 * time.Minute} {
			got := write.Text("90716354", left)
			bare, found := cutLines(got, "90716354", lines)
			words, line, _ := strings.Cut(bare, "\n")
			if wrong := autofilltest.Check(got, "90716354", found); wrong != "" {
				t.Fatalf("%q in %q: %s: %q", text, tag, wrong, got)
			}
			rest, first := strings.CutPrefix(words, "90716354")
			shown := strings.ReplaceAll(line, " ", "")
			size := message.Measure(got)
			if !first || size.Parts != 1 || longNumber.MatchString(rest+"\n"+line) ||
				strings.ContainsFunc(words+line, unicode.IsControl) ||
				shown != p.Currency+p.Amount+":"+strings.ReplaceAll(p.Payee, " ", "") {
				t.Fatalf("%q in %q: %+v %q", text, tag, size, got)
			}
		}
	})
}
