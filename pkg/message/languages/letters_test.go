package languages_test

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"countersign/pkg/message/languages"
)

// alphabets have the letters of each language beyond A to Z, in lower case, as CLDR has its exemplar characters; or its
// scripts.
var alphabets = map[string]any{
	"cs": "áčďéěíňóřšťúůýž", "da": "æøå", "de": "äöüß", "en": "", "es": "áéíñóúü", "et": "äõöüšž", "fi": "äöå",
	"fil": "ñ", "fr": "àâæçéèêëîïôœùûüÿ", "hr": "čćđšž", "hu": "áéíóöőúüű", "id": "", "it": "àèéìòù",
	"lt": "ąčęėįšųūž", "lv": "āčēģīķļņšūž", "ms": "", "nb": "æøåéò", "nl": "ëéïó", "pl": "ąćęłńóśźż",
	"pt": "áâãàçéêíóôõú", "pt-BR": "áâãàçéêíóôõú", "ro": "ăâîșț", "sk": "áäčďéíĺľňóôŕšťúýž", "sl": "čšž", "sv": "åäö",
	"sw": "", "tr": "çğıöşü", "vi": "ăâđêôơưàảãáạằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ",
	"ar": "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهويى", "fa": "ءآأؤئابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی",
	"ur": "ءآأؤئابپتٹثجچحخدڈذرڑزژسشصضطظعغفقکگلمنںوہھیے", "he": []*unicode.RangeTable{unicode.Hebrew},
	"bg": "абвгдежзийклмнопрстуфхцчшщъьюя", "ru": "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
	"sr": "абвгдђежзијклљмнњопрстћуфхцчџш", "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
	"el": []*unicode.RangeTable{unicode.Greek}, "bn": []*unicode.RangeTable{unicode.Bengali},
	"hi": []*unicode.RangeTable{unicode.Devanagari}, "mr": []*unicode.RangeTable{unicode.Devanagari},
	"ja": []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Lm},
	"km": []*unicode.RangeTable{unicode.Khmer}, "ko": []*unicode.RangeTable{unicode.Hangul},
	"my": []*unicode.RangeTable{unicode.Myanmar}, "ta": []*unicode.RangeTable{unicode.Tamil},
	"te": []*unicode.RangeTable{unicode.Telugu}, "th": []*unicode.RangeTable{unicode.Thai},
	"zh-Hans": []*unicode.RangeTable{unicode.Han}, "zh-Hant": []*unicode.RangeTable{unicode.Han},
}

// A text has the letters of its language only: a letter of a neighbour's, or one that looks alike, is found. Texts in
// another script than Latin have no Latin letter.
func TestLetters(t *testing.T) {
	for _, tag := range languages.All() {
		own := alphabets[tag]
		for minutes := range 31 {
			for _, r := range strings.ToLower(in(t, "1", tag).Write("2", time.Duration(minutes)*time.Minute)) {
				if !unicode.IsLetter(r) {
					continue
				}
				var known bool
				switch own := own.(type) {
				case string:
					latin := !strings.ContainsAny(own, "بв")
					known = strings.ContainsRune(own, r) || latin && 'a' <= r && r <= 'z'
				case []*unicode.RangeTable:
					known = unicode.In(r, own...)
				}
				if !known {
					t.Errorf("%s: %q is no letter of the language", tag, r)
				}
			}
		}
	}
}
