package cognito_test

import (
	"strings"
	"testing"
	"unicode"

	"countersign/pkg/cognito"
)

// zeros are the digit zero of some scripts, from the Unicode charts.
var zeros = map[string]rune{
	"Arabic-Indic": '\u0660', "Persian": '\u06f0', "NKo": '\u07c0', "Devanagari": '\u0966', "Bengali": '\u09e6',
	"Tamil": '\u0be6', "Thai": '\u0e50', "Lao": '\u0ed0', "Tibetan": '\u0f20', "Myanmar": '\u1040',
	"Khmer": '\u17e0', "Balinese": '\u1b50', "fullwidth": '\uff10', "Brahmi": '\U00011066',
	"mathematical bold": '\U0001d7ce', "mathematical monospace": '\U0001d7f6', "Adlam": '\U0001e950',
}

// in spells a code in the digits of another script.
func in(zero rune, code string) string {
	return strings.Map(func(r rune) rune { return zero + r - '0' }, code)
}

// The right code passes as a person's keyboard, clipboard or autofill writes it.
func TestTypedCodes(t *testing.T) {
	spellings := map[string]func(code string) string{}
	for _, space := range []string{
		" ", "\t", "\n", "\r\n", "\u00a0", "\u2007", "\u2009", "\u202f", "\u3000", "\u200b", "\u200d", "\u2060",
		"\ufeff", "\u200e", "\u202a", "\u2069", "\u00ad", "\u2028",
	} {
		spellings["behind "+space] = func(c string) string { return c + space }
		spellings["before "+space] = func(c string) string { return space + c }
		spellings["inside "+space] = func(c string) string { return c[:3] + space + c[3:] }
	}
	for _, hyphen := range []string{"-", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2212", "\uff0d", " - "} {
		spellings["hyphen "+hyphen] = func(c string) string { return c[:3] + hyphen + c[3:] }
	}
	for script, zero := range zeros {
		spellings[script] = func(c string) string { return in(zero, c) }
	}
	spellings["all of it"] = func(c string) string {
		return "\u2067\u00a0" + in('\u0661'-1, c[:3]) + " \u2013 " + in('\u06f0', c[3:]) + "\n"
	}
	for name, spell := range spellings {
		t.Run(name, func(t *testing.T) {
			p := newPool(t)
			s := p.goOn(p.begin(ana), spell(not(p.code(1))), nil) // a wrong code uses an attempt in any spelling
			if s.public["attempts"] != "4" {
				t.Errorf("%v after a wrong code", s.public)
			}
			p.passes(s, spell(p.code(1)))
		})
	}
}

// What is no code stays none: letters, other signs, numerals that are no decimal digits, and long texts.
func TestTypedRubbish(t *testing.T) {
	for _, rubbish := range []string{
		"G-123456", "123456x", "12345O", "123.456", "123,456", "123_456", "+123456", "#123456", "１２３４５x",
		"一二三四五六", "①②③④⑤⑥", "¹²³⁴⁵⁶", "ⅠⅡⅢⅣⅤⅥ", "\x00123456", "123456\xff", "\ufffd123456",
		strings.Repeat(" ", 300) + "123456",
	} {
		if got := cognito.Typed(rubbish); strings.Trim(got, "0123456789") == "" {
			t.Errorf("%q is taken for the code %q", rubbish, got)
		}
	}
}

// Every decimal digit of Unicode has its value, and no other character becomes a digit.
func TestTypedDigits(t *testing.T) {
	groups := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		got := cognito.Typed(string(r))
		isDigit := got != "" && strings.Trim(got, "0123456789") == ""
		if isDigit != unicode.Is(unicode.Nd, r) {
			t.Errorf("%U becomes %q", r, got)
		}
		if isDigit && got == "0" {
			groups++
			for value := range rune(10) { // ten in a row, by the stability policy of Unicode
				if one := cognito.Typed(string(r + value)); one != string('0'+value) {
					t.Errorf("%U becomes %q, want %d", r+value, one, value)
				}
			}
		}
	}
	for script, zero := range zeros {
		if cognito.Typed(string(zero)) != "0" {
			t.Errorf("%s: %U is not 0", script, zero)
		}
	}
	if groups < 60 {
		t.Errorf("%d scripts with digits, Unicode has more than 60", groups)
	}
}

// A number is verified if the attribute is true in a spelling that somebody's tool writes.
func TestVerifiedNumbers(t *testing.T) {
	for attribute, verified := range map[string]bool{
		"true": true, "True": true, "TRUE": true, " true": true, "true\r": true,
		"": false, "false": false, "False": false, "FALSE": false, "0": false, "1": false, "yes": false,
		"truely": false, "not true": false, "tru": false, "null": false,
	} {
		p := newPool(t)
		p.users[ana]["phone_number_verified"] = attribute
		p.begin(ana)
		if sent := len(p.phone.got) == 1; sent != verified {
			t.Errorf("phone_number_verified %q: sent is %t, want %t", attribute, sent, verified)
		}
	}
}
