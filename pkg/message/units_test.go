package message_test

import (
	"strings"
	"testing"

	"countersign/pkg/message"
)

// gsm is the GSM 7-bit default alphabet with its extension table, in the order of 3GPP TS 23.038, without the escape.
const (
	gsm = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extension = "\f^{}\\[~]|€"
)

func TestMeasure(t *testing.T) {
	if n := len([]rune(gsm)); n != 127 {
		t.Fatalf("the alphabet has %d characters, want 127", n)
	}
	for r := rune(0); r < 0x11000; r++ {
		want := message.Size{Units: 1, Parts: 1, Wide: true}
		switch {
		case strings.ContainsRune(gsm, r):
			want.Wide = false
		case strings.ContainsRune(extension, r):
			want = message.Size{Units: 2, Parts: 1}
		case r > 0xFFFF:
			want.Units = 2
		}
		if got := message.Measure(string(r)); got != want {
			t.Errorf("%U: %+v, want %+v", r, got, want)
		}
	}
	rep := strings.Repeat
	for text, want := range map[string]message.Size{
		"":                                  {0, 1, false},
		rep("a", 160):                       {160, 1, false},
		rep("a", 161):                       {161, 2, false},
		rep("a", 306):                       {306, 2, false},
		rep("a", 307):                       {307, 3, false},
		rep("€", 80):                        {160, 1, false},
		rep("a", 159) + "€":                 {161, 2, false},
		rep("a", 152) + "€" + rep("a", 152): {306, 3, false}, // the first part ends before the euro sign
		rep("я", 70):                        {70, 1, true},
		rep("я", 71):                        {71, 2, true},
		rep("я", 134):                       {134, 2, true},
		rep("я", 135):                       {135, 3, true},
		rep("😀", 35):                        {70, 1, true},
		rep("😀", 36):                        {72, 2, true},
		rep("я", 66) + "😀" + rep("я", 66):   {134, 3, true}, // no part ends inside the character
		rep("a", 160) + "ç":                 {161, 3, true},
		rep("a", 160) + "`":                 {161, 3, true},
		"ó":                                 {1, 1, true}, "ç": {1, 1, true},
		"\x1b": {1, 1, true}, "\xff": {1, 1, true},
	} {
		if got := message.Measure(text); got != want {
			t.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}
