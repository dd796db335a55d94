package message

import (
	"testing"

	"golang.org/x/text/language"
)

// Each code of two and three letters chooses the language that x/text's tables say it is, if there is a text in it.
// The tables have old codes, both codes of three letters, and the individual languages of Malay.
func TestCodesOfLanguages(t *testing.T) {
	codes := []string{}
	for a := 'a'; a <= 'z'; a++ {
		for b := 'a'; b <= 'z'; b++ {
			codes = append(codes, string([]rune{a, b}))
			for c := 'a'; c <= 'z'; c++ {
				codes = append(codes, string([]rune{a, b, c}))
			}
		}
	}
	found := 0
	for _, code := range codes {
		want := ""
		if base, err := language.Parse(code); err == nil && code != "und" { // which x/text takes for English
			canonical, err := language.All.Canonicalize(base)
			if err != nil {
				t.Fatal(code, err)
			}
			b, _ := canonical.Base()
			if _, ok := wordings[b.String()]; ok {
				want = b.String()
			}
		}
		w, ok := find(code)
		if ok != (want != "") || ok && w != wordings[want] {
			t.Errorf("%q has a text: %t, and in x/text it is %q", code, ok, want)
		}
		if ok {
			found++
		}
	}
	if found != len(wordings)+len(aliases) {
		t.Errorf("%d codes have a text, want %d", found, len(wordings)+len(aliases))
	}
}
