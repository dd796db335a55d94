package languages

import (
	"testing"

	"golang.org/x/text/language"
)

// matcher is x/text's, over the tags of the table. A language that is none of them comes first: it matches what
// matches no other.
func matcher() language.Matcher {
	tags := []language.Tag{language.MustParse("vo")}
	for _, tag := range All() {
		tags = append(tags, language.MustParse(tag))
	}
	return language.NewMatcher(tags)
}

// Each code of two and three letters chooses the language that x/text's tables say it is, if there is a text in it: old
// codes, both codes of three letters, the individual languages of Malay. Languages that their speakers read as they
// read one of the table choose that one, as CLDR has it. CLDR goes further: a speaker of Basque would get Spanish, and
// one of Georgian English. Here the client's language comes first.
func TestCodesOfLanguages(t *testing.T) {
	m, known := matcher(), map[string]bool{}
	near := map[string]string{ // not exactly the language, or by later tables than those of x/text
		"nn": "nb", "nno": "nb", "bs": "hr", "bos": "hr", "mo": "ro", "mol": "ro", "sh": "sr", "hbs": "sr", "cnr": "sr",
		"prs": "fa", "yue": "zh-Hant",
	}
	for _, code := range codes() {
		want := near[code]
		base, err := language.Parse(code)
		if err == nil && code != "und" && want == "" { // which x/text takes for English
			if _, i, confidence := m.Match(base); i > 0 && (confidence == language.Exact || code == "zh") {
				want = table[i-1].tag
			}
		}
		if got := Canonical(code); got != want {
			t.Errorf("%q is %q, and in x/text %q", code, got, want)
		}
		known[want] = true
	}
	if known["pt-BR"] = true; len(known)-1 != len(table) { // one is ""
		t.Errorf("codes choose %d languages, want %d", len(known)-1, len(table))
	}
}

// codes are all codes of two and three letters.
func codes() (all []string) {
	for a := 'a'; a <= 'z'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			all = append(all, string([]rune{a, b}))
			for c := 'a'; c <= 'z'; c++ {
				all = append(all, string([]rune{a, b, c}))
			}
		}
	}
	return all
}

// Chinese in each region and script, Portuguese and Cantonese in each region match as in x/text. The exception is
// Malaysia, where Chinese is written in simplified letters: later tables of CLDR have a locale for that.
func TestRegions(t *testing.T) {
	m := matcher()
	for _, base := range []string{"zh", "pt", "zh-Hans", "zh-Hant", "zh-cmn", "zh-yue", "yue", "yue-Hans", "cmn-Hant"} {
		for a := 'A'; a <= 'Z'; a++ {
			for b := 'A'; b <= 'Z'; b++ {
				region := string([]rune{a, b})
				tag, err := language.Parse(base + "-" + region)
				if err != nil {
					continue
				}
				if r, _ := tag.Region(); r.String() != region { // an alias, such as UK
					continue
				}
				_, i, _ := m.Match(tag)
				if got := Canonical(tag.String()); i > 0 && got != table[i-1].tag &&
					region != "MY" && region != "EU" && region != "QO" {
					t.Errorf("%s is %q, and in x/text %q", tag, got, table[i-1].tag)
				}
			}
		}
	}
}
