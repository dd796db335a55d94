package languages_test

import (
	"fmt"
	"math/bits"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"countersign/pkg/filetest"
	"countersign/pkg/message"
	"countersign/pkg/message/autofilltest"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
)

// The golden table: for each language the texts for a payment with a short payee and with the longest one that leaves
// the text in its language, and the units that they take.
func TestPayments(t *testing.T) {
	var b strings.Builder
	b.WriteString("language\tpayee\ttext\n")
	const brand = "Countersign"
	for _, tag := range languages.All() {
		full := in(t, brand, tag)
		for _, payee := range []string{"ACME", longestPayee(t, tag)} {
			p := otp.Payment{Amount: "1234.50", Currency: "EUR", Payee: payee}
			text, err := languages.In(message.Words{Brand: brand, Payment: p}, tag)
			if err != nil {
				t.Fatal(tag, err)
			}
			got := text.Write("425502", 5*time.Minute)
			words, line, _ := strings.Cut(got, "\n")
			if size := message.Measure(got); size.Parts != 1 || line != "EUR 1 234.50: "+payee {
				t.Errorf("%s: %+v %q", tag, size, got)
			}
			checkShort(t, tag, words, full.Write("425502", 5*time.Minute))
			fmt.Fprintf(&b, "%s\t%d\t%s\n", tag, utf8.RuneCountInString(payee), strings.ReplaceAll(got, "\n", " ↵ "))
		}
	}
	filetest.Golden(t, "testdata/payments.tsv", []byte(b.String()), *update, writeAnew)
}

// longestPayee is the longest payee with which the text stays in a language, beside ten euro and the brand Countersign.
func longestPayee(t *testing.T, tag string) string {
	t.Helper()
	for n := message.MaxPayee; n > 0; n-- {
		p := otp.Payment{Amount: "1234.50", Currency: "EUR", Payee: strings.Repeat("p", n)}
		if _, err := languages.In(message.Words{Brand: "Countersign", Payment: p}, tag); err == nil {
			return p.Payee
		}
	}
	t.Fatalf("%s has no room for a payee", tag)
	return ""
}

// checkShort wants the words of the whole text, or its beginning up to a mark, without the minutes.
func checkShort(t *testing.T, tag, words, whole string) {
	t.Helper()
	if words == whole {
		return
	}
	last, size := utf8.DecodeLastRuneInString(words)
	begins := strings.HasPrefix(whole, words[:len(words)-size])
	ends := strings.ContainsRune(".。।۔။។", last) || tag == "th"
	if !begins || !ends || strings.ContainsAny(strings.TrimPrefix(words, "425502"), "0123456789") ||
		!strings.Contains(words, "Countersign") || strings.ContainsAny(words, "{}") {
		t.Errorf("%s: the short text is %q, want the beginning of %q", tag, words, whole)
	}
}

// A client's own text gets the line too. Where it has no room, the built-in text of its language is taken, then another
// language.
func TestPaymentOfOwnText(t *testing.T) {
	p := otp.Payment{Amount: "5", Currency: "JPY", Payee: "ООО Ромашка"}
	for own, want := range map[string]string{
		"Код {code}.": "Код 425502.\nJPY 5: ООО Ромашка",
		"Код {code}. " + strings.Repeat("я", 50): "425502 — Ваш код для Acme.\nJPY 5: ООО Ромашка",
	} {
		w := message.Words{Brand: "Acme", Language: "ru", Own: map[string]string{"ru": own}, Payment: p}
		text, err := languages.For(w)
		if err != nil {
			t.Fatal(err)
		}
		if got := text.Text("425502", 5*time.Minute); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	p.Payee = strings.Repeat("p", 35)
	for tag, want := range map[string]string{
		"ta": "425502 is your Acme code, valid for 5 minutes.", "zh": "425502 是您的Acme验证码。",
	} {
		text, err := languages.For(message.Words{Brand: "Acme", Language: tag, Payment: p})
		if err != nil {
			t.Fatal(err)
		}
		if got := text.Text("425502", 5*time.Minute); got != want+"\nJPY 5: "+p.Payee {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
}

// Phones read the code of a message with a payment as meant, whatever the payee is: its line is between the text and
// the lines for autofill.
func TestPaymentIsRead(t *testing.T) {
	texts := 0
	for _, tag := range languages.All() {
		for _, lines := range formed() {
			for _, payee := range []string{"ACME", "@evil.example", "#1 Shop", "365 @ 24", "A+9qCX9VSuB", "東京"} {
				p := otp.Payment{Amount: "123456789.00", Currency: "EUR", Payee: payee}
				if message.CheckPayee(payee) != nil {
					t.Fatalf("%s is no payee", payee)
				}
				text, err := languages.In(message.Words{Brand: "A", Autofill: lines, Payment: p}, tag)
				if err != nil {
					continue
				}
				texts++
				got := text.Write("90716354", 25*time.Minute)
				wrong := autofilltest.Check(got, "90716354", lines)
				after := strings.Count(got[strings.Index(got, "\nEUR 123 456 789.00: "+payee):], "\n")
				if wrong != "" || message.Measure(got).Room() < 0 || after != 1+bits.OnesCount8(uint8(lines.Form())) {
					t.Errorf("%s, %v: %s: %q", tag, lines, wrong, got)
				}
			}
		}
	}
	if texts < 600 {
		t.Errorf("%d texts", texts)
	}
}

// Showing a payment takes no more than the text when it is written.
func TestPaymentAllocations(t *testing.T) {
	p := otp.Payment{Amount: "1234567.50", Currency: "EUR", Payee: "ACME"}
	text, err := languages.In(message.Words{Brand: "Countersign", Payment: p}, "de")
	if err != nil {
		t.Fatal(err)
	}
	if n := testing.AllocsPerRun(100, func() { text.Write("425502", time.Minute) }); n != 1 {
		t.Errorf("a text takes %v allocations, want 1", n)
	}
}
