package main

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"countersign/pkg/message"
	"countersign/pkg/message/autofilltest"
)

// TestAutofill: messages end in the lines that the client's record has, in every language that has room for them, and
// phones read the code, the site and the app. Languages without room are listed, and get the client's own language.
func TestAutofill(t *testing.T) {
	p := serveOn(t, newFolder(t))
	c := onFolder(t, p.data)
	lines := message.Autofill{Site: "accounts.example.com", AndroidHash: "FA+9qCX9VSu"}
	for _, id := range []string{"both", "site", "hash", "none"} {
		added := c.ok("client", "add", id, "--unsigned", "--country", "MY", "--brand", "Acme", "--cooldown", "0s",
			"--site", "Accounts.Example.com", "--android-hash", "FA+9qCX9VSu", "--text", "th={code} {brand}")
		if want := "and such requests get the client's own: ar (by 1), "; !strings.Contains(added, want) {
			t.Errorf("client add: %s, want %q", added, want)
		}
	}
	for want, args := range map[string][]string{
		"autofill      site accounts.example.com\n": {"site", "--android-hash="},
		"autofill      Android hash FA+9qCX9VSu\n":  {"hash", "--site", ""},
		"autofill      no lines\n":                  {"none", "--site=", "--android-hash="},
	} {
		if shown := c.ok(append([]string{"client", "set"}, args...)...); !strings.Contains(shown, want) {
			t.Errorf("client set %s: %s, want %q", args, shown, want)
		}
	}
	for i, m := range []struct {
		client, language, want string
		lines                  message.Autofill
	}{
		{"both", "en", `is your Acme code, valid for 5 minutes\.\nFA\+9qCX9VSu\n@accounts\.example\.com #\d{6}`, lines},
		{"both", "zh", `是您的Acme验证码。\nFA\+9qCX9VSu\n@accounts\.example\.com #\d{6}`, lines},
		{"both", "ta", `is your Acme code, valid for 5 minutes\.\nFA\+9qCX9VSu\n@accounts\.example\.com #\d{6}`, lines},
		{"both", "th", `Acme\nFA\+9qCX9VSu\n@accounts\.example\.com #\d{6}`, lines},
		{"site", "ta", `– உங்கள் Acme குறியீடு\.\n@accounts\.example\.com #\d{6}`, message.Autofill{Site: lines.Site}},
		{"hash", "ru", `— Ваш код для Acme\. Действует 5 минут\.\nFA\+9qCX9VSu`,
			message.Autofill{AndroidHash: lines.AndroidHash}},
		{"none", "ru", `— Ваш код для Acme\. Действует 5 минут\.`, message.Autofill{}},
	} {
		number := fmt.Sprintf("60-12345678%d", i)
		body := strings.TrimSuffix(initBody(number, number), "}") + `,"env":{"language":"` + m.language + `"}}`
		p.postAs(m.client, "/v1/customers/initAuthentication", body)
		sent := p.messages("+" + strings.ReplaceAll(number, "-", ""))[0]
		wrong := autofilltest.Check(sent.Body, sent.Code, m.lines)
		if !regexp.MustCompile(`\A\d{6} `+m.want+`\z`).MatchString(sent.Body) || wrong != "" {
			t.Errorf("%+v: %q: %s", m, sent.Body, wrong)
		}
	}
}

// TestAutofillRefused: a site, a hash, a brand, a language or a text that makes a message of two parts with the lines,
// or a line that no phone reads, is refused with the way to mend it, and changes nothing.
func TestAutofillRefused(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme", "--country", "MY", "--brand", "Acme", "--site", "accounts.example.com",
		"--text", "de={code} {brand}")
	before := c.ok("client", "show", "acme")
	for flags, want := range map[string]string{
		"--site=https://example.com/login":           "must be a host without a scheme",
		"--site=example.com:8443":                    "without a port",
		"--site=example.com.":                        "without a dot at its end",
		"--site=bücher.example":                      "write other letters in Punycode",
		"--site=example.com #1":                      "without a path",
		"--site=" + strings.Repeat("a.", 60) + "com": "in the language en with the line of the site (135 characters)",
		"--android-hash=FA+9qCX9VS":                  `androidHash is "FA+9qCX9VS", has 10 characters`,
		"--android-hash=FA-9qCX9VSu":                 "base64 for URLs",
		"--language=ta --android-hash=FA+9qCX9VSu":   "take out 6 of the brand, of the site or of a text of its own",
		"--language=km --brand=Countersign":          "take out 4 of the brand",
		"--brand=" + strings.Repeat("b", 106):        "in the language en with the line of the site (32 characters)",
		"--text=th={code} ตัวอย่างตัวอย่างตัวอย่าง": "texts[th] with the line of the site (32 characters) makes",
	} {
		args := []string{"client", "set", "acme", flags}
		if first, second, two := strings.Cut(flags, " --"); two {
			args = append(args[:3], first, "--"+second)
		}
		if strings.HasPrefix(flags, "--text=th") {
			args[3] += strings.Repeat("ๆ", 20)
		}
		c.no(want, args...)
	}
	if after := c.ok("client", "show", "acme"); after != before {
		t.Errorf("the refused changes made %s", after)
	}
}
