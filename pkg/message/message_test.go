package message_test

import (
	"strings"
	"testing"
	"time"

	"countersign/pkg/message"
)

func TestText(t *testing.T) {
	for _, c := range []struct {
		brand    string
		validity time.Duration
		want     string
	}{
		{"Countersign", 5 * time.Minute, "123456 is your Countersign code, valid for 5 minutes."},
		{"Caffè {A}", 119 * time.Second, "123456 is your Caffè {A} code, valid for 1 minute."},
		{strings.Repeat("b", 160-len("12345678 is your  code, valid for 10 minutes.")), 10 * time.Minute, ""},
	} {
		text, err := message.Text(c.brand, c.validity)
		if err != nil {
			t.Errorf("%s: %v", c.brand, err)
			continue
		}
		if got := text("123456"); c.want != "" && got != c.want {
			t.Errorf("%q, want %q", got, c.want)
		}
		if got := text("12345678"); len(got) > 162 {
			t.Errorf("%d characters: %q", len(got), got)
		}
	}
}

func TestRefusedBrands(t *testing.T) {
	for brand, say := range map[string]string{
		"": "empty", "  ": "empty", "Łódź": "GSM", "Amélie ó": "GSM", "a\nb": "GSM", "a\xff": "GSM", "字": "GSM",
		strings.Repeat("b", 160-len("12345678 is your  code, valid for 10 minutes.")+1): "shorten it by 1",
		strings.Repeat("€", 70): "shorten",
	} {
		if _, err := message.Text(brand, 10*time.Minute); err == nil || !strings.Contains(err.Error(), say) {
			t.Errorf("%q: %v, want an error that says %q", brand, err, say)
		}
	}
	if _, err := message.Text("Countersign", 59*time.Second); err == nil {
		t.Error("a validity below a minute was accepted")
	}
}
