package message

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// wording is the text in one language. The code always comes first, where a phone's
// notification shows it and its autofill finds it:
//
//	code + is + brand + valid + time left + end
type wording struct {
	is, valid, end string
	soon           string // less than a minute is left
	one            string // one minute is left
	many           string // the words after a number of minutes, from two on
}

// wordings by primary language subtag (ISO 639). All must be in the GSM 7-bit alphabet,
// which lacks á, ç, ê, í, ó, ú, ã and õ: Spanish and Portuguese use clave and senha in
// place of código. The familiar form of address is used where business uses it.
var wordings = map[string]wording{
	"da": {" er din kode til ", ", gyldig i ", ".", "mindre end 1 minut", "1 minut", " minutter"},
	"de": {" ist Ihr Code für ", ". Er gilt ", ".", "weniger als 1 Minute", "1 Minute", " Minuten"},
	"en": {" is your ", " code, valid for ", ".", "less than 1 minute", "1 minute", " minutes"},
	"es": {" es tu clave de ", " y sirve durante ", ".", "menos de 1 minuto", "1 minuto", " minutos"},
	"fr": {" est votre code ", ", valable ", ".", "moins d'une minute", "1 minute", " minutes"},
	"id": {" adalah kode ", " Anda, berlaku selama ", ".", "kurang dari 1 menit", "1 menit", " menit"},
	"it": {" è il tuo codice ", ", valido per ", ".", "meno di 1 minuto", "1 minuto", " minuti"},
	"ms": {" ialah kod ", " anda, sah selama ", ".", "kurang daripada 1 minit", "1 minit", " minit"},
	"nl": {" is je code voor ", " en is ", " geldig.", "minder dan 1 minuut", "1 minuut", " minuten"},
	"pt": {" é a sua senha para ", " e vale durante ", ".", "menos de 1 minuto", "1 minuto", " minutos"},
	"sv": {" är din kod för ", ", giltig i ", ".", "mindre än 1 minut", "1 minut", " minuter"},
}

// aliases are the other codes of the languages above: the old code of Indonesian, which Java and Android write,
// and the codes of three letters (ISO 639-2 and 639-3). A test compares them with the tables of golang.org/x/text,
// which no function links.
var aliases = map[string]string{
	"in": "id", "ind": "id",
	"dan": "da", "deu": "de", "ger": "de", "eng": "en", "spa": "es", "fra": "fr", "fre": "fr", "ita": "it",
	"msa": "ms", "may": "ms", "zsm": "ms", "nld": "nl", "dut": "nl", "por": "pt", "swe": "sv",
}

// find returns the wording for a language tag.
func find(language string) (wording, bool) {
	code := strings.ToLower(primary(language))
	if language == "" {
		code = "en"
	}
	w, ok := wordings[cmp.Or(aliases[code], code)]
	return w, ok
}

// primary returns the first subtag of a language tag, "" for what is none. Locales of POSIX and Java have other
// separators than BCP 47: en_US.UTF-8, de_DE@euro, zh_TW_#Hant.
func primary(language string) string {
	language = strings.TrimSpace(language)
	if i := strings.IndexAny(language, "-_.@#"); i >= 0 {
		language = language[:i]
	}
	return language
}

// Supported reports whether [Text] accepts the language.
func Supported(language string) bool {
	_, ok := find(language)
	return ok
}

// Languages returns the primary subtags of all languages, sorted.
func Languages() []string { return slices.Sorted(maps.Keys(wordings)) }
