package languages_test

import (
	"cmp"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"countersign/pkg/filetest"
	"countersign/pkg/message"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
)

// indian are the words of a client's messages to India.
func indian(lines message.Autofill, own map[string]string) message.Words {
	return message.Words{Brand: "Acme", Own: own, Autofill: lines, Registered: true}
}

// linesOf are the lines for autofill of each form.
func linesOf() []message.Autofill {
	const host, hash = "acme.in", "FA+9qCX9VSu"
	return []message.Autofill{{}, {Site: host}, {AndroidHash: hash}, {Site: host, AndroidHash: hash}}
}

// variable is a variable of a registered text.
var variable = regexp.MustCompile(`\{#[a-z]+#\}`)

// filled returns a registered text with the values of its variables.
func filled(t *testing.T, r message.Registered, value map[string]string) string {
	t.Helper()
	i := 0
	text := variable.ReplaceAllStringFunc(r.Text, func(found string) string {
		v := r.Variables[i]
		i++
		got := value[v.Name]
		if found != "{#"+string(v.Kind)+"#}" || got == "" || len(got) > v.Longest || v.Longest > message.MaxValue ||
			v.Kind == message.Numeric && strings.Trim(got, "0123456789") != "" {
			t.Errorf("%q has %s as %+v, and the value %q", r.Text, found, v, got)
		}
		return got
	})
	if i != len(r.Variables) || i > maxVariables {
		t.Errorf("%q has %d variables, and names %+v", r.Text, i, r.Variables)
	}
	return text
}

// payments are none, a short one, and the longest; and what their texts show as the amount.
func payments() ([]otp.Payment, []string) {
	return []otp.Payment{
		{}, {Amount: "1234.50", Currency: "INR", Payee: "Kirana"},
		{Amount: "999999999999.000", Currency: "KWD", Payee: strings.Repeat("p", message.MaxValue)},
	}, []string{"", "INR 1 234.50", "KWD 999 999 999 999.000"}
}

// What is sent is what is registered but for the values of its variables, whatever the language, the form, the payment,
// the digits and the time. A golden table has the texts.
func TestRegistered(t *testing.T) {
	golden := []string{"language\tform\tpayment\tunicode\ttext"}
	for _, tag := range languages.All() {
		for i, own := range []map[string]string{nil, {tag: "{brand}: {code}, {minutes}."}, {tag: "{code} ({brand})"}} {
			for _, lines := range linesOf() {
				all, amounts := payments()
				for n, p := range all {
					w := indian(lines, own)
					w.Payment = p
					if row := sameAsRegistered(t, w, tag, amounts[n]); i == 0 && n < 2 && row != "" {
						golden = append(golden, row)
					}
				}
			}
		}
	}
	filetest.Golden(t, "testdata/registered.tsv", []byte(strings.Join(golden, "\n")+"\n"), *update, writeAnew)
}

// maxVariables is the most variables of a text that every registry takes.
const maxVariables = 5

// sameAsRegistered compares what is sent with what is registered, and returns the row of the golden table, or "" if
// there is no room for the text.
func sameAsRegistered(t *testing.T, w message.Words, tag, amount string) string {
	t.Helper()
	p, form := w.Payment, w.Autofill.Form()
	if !p.None() {
		w.Payment = message.SomePayment // the form has not that of the message
	}
	text, err := languages.In(w, tag)
	if err != nil {
		return ""
	}
	r, err := text.Registered()
	if err != nil {
		t.Fatal(tag, err)
	}
	w.Payment = p
	w.Registrations = []message.Registration{{Language: tag, Form: form, Payment: !p.None(), ID: "1"}}
	chosen, err := languages.For(w, tag)
	if err != nil || chosen.Template != "1" {
		if p.None() {
			t.Errorf("%s: %+v, %v, want the template", tag, chosen, err)
		}
		return "" // the payment has no room
	}
	for _, code := range []string{"9071", "90716", "907163", "9071635", "90716354"} {
		for minutes := range 31 {
			got := chosen.Text(code, time.Duration(minutes)*time.Minute+time.Second)
			value := map[string]string{
				"code": code, "minutes": strconv.Itoa(max(1, minutes)), "amount": amount, "payee": p.Payee,
			}
			if want := filled(t, r, value); got != want {
				t.Fatalf("%d minutes: %q is sent, and %q registered", minutes, got, want)
			}
			if size := message.Measure(got); size.Wide != r.Unicode || size.Parts != 1 {
				t.Errorf("%q has the size %+v, and unicode is registered as %v", got, size, r.Unicode)
			}
		}
	}
	row := []string{tag, form.String(), yes(!p.None()), yes(r.Unicode), r.Text}
	return strings.ReplaceAll(strings.Join(row, "\t"), "\n", "|")
}

func yes(is bool) string { return map[bool]string{true: "yes", false: "no"}[is] }

// A text has room for every brand that the text in other words for its time has room for.
func TestRegisteredRoom(t *testing.T) {
	for _, tag := range languages.All() {
		for _, lines := range linesOf() {
			w := message.Words{Brand: strings.Repeat("b", longest(t, tag, lines)), Autofill: lines, Registered: true}
			if _, err := languages.In(w, tag); w.Brand != "" && err != nil {
				t.Errorf("%s, %v: %v", tag, lines.Form(), err)
			}
		}
	}
}

// Of the registered texts that there are, the one for the language that was asked for is sent, else another that fits.
// Lines for autofill go before the language. Without one, the text is as it would be registered.
func TestRegistrationChosen(t *testing.T) {
	const host = "acme.in"
	plain, site := message.Autofill{}, message.Autofill{Site: host}
	both := message.Autofill{Site: host, AndroidHash: "FA+9qCX9VSu"}
	for _, c := range []struct {
		asked, own, registered string
		lines                  message.Autofill
		want                   string
	}{
		{"hi-IN", "", "en.plain hi.plain", plain, "hi.plain"},
		{"ta,hi;q=0.8", "", "en.plain hi.plain", plain, "hi.plain"},
		{"ta", "", "en.plain hi.plain", plain, "en.plain"}, // the client's own
		{"", "hi", "en.plain hi.plain", plain, "hi.plain"},
		{"mr", "ta", "bn.plain hi.plain", plain, "hi.plain"}, // of no language of the client
		{"mr", "ta", "bn.plain hi.plain en.plain", plain, "en.plain"},
		{"mr", "ta", "bn.plain", plain, "bn.plain"},
		{"hi", "", "hi.plain en.site", site, "en.site"},
		{"hi", "", "hi.plain en.site en.plain", both, "en.site"},
		{"hi", "", "hi.plain", both, "hi.plain"},
		{"hi", "", "hi.site", plain, ""}, // the client has no site
		{"hi", "", "", plain, ""},
	} {
		w := message.Words{Brand: "Acme", Language: c.own, Autofill: c.lines, Registered: true}
		for id := range strings.FieldsSeq(c.registered) {
			tag, form, _ := strings.Cut(id, ".")
			r := message.Registration{Language: tag, ID: id}
			r.Form, _ = message.FormOf(form)
			w.Registrations = append(w.Registrations, r)
		}
		got, err := languages.For(w, c.asked)
		if err != nil || got.Template != c.want {
			t.Errorf("%+v: %q, %v", c, got.Template, err)
			continue
		}
		text := got.Text("425502", 0)
		if hindi := strings.Contains(text, "आपका"); hindi != strings.HasPrefix(cmp.Or(got.Template, c.asked), "hi") {
			t.Errorf("%+v: %q", c, text)
		}
		w.Registered = false
		if got, err := languages.For(w, c.asked); err != nil || got.Template != "" {
			t.Errorf("%+v elsewhere: %q, %v", c, got.Template, err)
		}
	}
}

// A payment for which no registered text with one has room is refused, with the characters to take out: carriers drop a
// text that is not registered. One for which no text is registered has the usual text.
func TestRegisteredPaymentRoom(t *testing.T) {
	registered := func(tag string, form message.Form, payment bool) message.Registration {
		return message.Registration{Language: tag, Form: form, Payment: payment, ID: tag}
	}
	site, long := message.Autofill{Site: "acme.in"}, strings.Repeat("p", message.MaxValue)
	for _, c := range []struct {
		payee string
		set   []message.Registration
		lines message.Autofill
		want  string // the id, or "refused"
	}{
		{"Bob", []message.Registration{registered("hi", message.Plain, true)}, message.Autofill{}, "hi"},
		{long, []message.Registration{registered("hi", message.Plain, true)}, message.Autofill{}, "refused"},
		{long, []message.Registration{registered("hi", message.WithSite, true)}, site, "refused"},
		{long, []message.Registration{registered("hi", message.Plain, true), registered("en", message.Plain, true)},
			message.Autofill{}, "en"},
		{long, []message.Registration{registered("hi", message.Plain, false)}, message.Autofill{}, ""},
		{long, nil, message.Autofill{}, ""},
	} {
		w := message.Words{Brand: "Acme", Autofill: c.lines, Registered: true, Registrations: c.set}
		w.Payment = otp.Payment{Amount: "1234.50", Currency: "INR", Payee: c.payee}
		got, err := languages.For(w, "hi")
		var over *message.TooLong
		if errors.As(err, &over) != (c.want == "refused") || err == nil && got.Template != c.want {
			t.Errorf("%+v: %q, %v", c, got.Template, err)
		}
		if over == nil {
			continue
		}
		w.Payment.Payee = c.payee[over.Over:]
		if got, err := languages.For(w, "hi"); err != nil || got.Template != "hi" {
			t.Errorf("%+v without %d characters: %q, %v", c, over.Over, got.Template, err)
		}
		w.Payment.Payee = c.payee[over.Over-1:]
		if got, err := languages.For(w, "hi"); err == nil {
			t.Errorf("%+v with one more: %q", c, got.Template)
		}
		w.Payment = otp.Payment{} // a code without a payment is never refused
		if _, err := languages.For(w, "hi"); err != nil {
			t.Errorf("%+v without a payment: %v", c, err)
		}
	}
}

// What registries would take for a variable is no part of a registered text, and neither are words that change.
func TestUnregistrable(t *testing.T) {
	text, err := languages.In(message.Words{Brand: "Acme"}, "en")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := text.Registered(); err == nil {
		t.Error("a text whose words follow the time is registered")
	}
	w := message.Words{Brand: "{#var#}", Registered: true}
	if text, err = languages.In(w, "en"); err != nil {
		t.Fatal(err)
	}
	if r, err := text.Registered(); err == nil {
		t.Errorf("a brand is a variable: %+v", r)
	}
}
