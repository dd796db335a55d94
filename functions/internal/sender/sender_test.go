package sender_test

import (
	"strings"
	"testing"

	"countersign/functions/internal/sender"
	"countersign/functions/internal/start"
	"countersign/pkg/config"
)

// What would refuse every message is found at the start.
func TestIssuer(t *testing.T) {
	env := map[string]string{"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret"}
	getenv := func(name string) string { return env[name] }
	for countries, want := range map[string]string{
		"":         "",
		"*":        "",
		"GB,MY":    "",
		"MY,UK":    `COUNTERSIGN_COUNTRIES: "UK" is no ISO 3166-1 code: the United Kingdom is "GB"`,
		"AA":       `COUNTERSIGN_COUNTRIES: "AA" is no country that has phone numbers`,
		"MY,XX,GB": `COUNTERSIGN_COUNTRIES: "XX"`,
	} {
		env["COUNTERSIGN_COUNTRIES"] = countries
		cfg, err := config.Load(getenv)
		if err != nil {
			t.Fatal(err)
		}
		_, err = sender.Issuer(&start.Service{Config: cfg}, getenv)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", countries, err, want)
		}
	}
}
