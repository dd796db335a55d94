package message_test

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/message"
	"countersign/pkg/message/autofilltest"
)

const hash = "FA+9qCX9VSu" // of Google's own example

// The lines of each form follow the text, the site's last, with no line break behind them. They count, and phones read
// them. A text of which two others are made is none of both.
func TestForms(t *testing.T) {
	plain := message.New("{code} ist Ihr Code.", "", nil)
	for i, form := range message.Forms() {
		lines := []message.Autofill{
			{}, {Site: "example.com"}, {AndroidHash: hash}, {Site: "example.com", AndroidHash: hash},
		}[i]
		text := plain.With(lines)
		if got := lines.Form(); got != form {
			t.Errorf("%+v is the form %v, want %v", lines, got, form)
		}
		want := "425502 ist Ihr Code." + []string{
			"", "\n@example.com #425502", "\nFA+9qCX9VSu", "\nFA+9qCX9VSu\n@example.com #425502",
		}[i]
		got := text.Write("425502", time.Minute)
		if wrong := autofilltest.Check(got, "425502", lines); got != want || wrong != "" {
			t.Errorf("%v: %q, want %q: %s", form, got, want, wrong)
		}
		if size, want := text.Longest(), message.Measure(text.Write("12345678", time.Minute)); size != want {
			t.Errorf("%v: the longest text is %+v, want %+v", form, size, want)
		}
	}
	if got, want := plain.Write("425502", 0), "425502 ist Ihr Code."; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// The number of characters to take out counts the lines, and the error names them.
func TestFormsTooLong(t *testing.T) {
	host := strings.Repeat("a", 56) + ".com"
	for lines, want := range map[message.Autofill]string{
		{}:                              "",
		{Site: host}:                    "with the line of the site (72 characters) makes",
		{AndroidHash: hash}:             "",
		{Site: host, AndroidHash: hash}: "the Android hash and of the site (84 characters) makes",
	} {
		err := message.CheckOwn("{code} – код", "", lines)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", lines, err, want)
		}
		overs := map[message.Form]string{message.WithSite: "16 of", message.WithBoth: "28 of"}
		over := ": take out " + overs[lines.Form()]
		if err != nil && !strings.Contains(err.Error(), over) {
			t.Errorf("%+v: %v, want %q", lines, err, over)
		}
	}
}

// sites are hosts and what the refusal of each says; "" is none.
var sites = map[string]string{
	"example.com": "", "localhost": "", "a.b-c.example": "", "xn--bcher-kva.example": "", "1234.example": "",
	"app.localhost": "", "9.xn--p1ai": "", strings.Repeat("a", 63) + ".com": "",
	"":  "with a dot",
	" ": "with a dot", "com": "with a dot", "intranet": "with a dot", ".": "dot at its end",
	"https://example.com": "without a scheme", "https://example.com:443/login": "without a scheme",
	"//example.com": "without a path", "example.com/login": "without a path", "example.com?a=b": "without a path",
	"example.com#x": "without a path", "example.com:443": "without a port", "[::1]": "without a port",
	"::1": "without a port", "me@example.com": "without @", "@example.com": "without @",
	"example.com.": "dot at its end", "bücher.example": "Punycode", "例え.テスト": "Punycode",
	"example。com": "Punycode", "example.com\u200b": "Punycode",
	"Example.com": `the label "Example"`, "example..com": `the label ""`, ".example.com": `the label ""`,
	"-a.example": `the label "-a"`, "a-.example": `the label "a-"`, "a_b.example": `the label "a_b"`,
	"*.example.com": `the label "*"`, "a b.example": `the label "a b"`, " example.com": `the label " example"`,
	"example.com ": `the label "com "`, "a.com\n@b.com": "without @", "a.com\n": `the label "com\n"`,
	"a.com\x00": "label", "a.\xff": "Punycode", "192.0.2.7": `ends in "7"`, "example.0x1f": `ends in "0x1f"`,
	strings.Repeat("a", 64) + ".com":   "must have 1 to 63",
	strings.Repeat("a.", 126) + "com":  "has 255 characters",
	strings.Repeat("é", 300) + ".com":  "Punycode",
	"example.com #1":                   "without a path",
	"a.com @b.com":                     "without @",
	"example.com\u2028":                "Punycode",
	"example.com%00":                   "label",
	"{code}.example":                   "label",
	"example.com\r":                    "label",
	"user:password@example.com":        "without @",
	"\u202eexample.com":                "Punycode",
	"a." + strings.Repeat("b", 64):     "must have 1 to 63",
	strings.Repeat("a", 250) + ".com":  "has 254 characters",
	strings.Repeat("ab.", 80) + "a.co": "",
}

func TestSites(t *testing.T) {
	for site, say := range sites {
		err := message.CheckSite(site)
		if (err == nil) != (say == "") || err != nil && !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want %q in the error", site, err, say)
		}
		text := "1234\n@" + site + " #1234"
		if err == nil {
			if wrong := autofilltest.Check(text, "1234", message.Autofill{Site: site}); wrong != "" {
				t.Errorf("%q is accepted: %s", site, wrong)
			}
		}
	}
}

func TestAndroidHashes(t *testing.T) {
	for hash, say := range map[string]string{
		"FA+9qCX9VSu": "", "s3LhKBB0M33": "", "+++++++++++": "", "///////////": "", "12345678901": "",
		"": "has 0 characters", "FA+9qCX9VS": "has 10 characters", "FA+9qCX9VSuX": "has 12 characters",
		"FA-9qCX9VSu": "base64 for URLs", "FA_9qCX9VSu": "base64 for URLs", "FA+9qCX9VS=": `'=' as its character 11`,
		"FA+9qCX9VSu=": `'='`, "FA 9qCX9VSu": `' '`, "FA+9qCX9VSu\n": `'\n'`, " FA+9qCX9VS": `' '`,
		"FA+9qCX9VSü": `'ü'`, "ＦＡ+9qCX9VSu": `'Ｆ'`, "FA+9qCX9VS\x00": `'\x00'`, "FA+9qCX9VS\xff": "character 11",
		"<#>A+9qCX9V": `'<'`, "@a.com #123": `'@'`,
	} {
		err := message.CheckAndroidHash(hash)
		if (err == nil) != (say == "") || err != nil && !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want %q in the error", hash, err, say)
		}
	}
}
