package message_test

import (
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"countersign/pkg/message"
	"countersign/pkg/message/autofilltest"
	"countersign/pkg/otp"
)

// brands are brands and what the refusal of each says; "" is none.
var brands = map[string]string{
	"Acme": "", "Caffè {A}": "", "Łódź": "", "支付宝": "", "Щит 24/7": "", "Acme 365": "", "Studio 54, Nr. 7": "",
	"a@b.com": "", "O2": "", "{code}": "", "Acme™": "", "नमस्ते": "", "می\u200cخواهم": "", "Acme 👍": "",
	"": "empty", "  ": "empty", "\u200e": "empty", "\u00a0\u200d": "empty",
	" Acme": "begins or ends", "Acme ": "begins or ends",
	"a\nb": "U+000A", "a\rb": "U+000D", "a\tb": "U+0009", "a\x00": "U+0000", "a\x7f": "U+007F", "a\u0085b": "U+0085",
	"a\u2028b": "U+2028", "a\u2029b": "U+2029", "a\u202eb": "U+202E", "a\u2066b": "U+2066", "a\u200bb": "U+200B",
	"a\u00adb": "U+00AD", "a\u3000b": "U+3000", "a\u3164b": "U+3164", "a\ue000": "U+E000", "a\ufffd": "U+FFFD",
	"a\U000e0041": "U+E0041", "\u0301a": "accent", "a \u0301": "accent", "a\xff": "not UTF-8",
	"Acme 2026": "4 digits", "12345678": "8 digits", "1 2 3 4": "4 digits", "12-34": "4 digits", "1.234": "4 digits",
	"Acme ١٢٣٤": "4 digits", "Ａ１２３４": "4 digits", "12\u200c34": "4 digits",
	"①②③④": "4 digits", "ⅫⅫⅫⅫ": "4 digits", "½": "",
	"1\ufe0f\u20e32\ufe0f\u20e33\ufe0f\u20e34\ufe0f\u20e3": "4 digits", "1\u03322\u03323\u03324": "4 digits",
	"1\u20e3 2\u20e3 3\u20e3 4": "4 digits", "1 \u200e2\u200e 34": "4 digits", "1  2 \u00a034": "4 digits",
	"12:34": "4 digits", "12'34": "4 digits", "1’234": "4 digits", "1·2·3·4": "4 digits", "1_234": "4 digits",
	"1(2)3*4": "4 digits", "12\u201434": "4 digits", "12\u221234": "4 digits", "12；34": "4 digits",
	"1\ufe0f\u20e3 Team": "", "9:30 Club": "", "24/7, 365": "", "12: 34": "", "12 - 34": "", "1) 2) 3) 4)": "",
	"I ❤\ufe0f X": "", "辻\U000e0100": "", "👨\u200d👩": "",
	"a\ufe0f": "U+FE0F", "я\ufe0e": "U+FE0E", "a\u180b": "U+180B", "❤\ufe0f\ufe0f": "U+FE0F", "\ufe0fa": "U+FE0F",
	"\u2800": "U+2800", "a\u2800b": "U+2800", "a\ufffc": "U+FFFC", "a\U0001d159": "U+1D159",
	"@acme.com #9": "site", "x @acme.com  #abc": "site", "@acme.com #": "site",
	strings.Repeat("a", 513): "513 bytes",
}

func TestBrands(t *testing.T) {
	for brand, say := range brands {
		err := message.CheckBrand(brand)
		if (err == nil) != (say == "") || err != nil && !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want %q in the error", brand, err, say)
		}
	}
}

func TestTemplates(t *testing.T) {
	for template, say := range map[string]string{
		"{code}": "", "{brand}: {code}": "", "Code {code}, {minutes} min. {brand}": "",
		"验证码{code}，{minutes}分钟内有效【{brand}】。": "",
		"รหัส{code}ของคุณ":                   "",
		"„{code}“ ({brand})":                 "", "<#> {code} a{brand}b": "", "Hilfe: 112. {code}": "",
		"{code}\u00a0: {brand}": "", "كود: {code}\u200f.": "",
		"": "no {code}", "Hallo": "no {code}", "{code} {code}": "2 times", "{code} {brand} {brand}": "2 times",
		"{code} {minutes}{minutes}": "2 times", "{code} {time}": "no other", "{code} {Brand}": "no other",
		"{{code}}": "no other",
		"{code} {": "no other", "{code} }": "no other", "{code}{brand}": "next to", "{minutes}{code}": "next to",
		"A{code}": "next to", "{code}a": "next to", "1{code}": "next to", "{code}1": "next to", "-{code}": "next to",
		"{code}-{brand}": "next to", "#{code}": "next to", "٣{code}": "next to", "{code}\u0338": "accent",
		"12.{code}": "next to", "{code},{minutes}": "next to", "{code}:30": "next to", "{minutes}:{code}": "next to",
		"12'{code}": "next to", "12\u2013{code}": "next to", "{code}\u2014{minutes}": "next to", "{code}·7": "next to",
		"{code}\u201912": "next to", "{brand}\u2010{code}": "next to", "{minutes}\u2212{code}": "next to",
		"{code}\u200e{minutes}": "next to", "{code}\u200e5": "next to", "5\u200f{code}": "next to",
		"{code}.\u200e5": "next to", "{code}\u200f.5": "next to", "{code}\u200ea": "next to",
		"{code}.\u03015":       "next to",
		"5\u200e.\u200e{code}": "next to", "{code}\u200d{brand}": "next to", "{code}\u200e\u0301": "accent",
		"{code}\u00a0\u0301": "accent", "{code} \u200f\u0301": "accent", "\u200e\u0301 {code}": "accent",
		"{code}~{minutes}": "next to", "{code}%5": "next to", "{code}=5": "next to", "{code}|5": "next to",
		"{code}\u20445": "next to", "5\u00d7{code}": "next to", "{code}\"5": "next to", "{code}\u20435": "next to",
		"{code}\u200e ({minutes})": "", "{code} {brand}\u200e": "", "क्\u200dष {code}": "", "{code}\u200e. {brand}": "",
		" {code}": "a space", "{code} ": "a space", "{code}\u00a0": "a space", "{code}\r\n": "a space",
		"{brand}：{code}，{minutes}分钟": "", "'{code}' ({minutes})": "",
		"{brand} \u2013 {code}": "", "【{brand}】{code}": "",
		"{code}, {minutes}.": "", "Code: {code}. 2 {brand}": "", "①{code}": "next to",
		"{code}\u200d": "next to", "{code}\n{brand}": "U+000A", "{code}\r.": "U+000D", "{code} \u202e": "U+202E",
		"{code} \u2028.": "U+2028", "Call 5551. {code}": "4 digits", "{code} {minutes}00 {brand}": "4 digits",
		"{code}. 12 {minutes}": "4 digits", "@acme.com #{code}": "next to", "{code} @acme.com #x": "site",
		"{code} @{brand} #x": "site", "{code} \xff": "not UTF-8",
		"{code} {brand} " + strings.Repeat("a", 148): "take out 1", // of 161
		"{code} {brand} я" + strings.Repeat("a", 57): "take out 1", // of 71
		"{code} " + strings.Repeat("€", 76):          "take out 1",
		"{code} " + strings.Repeat("я", 300):         "607 bytes",
	} {
		err := message.CheckOwn(template, "Acm", message.Autofill{})
		if (err == nil) != (say == "") || err != nil && !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want %q in the error", template, err, say)
		}
	}
	for template, brand := range map[string]string{ // the brand is a part of it
		"{code} 12{brand}": "34", "{code} 12 {brand}": "34", "{code} {brand}{minutes}": "123",
		"{code} @{brand}": "a #b", "{code} " + strings.Repeat("a", 60): "ignored",
		"{code} {brand}" + strings.Repeat("a", 61): "я",
	} {
		if err := message.CheckOwn(template, brand, message.Autofill{}); (err == nil) != (brand == "ignored") {
			t.Errorf("%q with %q: %v", template, brand, err)
		}
	}
}

// What a phone or a person takes for a code, and what Chromium takes for an origin-bound one.
var (
	codes    = regexp.MustCompile(`\pN(?:[ .,/-]?\pN){3,}`)
	joined   = regexp.MustCompile(`\pN[.,:;'~%/*-]*\x00|\x00[.,:;'~%/*-]*\pN`) // with \x00 for the code
	unseen   = regexp.MustCompile(`[\pM\x{200c}-\x{200f}]`)
	siteLine = regexp.MustCompile(`(?:^|\s)@[a-zA-Z0-9.-]+ #[^#\s]+`)
)

// harmless reports what is wrong with the text of a code, without the lines for autofill behind it, "" if nothing is.
func harmless(text, code string) string {
	switch size := message.Measure(text); {
	case size.Parts != 1 || size.Room() < 0:
		return "has a second part"
	case strings.ContainsFunc(text, unicode.IsControl), strings.ContainsAny(text, "\u2028\u2029\u202a\u202d\u202e"):
		return "has a control character"
	case strings.Count(text, code) != 1, codes.FindString(strings.Replace(text, code, "X", 1)) != "":
		return "has another code"
	case joined.MatchString(unseen.ReplaceAllString(strings.Replace(text, code, "\x00", 1), "")):
		return "has a number that reads on from the code"
	case siteLine.MatchString(text):
		return "has a line of a site"
	}
	return ""
}

// A template, a brand, a site and a hash that are accepted never make a second part, a control character, a second code
// or another line that binds a code to a site. Every phone reads the code, the site and the app as meant.
func FuzzOwn(f *testing.F) {
	f.Add("{code} {brand}, {minutes} min.", "Acme", "example.com", "FA+9qCX9VSu")
	f.Add("验证码{code}，{minutes}分钟内有效【{brand}】。", "支付宝", "", "12345678901")
	f.Add("{code}\u200e. \u200f{minutes} {brand}", "1", "", "")
	f.Add("{code} @{brand}", "a #b", "xn--bcher-kva.example", "")
	f.Add("{code} 12 {brand}", "3 4", "1234.example", "s3LhKBB0M33")
	f.Add("Acme.com @{brand} {code}", "a.b", "a.com\n@b.com #1", "A\n@b.com #1")
	f.Fuzz(func(t *testing.T, template, brand, site, hash string) {
		lines := message.Autofill{Site: site, AndroidHash: hash}
		if lines.Check() != nil || message.CheckBrand(brand) != nil || message.CheckOwn(template, brand, lines) != nil {
			return
		}
		text := message.New(template, brand, nil)
		for _, code := range []string{"9071", "90716354"} {
			for _, minutes := range []time.Duration{0, 1, 9, 10, 30, 99} {
				got := text.Write(code, minutes*time.Minute)
				if wrong := harmless(got, code); wrong != "" {
					t.Fatalf("%q with the brand %q %s: %q", template, brand, wrong, got)
				}
				full := text.With(lines).Write(code, minutes*time.Minute)
				size := message.Measure(full)
				if wrong := autofilltest.Check(full, code, lines); wrong != "" || size.Room() < 0 ||
					full != got+written(lines, code) {
					t.Fatalf("%q with the brand %q: %s: %+v %q", template, brand, wrong, size, full)
				}
			}
		}
	})
}

// written are the lines for autofill of a code.
func written(lines message.Autofill, code string) (all string) {
	if lines.AndroidHash != "" {
		all = "\n" + lines.AndroidHash
	}
	if lines.Site != "" {
		all += "\n@" + lines.Site + " #" + code
	}
	return all
}

// The time is rounded down to minutes, and no text states more than a code can live.
func TestMinutes(t *testing.T) {
	text := message.New("{code} {minutes} {brand}", "A{minutes}", nil)
	for left, want := range map[time.Duration]string{
		-time.Hour: "1", 0: "1", time.Minute - 1: "1", time.Minute: "1", 2*time.Minute - 1: "1", 2 * time.Minute: "2",
		otp.LongestLife: "30", 1<<63 - 1: "30",
	} {
		if got, want := text.Write("1234", left), "1234 "+want+" A{minutes}"; got != want {
			t.Errorf("%v: %q, want %q", left, got, want)
		}
	}
}
