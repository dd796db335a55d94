package languages_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/message"
	"countersign/pkg/message/autofilltest"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
)

// formed are the lines of each form, with a site of 20 letters.
func formed() []message.Autofill {
	const site, hash = "accounts.example.com", "FA+9qCX9VSu"
	return []message.Autofill{{}, {Site: site}, {AndroidHash: hash}, {Site: site, AndroidHash: hash}}
}

func longestBrand(t testing.TB, tag string, lines message.Autofill) string {
	return strings.Repeat("b", longest(t, tag, lines))
}

// Every text of every form that its language takes, with the longest brand and any number of digits, fits one part, and
// parses back to its code, site and app (P22, P38).
func TestEachFormIsRead(t *testing.T) {
	forms := 0
	for _, tag := range languages.All() {
		for _, lines := range append(formed(), message.Autofill{Site: "a.co", AndroidHash: "12345678901"}) {
			for _, brand := range []string{"A", "365", longestBrand(t, tag, lines)} {
				text, err := languages.In(message.Words{Brand: brand, Autofill: lines}, tag)
				if brand == "" || err != nil && longest(t, tag, lines) < len(brand) {
					continue
				} else if err != nil {
					t.Fatal(err)
				}
				forms++
				for digits := 4; digits <= 8; digits++ {
					code := "90716354"[:digits]
					for left := range 31 {
						got := text.Write(code, time.Duration(left)*time.Minute)
						size, wrong := message.Measure(got), autofilltest.Check(got, code, lines)
						if size.Room() < 0 || wrong != "" {
							t.Fatalf("%s, %v: %+v, %s: %s", tag, lines, size, wrong, got)
						}
					}
				}
			}
		}
	}
	if forms < 500 {
		t.Errorf("%d texts", forms)
	}
}

// The page has the room for a brand and a host in each language and form, with the validity and without.
func TestPageOfAutofill(t *testing.T) {
	var rows strings.Builder
	for _, tag := range languages.All() {
		fmt.Fprintf(&rows, "| `%s`", tag)
		for _, lines := range formed()[1:] {
			whole, short := letters(t, tag, lines)
			fmt.Fprintf(&rows, " | %d, %d", whole, short)
		}
		rows.WriteString(" |\n")
	}
	rowsOfPage(t, "../../../docs/autofill.md", "| language | site | hash | both |\n|---|---|---|---|\n", rows.String())
}

// letters returns how many letters a brand and a host may have together: in the whole text, and in the short one. They
// are 0 where the host alone is too long.
func letters(t *testing.T, tag string, lines message.Autofill) (whole, short int) {
	t.Helper()
	if lines.Site != "" {
		lines.Site = "a.co"
	}
	for brand := 1; ; brand++ {
		text, err := languages.In(message.Words{Brand: strings.Repeat("b", brand), Autofill: lines}, tag)
		if err != nil {
			return whole, short
		}
		short = brand + len(lines.Site)
		if text.Write("1234", 2*time.Minute) != text.Write("1234", 3*time.Minute) {
			whole = short
		}
	}
}

// paid are words with both lines and a payment to a payee of n letters beyond GSM 7-bit.
func paid(n int) message.Words {
	return message.Words{
		Brand: "Acme", Language: "en", Autofill: message.Autofill{Site: "a.example", AndroidHash: "FA+9qCX9VSu"},
		Payment: otp.Payment{Amount: "1.00", Currency: "EUR", Payee: strings.Repeat("東", n)},
	}
}

func paidTo(n int) string { return "\nEUR 1.00: " + strings.Repeat("東", n) }

// A language that has no room for the client's lines gives way to the client's own language, with all lines. If that
// has no room either, as the deployment has another brand since it was checked, lines are left out: the site's last.
func TestForLines(t *testing.T) {
	both := message.Autofill{Site: "accounts.example.com", AndroidHash: "FA+9qCX9VSu"}
	site := message.Autofill{Site: "accounts.example.com"}
	none := message.Autofill{}
	acme := func(language string, lines message.Autofill) message.Words {
		return message.Words{Brand: "Acme", Language: language, Autofill: lines}
	}
	long := message.Words{Brand: strings.Repeat("b", 98), Language: "ta", Default: "nl", Autofill: both}
	longer, own, german := long, acme("en", both), acme("km", both)
	longer.Default, own.Own, german.Default = "ja", map[string]string{"ta": "{code} {brand}"}, "de"
	for _, c := range []struct {
		words    message.Words
		language string
		lines    message.Autofill
		want     string // the text
	}{
		{acme("en", both), "de", both, "425502 ist Ihr Code für Acme. Er gilt 1 Minute."},
		{acme("en", both), "ta", both, "425502 is your Acme code, valid for 1 minute."},
		{acme("en", both), "zh-TW", both, "425502 是您的Acme驗證碼。"},
		{acme("en", site), "zh-TW", site, "425502 是您的Acme驗證碼，1分鐘內有效。"},
		{acme("ja", site), "ta", site, "425502 – உங்கள் Acme குறியீடு."},
		{own, "ta", both, "425502 Acme"},
		{german, "ta", both, "425502 ist Ihr Code für Acme. Er gilt 1 Minute."}, // its own has no room either
		{long, "ja", site, "425502 is uw code voor " + long.Brand + "."},
		{longer, "ja", site, "425502 is your " + long.Brand + " code."},
		{paid(11), "de", message.Autofill{Site: "a.example"}, "425502 is your Acme code." + paidTo(11)},
		{paid(12), "de", message.Autofill{AndroidHash: "FA+9qCX9VSu"}, "425502 is your Acme code." + paidTo(12)},
		{paid(20), "de", message.Autofill{AndroidHash: "FA+9qCX9VSu"}, "425502 is your Acme code." + paidTo(20)},
		{paid(21), "de", none, "425502 is your Acme code." + paidTo(21)},
	} {
		text, err := languages.For(c.words, c.language)
		if err != nil {
			t.Errorf("%+v in %q: %v", c.words, c.language, err)
			continue
		}
		want := c.want
		if c.lines.AndroidHash != "" {
			want += "\n" + c.lines.AndroidHash
		}
		if c.lines.Site != "" {
			want += "\n@" + c.lines.Site + " #425502"
		}
		if got := text.Text("425502", time.Minute); got != want {
			t.Errorf("%+v in %q: %q, want %q", c.words, c.language, got, want)
		}
	}
}

// The words of a record are refused with the number of characters to take out, if the client's language or a text of
// its own has no room for its lines. The other languages without room are listed.
func TestCheckLines(t *testing.T) {
	w := message.Words{Brand: "Acme", Language: "ta", Autofill: formed()[3]}
	refused := func(what string, say ...string) {
		t.Helper()
		err := languages.Check(w)
		if (err == nil) != (say == nil) {
			t.Errorf("%s: %v", what, err)
		}
		for _, s := range say {
			if err != nil && !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %v, want %q in the error", what, err, s)
			}
		}
	}
	refused("Tamil", "brand in the language ta with the lines of the Android hash and of the site (44 characters) "+
		"makes a message longer than one SMS of 70 characters",
		"take out 6 of the brand, of the site or of a text of its own")
	w.Language = "en"
	refused("English")
	w.Own = map[string]string{"ja": "{code} は{brand}のコード", "th": "{code} {brand}"}
	refused("texts of its own")
	w.Own["ja"] += strings.Repeat("こ", 20)
	refused("a long text of its own", "texts[ja] with the lines of", "take out 12 of")
	w.Autofill.AndroidHash = ""
	refused("a line less")
	tags, over := languages.Without(message.Words{Brand: "Acme", Autofill: formed()[3], Own: w.Own})
	i := slices.Index(tags, "ta")
	if i < 0 || over[i] != 6 || slices.Contains(tags, "th") || slices.Contains(tags, "en") {
		t.Errorf("without room: %v %v", tags, over)
	}
}
