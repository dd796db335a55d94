package languages_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"

	"countersign/pkg/message"
	"countersign/pkg/message/autofilltest"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
)

func in(t testing.TB, brand, tag string) message.Text {
	t.Helper()
	text, err := languages.In(message.Words{Brand: brand}, tag)
	if err != nil {
		t.Fatalf("%s: %v", tag, err)
	}
	return text
}

// Every text of every code with every brand that its language takes fits one part (P22). It begins with the code, and
// has no other digits that a phone could take for a code (P23). It has no exclamation mark and no link.
func TestOnePart(t *testing.T) {
	for _, tag := range languages.All() {
		for _, brand := range []string{"A", "Countersign", "Acme 365", longestBrand(t, tag, message.Autofill{})} {
			text, least := in(t, brand, tag), 160
			for _, code := range []string{"1234", "123456", "12345678"} {
				for left := time.Duration(0); left <= otp.LongestLife+time.Minute; left += 10 * time.Second {
					got := text.Write(code, left)
					size := message.Measure(got)
					least = min(least, size.Room())
					rest, first := strings.CutPrefix(got, code)
					if size.Parts != 1 || size.Room() < 0 || !first || strings.ContainsAny(got, "!！/\n") ||
						strings.ContainsFunc(rest[:1], unicode.IsDigit) || number(rest) > max(2, number(brand)) {
						t.Fatalf("%s: %d parts, room %d: %s", tag, size.Parts, size.Room(), got)
					}
				}
			}
			if got := text.Longest().Room(); got != least {
				t.Errorf("%s, brand of %d: the least room is %d, want %d", tag, len(brand), got, least)
			}
		}
	}
}

// number returns the digits of the longest number in a text.
func number(text string) (most int) {
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsDigit(r) }) {
		most = max(most, len(word))
	}
	return most
}

// Each text states the number of minutes in the plural form of CLDR for it: two numbers share a form here if and only
// if they share one there, or that form is the same in the language's own words.
func TestPlurals(t *testing.T) {
	for _, tag := range languages.All() {
		parsed := language.MustParse(tag)
		forms := map[plural.Form]map[string]bool{}
		for n := 1; n <= 30; n++ {
			text := in(t, "A", tag).Write("X", time.Duration(n)*time.Minute)
			form := plural.Cardinal.MatchPlural(parsed, n, 0, 0, 0, 0)
			if parsed, _ := parsed.Base(); parsed.String() == "he" && n%10 == 0 {
				form = plural.Other // CLDR has dropped the form of tens
			}
			if forms[form] == nil {
				forms[form] = map[string]bool{}
			}
			forms[form][strings.ReplaceAll(text, fmt.Sprint(n), "#")] = true
		}
		for form, texts := range forms {
			if len(texts) != 1 {
				t.Errorf("%s: the plural form %d has %d texts, want 1: %v", tag, form, len(texts), texts)
			}
		}
	}
}

// Tags of BCP 47, POSIX and Java choose the language.
func TestTags(t *testing.T) {
	for tag, want := range map[string]string{
		"": "en", "EN": "en", "en-GB": "en", "en_PH": "en", "de-AT": "de", "De_ch": "de", "pt-BR": "pt-BR",
		"es-419": "es", "sv-Latn-FI": "sv", "in_ID": "id", "in": "id", "IN-ID": "id", "deu": "de", "ger": "de",
		" de": "de", "de \n": "de", "\u00a0fr_FR": "fr", "ENG": "en", "msa-MY": "ms", "zsm": "ms", "fre_CA": "fr",
		"en_US.UTF-8": "en", "de_DE@euro": "de", "es_ES_#Latn": "es", "pt_BR.ISO8859-1": "pt-BR", "en_US_POSIX": "en",
		"in_ID_#Latn": "id", "id-u-nu-latn": "id", "da.UTF-8": "da", "iw_IL": "he", "he": "he", "tl-PH": "fil",
		"zh": "zh-Hans", "zh-TW": "zh-Hant", "zh-Hant-HK": "zh-Hant", "zh_TW_#Hant": "zh-Hant", "zh-HK": "zh-Hant",
		"zh-Hans-HK": "zh-Hans", "zh-CN": "zh-Hans", "zh-SG": "zh-Hans", "ZH-HANT": "zh-Hant", "zh_CN_#Hans": "zh-Hans",
		"chi_TW": "zh-Hant", "cmn-Hant-TW": "zh-Hant", "zh-cmn-Hant-TW": "zh-Hant", "zh-yue-HK": "zh-Hant",
		"yue": "zh-Hant", "nb-NO": "nb", "no": "nb", "no_NO": "nb", "nn-NO": "nb", "pt-PT": "pt", "pt_AO": "pt",
		"por_BR": "pt-BR", "sr_RS@latin": "sr", "sr-Cyrl-RS": "sr", "zh-u-rg-twzzzz": "zh-Hans", "zh-x-TW": "zh-Hans",
		"zh__#Hant": "zh-Hant", "zh_#Hant": "zh-Hant", "fil-PH": "fil", "mr_IN": "mr",
		"pt-rBR": "pt-BR", "zh-rTW": "zh-Hant", "b+zh+Hant+HK": "zh-Hant", "b+es+419": "es", "in-rID": "id",
		"en-rUS": "en", "zh-CHT": "zh-Hant", "zh-CHS": "zh-Hans", "ZH-cht": "zh-Hant", "b+sr+Latn": "sr",
		"zh-rtw": "zh-Hans",
	} {
		if got := languages.Canonical(tag); got != want || !languages.Supported(tag) {
			t.Errorf("%q is %q, want %q", tag, got, want)
		}
	}
	for _, tag := range []string{
		"english", "e", "-en", "_", " ", "en GB", "de,en", "Countersign", "ji", "C", "C.UTF-8", "POSIX", "und", "inx",
		"i-klingon", "@", "#", ".", "е\u006e", "zh-Hant ", "eu", "ka", "Hant", "x-zh",
	} {
		if tag == "zh-Hant " {
			continue // a space at the end is taken off
		}
		_, err := languages.In(message.Words{Brand: "A"}, tag)
		if err == nil || languages.Supported(tag) {
			t.Errorf("%q: taken as %q", tag, languages.Canonical(tag))
			continue
		}
		if say := strings.Join(languages.All(), ", "); !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want %q in the error", tag, err, say)
		}
	}
}

// The first language with a text that fits is used, then the client's, then English.
func TestFor(t *testing.T) {
	long := strings.Repeat("b", 40) // too long for the languages of UCS-2, but for Chinese
	for _, c := range []struct {
		words     message.Words
		languages []string
		want      string // the language, "": an error
	}{
		{message.Words{Brand: "Acme"}, nil, "en"},
		{message.Words{Brand: "Acme"}, []string{"de"}, "de"},
		{message.Words{Brand: "Acme", Language: "ta"}, []string{"xx", "tlh"}, "ta"},
		{message.Words{Brand: "Acme", Language: "ta"}, []string{"fi-FI,sv;q=0.8,en;q=0.5"}, "fi"},
		{message.Words{Brand: "Acme", Language: "ta"}, []string{"*,, zh-TW;q=1"}, "zh-Hant"},
		{message.Words{Brand: "Acme", Language: "ta"}, []string{"de;q=0, fr;q=0.000, sv;q=0.01"}, "sv"},
		{message.Words{Brand: "Acme", Language: "ta"}, []string{"de; Q=0.0"}, "ta"},
		{message.Words{Brand: long, Language: "nl"}, []string{"ta", "ru,th,pl"}, "nl"},
		{message.Words{Brand: long, Language: "ta"}, []string{"ta", "zh"}, "zh-Hans"},
		{message.Words{Brand: long, Language: "ta"}, nil, "en"},
		{message.Words{Brand: long, Language: "ta", Default: "de"}, []string{"xx"}, "de"},
		{message.Words{Brand: "Acme"}, []string{strings.Repeat("xx,", 15) + "de"}, "de"},
		{message.Words{Brand: "Acme"}, []string{strings.Repeat("xx,", 16) + "de"}, "en"},
		{message.Words{Brand: "支付宝", Language: "en"}, []string{"zh"}, "zh-Hans"},
		{message.Words{Brand: strings.Repeat("b", 120)}, nil, ""},
		{message.Words{Brand: "a\nb"}, nil, ""},
		{message.Words{}, nil, ""},
	} {
		text, err := languages.For(c.words, c.languages...)
		if err != nil {
			if c.want != "" {
				t.Errorf("%+v in %q: %v", c.words, c.languages, err)
			}
			continue
		}
		got := text.Text("425502", time.Minute)
		if want := in(t, c.words.Brand, c.want).Write("425502", time.Minute); got != want || c.want == "" {
			t.Errorf("%+v in %q: %q, want %q", c.words, c.languages, got, want)
		}
	}
}

// A client's own text is used in its language only, and gives way like others if it does not fit.
func TestOwn(t *testing.T) {
	own := map[string]string{
		"de":      "{brand}: Ihr Code lautet {code} und gilt {minutes} Min.",
		"zh-Hant": "{code}（{brand}）",
		"fr":      "{code} " + strings.Repeat("x", 160), // of a record that was not checked
	}
	w := message.Words{Brand: "Acme {code}", Language: "en", Own: own}
	for tag, want := range map[string]string{
		"de-CH": "Acme {code}: Ihr Code lautet 425502 und gilt 5 Min.",
		"zh-TW": "425502（Acme {code}）",
		"zh":    "425502 是您的Acme {code}验证码，5分钟内有效。",
		"fr":    "425502 is your Acme {code} code, valid for 5 minutes.",
	} {
		text, err := languages.For(w, tag)
		if err != nil {
			t.Fatal(err)
		}
		if got := text.Text("425502", 5*time.Minute+1); got != want {
			t.Errorf("%s: %q, want %q", tag, got, want)
		}
	}
	text, _ := languages.For(w, "de")
	want := "Acme {code}: Ihr Code lautet 425502 und gilt 1 Min."
	if got := text.Text("425502", time.Second); got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// Languages whose own words fit the GSM 7-bit alphabet take at least the brands of before there were others.
func TestRoom(t *testing.T) {
	wide := 0
	for _, tag := range languages.All() {
		n := longest(t, tag, message.Autofill{})
		if in(t, "A", tag).Longest().Wide {
			wide++
			if n < 14 {
				t.Errorf("%s takes a brand of %d letters, want 14", tag, n)
			}
		} else if n < 97 {
			t.Errorf("%s takes a brand of %d letters, want 97", tag, n)
		}
	}
	tags, over := languages.Without(message.Words{Brand: strings.Repeat("b", 97)})
	if len(tags) != wide || len(over) != wide || slices.Contains(over, 0) {
		t.Errorf("a brand of 97 letters is too long for %v by %d, want %d languages", tags, over, wide)
	}
}

// Writing a text allocates the text alone, and measuring one nothing.
func TestAllocations(t *testing.T) {
	for i, tag := range languages.All() {
		text := in(t, "Countersign", tag).With(formed()[i%len(formed())])
		sizes := 0
		if n := testing.AllocsPerRun(100, func() { sizes += len(text.Write("425502", 25*time.Minute)) }); n != 1 {
			t.Errorf("%s: a text takes %v allocations, want 1", tag, n)
		}
		written := text.Write("425502", 25*time.Minute)
		n := testing.AllocsPerRun(100, func() { sizes += message.Measure(written).Units + text.Longest().Units })
		if n != 0 {
			t.Errorf("%s: its size takes %v allocations, want 0", tag, n)
		}
	}
}

func BenchmarkFor(b *testing.B) {
	for _, lines := range formed() {
		b.Run(lines.Form().String(), func(b *testing.B) {
			w := message.Words{Brand: "Countersign", Language: "en", Autofill: lines}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := languages.For(w, "pt-BR"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, lines := range formed() {
		b.Run(lines.Form().String(), func(b *testing.B) {
			text := in(b, "Countersign", "ru").With(lines)
			b.ReportAllocs()
			for b.Loop() {
				message.Measure(text.Write("425502", 5*time.Minute))
			}
		})
	}
}

// In languages that are written from right to left, the word after the code is one of the language. It keeps the code
// apart from a Latin brand and from the minutes, with no mark of direction: their digits would be ordered as one run.
func TestDirection(t *testing.T) {
	for _, tag := range []string{"ar", "fa", "he", "ur"} {
		for _, brand := range []string{"Countersign", "عقد", "365"} {
			got := in(t, brand, tag).Write("425502", 5*time.Minute)
			after, _ := strings.CutPrefix(got, "425502 ")
			first, _ := utf8.DecodeRuneInString(after)
			between := got[strings.LastIndex(got, brand)+len(brand) : strings.LastIndex(got, "5 ")]
			written := func(r rune) bool { return unicode.In(r, unicode.Arabic, unicode.Hebrew) }
			if !written(first) || !strings.ContainsFunc(between, written) {
				t.Errorf("%s: no letter of the language between the code, the brand and the minutes: %s", tag, got)
			}
		}
	}
}

// Whatever tag a request has, the text of a brand, a site and a hash that are accepted is one part, begins with the
// code, has neither a control character nor another code, and phones read the client's lines in it.
func FuzzTag(f *testing.F) {
	f.Add("zh_TW_#Hant", "Acme", "example.com", "FA+9qCX9VSu")
	f.Add("fi-FI,sv;q=0.8", "支付宝", "xn--bcher-kva.example", "")
	f.Add("x\n-,#@.", "عقد", "", "12345678901")
	f.Add("ta", "@a", "a.b.c.d", "")
	f.Fuzz(func(t *testing.T, tag, brand, site, hash string) {
		w := message.Words{Brand: brand, Language: "en", Autofill: message.Autofill{Site: site, AndroidHash: hash}}
		if languages.Check(w) != nil {
			return
		}
		text, err := languages.For(w, tag)
		if err != nil {
			t.Fatalf("%q in %q: %v", brand, tag, err)
		}
		for _, minutes := range []time.Duration{0, 1, 2, 5, 11, 22, 30} {
			got := text.Text("90716354", minutes*time.Minute)
			body, lines, _ := strings.Cut(got, "\n")
			rest, first := strings.CutPrefix(body, "90716354")
			if size := message.Measure(got); size.Parts != 1 || size.Room() < 0 || !first || number(rest) > 3 ||
				strings.ContainsFunc(body+strings.ReplaceAll(lines, "\n", ""), unicode.IsControl) {
				t.Fatalf("%q in %q: %+v %q", brand, tag, size, got)
			}
			if wrong := autofilltest.Check(got, "90716354", w.Autofill); wrong != "" {
				t.Fatalf("%q in %q: %s: %q", brand, tag, wrong, got)
			}
		}
	})
}
