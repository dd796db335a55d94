package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"countersign/pkg/filetest"
)

// TestOwnTexts: a client's own texts go out in their language, until they are removed. The commands refuse a text that
// needs a second part or lacks the code, and keep the ones of before.
func TestOwnTexts(t *testing.T) {
	p := serveOn(t, newFolder(t))
	c := onFolder(t, p.data)
	c.ok("client", "add", "acme", "--unsigned", "--country", "MY", "--brand", "Acme", "--cooldown", "0s",
		"--per-hour", "20", "--per-day", "20", "--unanswered", "100", "--text", "de={brand}: {code}; {minutes} Min.")
	c.ok("client", "set", "acme", "--text", "zh-TW=驗證碼{code}【{brand}】", "--text", "iw=קוד: {code}")
	if shown := c.ok("client", "show", "acme"); !strings.Contains(shown, `zh-Hant "驗證碼{code}【{brand}】"`) {
		t.Errorf("client show: %s", shown)
	}
	for text, want := range map[string]string{
		"de={brand} {code} " + strings.Repeat("ß", 148): "texts[de] makes a message longer than one SMS of 160 " +
			"characters: take out 2",
		"de={code} Łódź " + strings.Repeat("a", 59): "texts[de] makes a message longer than one SMS of 70 " +
			"characters, as it has letters beyond GSM 7-bit: take out 3",
		"de={brand}": "texts[de] has no {code}", "de={code}\n@acme.com #1": "U+000A", "tlh={code}": "texts[tlh]",
		"de={code} 2026": "number of 4 digits",
	} {
		c.no(want, "client", "set", "acme", "--text", text)
	}
	c.no("brand in the language en makes", "client", "set", "acme", "--brand", strings.Repeat("b", 108))
	for _, brand := range [][2]string{
		{"International Bank", "; too long in km (by 1), ta (by 3)\n"}, {"Acme", "brand         Acme\n"},
	} {
		if shown := c.ok("client", "set", "acme", "--brand", brand[0]); !strings.Contains(shown, brand[1]) {
			t.Errorf("client show: %s, want %q", shown, brand[1])
		}
	}
	n := 0
	sends := func(language, want string) {
		t.Helper()
		n++
		id := "id-" + string('a'+rune(n))
		body := strings.TrimSuffix(initBody(id, "60-123456789"), "}") + `,"env":{"language":"` + language + `"}}`
		p.postAs("acme", "/v1/customers/initAuthentication", body)
		got := p.messages("+60123456789")[0].Body
		if !regexp.MustCompile(`\A` + want + `\z`).MatchString(got) {
			t.Errorf("%s: %q, want %q", language, got, want)
		}
	}
	sends("de-CH", `Acme: \d{6}; 5 Min\.`)
	sends("zh-Hant-HK", `驗證碼\d{6}【Acme】`)
	sends("he", `קוד: \d{6}`)
	sends("zh", `\d{6} 是您的Acme验证码，5分钟内有效。`)
	c.ok("client", "set", "acme", "--text", "de=", "--country", "MY")
	if shown := c.ok("client", "show", "acme"); strings.Contains(shown, "Min.") || !strings.Contains(shown, "he ") {
		t.Errorf("client show: %s", shown)
	}
	ownTextsOfFile(t, c)
}

// ownTextsOfFile sets all own texts of a client by a file, in place of those that it has.
func ownTextsOfFile(t *testing.T, c tool) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "texts.json")
	for _, bad := range []string{"", "[]", `{"de":1}`, `{"de":"{code}","de":"{code}"}`} {
		filetest.Write(t, file, []byte(bad), 0o600)
		c.no("--text-file", "client", "set", "acme", "--text-file", file)
	}
	filetest.Write(t, file, []byte(`{"fr":"{code} ({brand})"}`), 0o600)
	if shown := c.ok("client", "set", "acme", "--text-file", file); !strings.Contains(shown, `fr "{code} ({brand})"`) ||
		strings.Contains(shown, "zh-Hant") {
		t.Errorf("client show: %s", shown)
	}
}
