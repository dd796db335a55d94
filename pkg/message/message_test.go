package message_test

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/message"
)

// longest is the longest brand of plain letters.
var longest = strings.Repeat("b", 160-len("12345678 is your  code, valid for less than 1 minute."))

func TestText(t *testing.T) {
	for _, c := range []struct {
		brand string
		left  time.Duration
		want  string
	}{
		{"Countersign", 5 * time.Minute, "123456 is your Countersign code, valid for 5 minutes."},
		{"Caffè {A}", 119 * time.Second, "123456 is your Caffè {A} code, valid for 1 minute."},
		{"A", 10 * time.Minute, "123456 is your A code, valid for 10 minutes."},
		{"A", time.Minute - 1, "123456 is your A code, valid for less than 1 minute."},
	} {
		text, err := message.Text(c.brand)
		if err != nil {
			t.Errorf("%s: %v", c.brand, err)
			continue
		}
		if got := text("123456", c.left); got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
	}
}

// Every text of every code fits one SMS (P22).
func TestOnePart(t *testing.T) {
	text, err := message.Text(longest)
	if err != nil {
		t.Fatal(err)
	}
	for left := time.Duration(0); left <= 30*time.Minute; left += 10 * time.Second {
		if got := text("12345678", left); len(got) > 160 {
			t.Errorf("%d characters: %s", len(got), got)
		}
	}
}

func TestRefusedBrands(t *testing.T) {
	for brand, say := range map[string]string{
		"": "empty", "  ": "empty", "Łódź": "GSM", "Amélie ó": "GSM", "a\nb": "GSM", "a\xff": "GSM", "字": "GSM",
		longest + "b": "shorten it by 1", strings.Repeat("€", 70): "shorten",
	} {
		if _, err := message.Text(brand); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want an error that says %q", brand, err, say)
		}
	}
}
