package message_test

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/message"
)

func write(t *testing.T, brand, language string) func(string, time.Duration) string {
	t.Helper()
	text, err := message.Text(brand, language)
	if err != nil {
		t.Fatalf("%s, %s: %v", brand, language, err)
	}
	return text
}

func TestText(t *testing.T) {
	for _, c := range []struct {
		brand string
		left  time.Duration
		want  string
	}{
		{"Countersign", 5 * time.Minute, "123456 is your Countersign code, valid for 5 minutes."},
		{"Caffè {A}", 119 * time.Second, "123456 is your Caffè {A} code, valid for 1 minute."},
		{"A", 10 * time.Minute, "123456 is your A code, valid for 10 minutes."},
		{"A", 2 * time.Minute, "123456 is your A code, valid for 2 minutes."},
		{"A", time.Minute - 1, "123456 is your A code, valid for less than 1 minute."},
		{"A", -5 * time.Minute, "123456 is your A code, valid for less than 1 minute."},
	} {
		if got := write(t, c.brand, "")("123456", c.left); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// texts has the text of each language with five minutes, one minute and less left.
var texts = map[string][3]string{
	"da": {
		"425502 er din kode til Countersign, gyldig i 5 minutter.",
		"425502 er din kode til Countersign, gyldig i 1 minut.",
		"425502 er din kode til Countersign, gyldig i mindre end 1 minut.",
	},
	"de": {
		"425502 ist Ihr Code für Countersign. Er gilt 5 Minuten.",
		"425502 ist Ihr Code für Countersign. Er gilt 1 Minute.",
		"425502 ist Ihr Code für Countersign. Er gilt weniger als 1 Minute.",
	},
	"en": {
		"425502 is your Countersign code, valid for 5 minutes.",
		"425502 is your Countersign code, valid for 1 minute.",
		"425502 is your Countersign code, valid for less than 1 minute.",
	},
	"es": {
		"425502 es tu clave de Countersign y sirve durante 5 minutos.",
		"425502 es tu clave de Countersign y sirve durante 1 minuto.",
		"425502 es tu clave de Countersign y sirve durante menos de 1 minuto.",
	},
	"fr": {
		"425502 est votre code Countersign, valable 5 minutes.",
		"425502 est votre code Countersign, valable 1 minute.",
		"425502 est votre code Countersign, valable moins d'une minute.",
	},
	"id": {
		"425502 adalah kode Countersign Anda, berlaku selama 5 menit.",
		"425502 adalah kode Countersign Anda, berlaku selama 1 menit.",
		"425502 adalah kode Countersign Anda, berlaku selama kurang dari 1 menit.",
	},
	"it": {
		"425502 è il tuo codice Countersign, valido per 5 minuti.",
		"425502 è il tuo codice Countersign, valido per 1 minuto.",
		"425502 è il tuo codice Countersign, valido per meno di 1 minuto.",
	},
	"ms": {
		"425502 ialah kod Countersign anda, sah selama 5 minit.",
		"425502 ialah kod Countersign anda, sah selama 1 minit.",
		"425502 ialah kod Countersign anda, sah selama kurang daripada 1 minit.",
	},
	"nl": {
		"425502 is je code voor Countersign en is 5 minuten geldig.",
		"425502 is je code voor Countersign en is 1 minuut geldig.",
		"425502 is je code voor Countersign en is minder dan 1 minuut geldig.",
	},
	"pt": {
		"425502 é a sua senha para Countersign e vale durante 5 minutos.",
		"425502 é a sua senha para Countersign e vale durante 1 minuto.",
		"425502 é a sua senha para Countersign e vale durante menos de 1 minuto.",
	},
	"sv": {
		"425502 är din kod för Countersign, giltig i 5 minuter.",
		"425502 är din kod för Countersign, giltig i 1 minut.",
		"425502 är din kod för Countersign, giltig i mindre än 1 minut.",
	},
}

func TestLanguages(t *testing.T) {
	languages := message.Languages()
	if len(languages) != len(texts) || !slices.IsSorted(languages) {
		t.Errorf("languages %v, want the %d tested here, sorted", languages, len(texts))
	}
	for _, language := range languages {
		text := write(t, "Countersign", language)
		for i, left := range []time.Duration{5 * time.Minute, time.Minute, time.Minute - 1} {
			if got, want := text("425502", left), texts[language][i]; got != want {
				t.Errorf("%s: %q, want %q", language, got, want)
			}
		}
	}
}

func TestTags(t *testing.T) {
	for tag, want := range map[string]string{
		"": "en", "EN": "en", "en-GB": "en", "en_PH": "en", "de-AT": "de", "De_ch": "de", "pt-BR": "pt", "es-419": "es",
		"sv-Latn-FI": "sv", "in_ID": "id", "in": "id", "IN-ID": "id", "deu": "de", "ger": "de", " de": "de",
		"de \n": "de", "\u00a0fr_FR": "fr", "ENG": "en", "msa-MY": "ms", "zsm": "ms", "fre_CA": "fr", "dut": "nl",
		"en_US.UTF-8": "en", "de_DE@euro": "de", "es_ES_#Latn": "es", "pt_BR.ISO8859-1": "pt", "en_US_POSIX": "en",
		"in_ID_#Latn": "id", "id-u-nu-latn": "id", "da.UTF-8": "da",
	} {
		if got := write(t, "Countersign", tag)("425502", time.Minute); got != texts[want][1] ||
			!message.Supported(tag) {
			t.Errorf("%q: %q, want %q", tag, got, texts[want][1])
		}
	}
	for _, tag := range []string{
		"tr", "english", "e", "-en", "_", " ", "en GB", "de,en", "Countersign", "iw", "iw_IL", "ji", "he", "zh_Hant_TW",
		"zh_TW_#Hant", "C", "C.UTF-8", "POSIX", "und", "inx", "i-klingon", "@", "#", ".", "е\u006e",
	} {
		_, err := message.Text("Countersign", tag)
		if err == nil || message.Supported(tag) {
			t.Errorf("%q: taken", tag)
			continue
		}
		if say := strings.Join(message.Languages(), ", "); !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want %q in the error", tag, err, say)
		}
	}
}

// longest returns the longest brand of plain letters that fits in a language, with the
// longest code and the longest time left.
func longest(t *testing.T, language string) string {
	text := write(t, "b", language)
	most := 0
	for _, left := range []time.Duration{0, time.Minute, time.Hour, math.MaxInt64} {
		most = max(most, len([]rune(text("12345678", left))))
	}
	return strings.Repeat("b", 160-most+1)
}

// Every text of every code in every language fits one SMS (P22), counted in septets too.
// It begins with the code, and has no other digits that a phone could take for a code
// (P23).
func TestOnePart(t *testing.T) {
	gsm := regexp.MustCompile(`\A[ -_a-zäöñüàèéùìòÄÖÑÜÇØøÅåÆæßÉ]+\z`)
	digits := regexp.MustCompile(`[0-9]{4,8}`)
	for _, language := range message.Languages() {
		text := write(t, longest(t, language), language)
		for _, code := range []string{"1234", "123456", "12345678"} {
			for left := time.Duration(0); left <= 40*time.Minute; left += 10 * time.Second {
				got := text(code, left)
				if n := len([]rune(got)); n > 160 || !gsm.MatchString(got) || strings.ContainsAny(got, `[\]^`) {
					t.Errorf("%s: %d characters: %s", language, n, got)
				}
				if found := digits.FindAllString(got, -1); len(found) != 1 || found[0] != code ||
					!strings.HasPrefix(got, code+" ") {
					t.Errorf("%s: code not first, or not alone: %s", language, got)
				}
			}
		}
	}
}

func TestRefusedBrands(t *testing.T) {
	for _, language := range message.Languages() {
		for brand, say := range map[string]string{
			"": "empty", "  ": "empty", "Łódź": "GSM", "Amélie ó": "GSM", "a\nb": "GSM", "a\xff": "GSM",
			"字":                        "GSM",
			"Caffe\u0300":              "GSM",
			longest(t, language) + "b": "shorten it by 1", strings.Repeat("€", 80): "shorten",
		} {
			if _, err := message.Text(brand, language); err == nil || !strings.Contains(err.Error(), say) {
				t.Errorf("%s, %q: %v, want %q in the error", language, brand, err, say)
			}
		}
	}
}

// An accepted brand fits in every language that a request may choose (P22), and the
// longest such brand is accepted.
func TestCheckBrand(t *testing.T) {
	shortest := 160
	for _, language := range message.Languages() {
		shortest = min(shortest, len(longest(t, language)))
	}
	for brand, say := range map[string]string{
		"Acme": "", "Caffè {A}": "", strings.Repeat("b", shortest): "", strings.Repeat("€", shortest/2): "",
		strings.Repeat("b", shortest+1):   "shorten it by 1",
		strings.Repeat("€", shortest/2+1): "shorten it by 1", // of 97, which is odd
		strings.Repeat("b", 107):          `in the language "id", at most 160 fit one SMS: shorten it by 10`,
		"":                                "empty", "Łódź": "GSM",
	} {
		err := message.CheckBrand(brand)
		if (err == nil) != (say == "") || err != nil && !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want %q in the error", brand, err, say)
		}
		for _, language := range message.Languages() {
			if _, fits := message.Text(brand, language); err == nil && fits != nil {
				t.Errorf("%q in %s: %v", brand, language, fits)
			}
		}
	}
}

// The first language with a text is used. A language in which the brand is too long is
// skipped.
func TestFor(t *testing.T) {
	long := longest(t, "nl") // too long for id and ms, not for en
	for _, c := range []struct {
		brand     string
		languages string
		want      string // "": an error
	}{
		{"Acme", "", "en"}, {"Acme", "de", "de"}, {"Acme", " de", "de"}, {"Acme", "xx de-AT id", "de"},
		{"Acme", "id-ID nl", "id"}, {"Acme", "xx", "en"},
		{"Acme", "in_ID de", "id"}, {"Acme", "iw_IL de", "de"}, {"Acme", "zh_TW_#Hant fra", "fr"},
		{"Acme", "fi-FI,sv;q=0.8,en;q=0.5 de", "sv"}, {"Acme", "de-CH,de;q=0.9 en", "de"}, {"Acme", "*,, es", "es"},
		{long, "id-ID", "en"}, {long, "id-ID nl", "nl"}, {long, "xx id ms-MY nl de", "nl"}, {long, "en nl", "en"},
		{strings.Repeat("b", 108), "id nl", ""}, {"字", "id", ""},
	} {
		text, err := message.For(c.brand, strings.Split(c.languages, " ")...)
		if err != nil {
			if c.want != "" {
				t.Errorf("%q in %q: %v", c.brand, c.languages, err)
			}
			continue
		}
		got := text("425502", time.Minute)
		if want := strings.Replace(texts[cmp.Or(c.want, "en")][1], "Countersign", c.brand, 1); got != want ||
			c.want == "" || len(got) > 160 {
			t.Errorf("%q in %q: %q, want %q", c.brand, c.languages, got, want)
		}
	}
}

func BenchmarkText(b *testing.B) {
	text, err := message.Text("Countersign", "de")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		text("425502", 5*time.Minute)
	}
}
