package sender_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"countersign/functions/internal/sender"
	"countersign/functions/internal/start"
	"countersign/pkg/ams"
	"countersign/pkg/config"
)

// What would refuse every message is told at the start; a country that there is not
// keeps nobody else's messages back.
func TestIssuer(t *testing.T) {
	env := map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
	getenv := func(name string) string { return env[name] }
	for countries, want := range map[string]string{
		"":         "",
		"*":        "",
		"GB,MY":    "",
		"MY,UK":    `COUNTERSIGN_COUNTRIES: "UK" is no ISO 3166-1 code: the United Kingdom is "GB"`,
		"AA":       `COUNTERSIGN_COUNTRIES: "AA" has no phone numbers`,
		"MY,XX,GB": `COUNTERSIGN_COUNTRIES: "XX"`,
	} {
		env["COUNTERSIGN_COUNTRIES"] = countries
		cfg, err := config.Load(getenv)
		if err != nil {
			t.Fatal(err)
		}
		var told bytes.Buffer
		s := &start.Service{Config: cfg, Gate: &ams.Gate{Log: slog.New(slog.NewTextHandler(&told, nil))}}
		_, err = sender.Issuer(s, getenv)
		if text := strings.ReplaceAll(told.String(), `\"`, `"`); err != nil || want == "" && text != "" || !strings.Contains(text, want) {
			t.Errorf("%q: %v, %s, want %q", countries, err, text, want)
		}
	}
	env["COUNTERSIGN_BRAND"] = strings.Repeat("b", 98)
	cfg, err := config.Load(getenv)
	if err != nil {
		t.Fatal(err) // who checks codes goes on
	}
	if _, err := sender.Issuer(&start.Service{Config: cfg}, getenv); err == nil || !strings.Contains(err.Error(), "COUNTERSIGN_BRAND") {
		t.Errorf("%v, want an error about the brand", err)
	}
}
