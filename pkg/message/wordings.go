package message

import (
	"maps"
	"slices"
	"strings"
)

// wording is the text in one language. The code comes first in every one, where
// a phone's notification shows it and its autofill looks for it:
//
//	code + is + brand + valid + time left + end
type wording struct {
	is, valid, end string
	soon           string // less than a minute is left
	one            string // one minute is left
	many           string // what follows the number of minutes from two on
}

// wordings by primary language subtag (ISO 639). All of them must be in the GSM
// 7-bit alphabet, which has no á, ç, ê, í, ó, ú, ã and õ: so Spanish and
// Portuguese say clave and senha, not código. Where a language has a familiar
// form of address that strangers use in business, it is taken.
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

// Supported reports whether [Text] has the language.
func Supported(language string) bool {
	_, ok := find(language)
	return ok
}

// Languages returns the primary subtags of the languages that there are, sorted.
func Languages() []string { return slices.Sorted(maps.Keys(wordings)) }
