package message

import (
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

// find returns the wording for a language tag.
func find(language string) (wording, bool) {
	if language == "" {
		language = "en"
	}
	if i := strings.IndexAny(language, "-_"); i >= 0 {
		language = language[:i]
	}
	w, ok := wordings[strings.ToLower(language)]
	return w, ok
}

// Supported reports whether [Text] accepts the language.
func Supported(language string) bool {
	_, ok := find(language)
	return ok
}

// Languages returns the primary subtags of all languages, sorted.
func Languages() []string { return slices.Sorted(maps.Keys(wordings)) }
