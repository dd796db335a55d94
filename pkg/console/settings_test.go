package console

import (
	"strings"
	"testing"

	"countersign/pkg/config"
	"countersign/pkg/config/inforce"
	"countersign/pkg/openstore"
)

// TestSettings: each setting has its value and where that comes from; hidden ones and numbers are not shown.
func TestSettings(t *testing.T) {
	onEachSite(t, func(t *testing.T, s *site) {
		env := map[string]string{
			"PER_DAY": "7", "ORIGINATION_NUMBER": "60123456789", "ORIGINATION_IDENTITY": "+60129876543",
			"SENDERS": "US=+12025550123;GB=ACME", "URL": "http://me:hunter2@127.0.0.1:8080", "BRAND": "<b>Acme</b>",
		}
		s.Process.Getenv = func(name string) string { return env[strings.TrimPrefix(name, config.Prefix)] }
		s.Process.Flags = map[string]string{"LISTEN": "127.0.0.1:9"}
		if s.Local != nil {
			s.Process.Own = []inforce.Own{
				{Name: "COUNTRIES", Value: "*", Origin: inforce.FromProcess}, {Name: "KEYS", Origin: inforce.Unused},
				{Name: "RECEIPTS", Value: "yes", Origin: inforce.Fixed},
			}
		}
		page := s.get(t, 200, "/console/settings")
		for _, row := range config.Settings() {
			wants(t, page, row.Name)
		}
		wants(t, page, "PER_DAY 7 environment variable", "LISTEN --listen 127.0.0.1:9 flag --listen",
			"COUNTERSIGN_ DIGITS 6 default 4 to 8", "countersign client set ID --digits", "In template.yaml: Digits",
			"<b>Acme</b>", "ORIGINATION_NUMBER set, and not shown", "http://xxxxx@", "one of the languages")
		lacks(t, page, "60123456789", "60129876543", "2025550123", "hunter2", "languages.md")
		if strings.Contains(page, "<b>Acme") {
			t.Error("a value is taken for HTML")
		}
		given := s.get(t, 200, "/console/settings?show=given")
		wants(t, given, "PER_DAY", "LISTEN", "Show all settings")
		lacks(t, given, "ATTEMPTS")
		if s.Local == nil {
			wants(t, page, "in its own environment", "aws cloudformation describe-stacks",
				"docs/set-parameters.sh STACK NAME=VALUE")
			lacks(t, page, "deployed again") // which would put the code of a working copy there too
			return
		}
		wants(t, page, "COUNTRIES * default of the local server", "KEYS --keys-secret none not used by this process",
			"RECEIPTS yes fixed in the local server", "start it again")
	})
}

// TestMaskedPrefix: a rule about what may be one number, also one that is possible only, has a mask, and one about a
// block or more has its beginning.
func TestMaskedPrefix(t *testing.T) {
	for prefix, want := range map[string]string{
		"+60123456789": "+60*****6789", "+606543216353": "+60******6353", "+447700900123": "+44******0123",
		"+6012345678": "+60****5678", "+6834002": "+683****", "+12025550123": "+1******0123",
		"+6012345": "+6012345", "+60654321": "+60654321", "+44770090": "+44770090", "+6591": "+6591",
		"+1202555": "+1202555", "+86138001": "+86138001", "+491511234": "+491511234", "+1": "+1", "": "",
	} {
		if got := maskedPrefix(prefix); got != want {
			t.Errorf("%s is shown as %s, want %s", prefix, got, want)
		}
	}
}

// TestMaskedNumbers: no number of a list or of an error is left as it is, and other digits are.
func TestMaskedNumbers(t *testing.T) {
	for text, want := range map[string]string{
		"US=+12025550123": "US=+1******0123", "+12025550123,+12025550124": "+1******0123,+1******0124",
		"12025550123 12025550124": "+1******0123 +1******0124", "(+447700900123)": "(+44******0123)",
		`rule "+4915112345678": must be a beginning`: `rule "+49*******5678": must be a beginning`,
		"it is 12025550123.":                         "it is +1******0123.", "0000000": "***",
		"arn:aws:sns:eu-west-1:123456789012:pool/1234567": "arn:aws:sns:eu-west-1:123456789012:pool/1234567",
		"a1234567": "a1234567", "600000": "600000", "1234567x": "1234567x", "": "",
	} {
		if got := maskedNumbers(text); got != want {
			t.Errorf("%q is shown as %q, want %q", text, got, want)
		}
	}
}

// TestSecretAddress: the user and the password of an address are on no page, neither as a setting nor in a command.
func TestSecretAddress(t *testing.T) {
	for _, user := range []string{"me:hunter2", "hunter2", ":hunter2", "me:hunter2%40"} {
		engine := "http://" + user + "@127.0.0.1:8000"
		flags := placeFlags(openstore.Place{Kind: openstore.DynamoDB, Engine: engine, Folder: "data"})
		wants(t, flags, "--dynamodb-endpoint http://xxxxx@127.0.0.1:8000")
		setting := shownValue(inforce.Setting{Value: engine, Origin: inforce.FromEnvironment})
		wants(t, setting, "http://xxxxx@127.0.0.1:8000")
		lacks(t, flags+setting, "hunter2")
	}
	if text := "tea at 5: http://example.com"; withoutUser(text) != text {
		t.Errorf("%q is changed", text)
	}
}
