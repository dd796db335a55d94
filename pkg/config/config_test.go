package config_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/config"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
)

func load(pairs ...string) (config.Config, error) {
	return config.Load(func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if name == config.Prefix+pairs[i] {
				return pairs[i+1]
			}
		}
		return ""
	})
}

func TestDefaults(t *testing.T) {
	got, err := load()
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Policy: otp.DefaultPolicy(), Brand: "Countersign", Language: "en",
		Table: "countersign-challenges", ClientsTable: "countersign-clients",
		RequestsPerMinute: 6000, MessagesPerDay: 100_000,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestSettings(t *testing.T) {
	got, err := load("DIGITS", "8", "VALIDITY", "2m", "ATTEMPTS", "3", "COOLDOWN", "1m", "PER_HOUR", "3", "PER_DAY",
		"4", "NUMBER_PER_DAY", "6",
		"UNANSWERED", "10", "PAUSE", "48h", "MEMORY", "1h", "BRAND", "Acme", "LANGUAGE", "de",
		"COUNTRIES", "MY, GB,MY", "TABLE", "t", "CLIENTS_TABLE", "c", "KEYS", " arn ",
		"REQUESTS_PER_MINUTE", "0", "MESSAGES_PER_DAY", "500")
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Policy: otp.Policy{Digits: 8, Validity: 2 * time.Minute, Attempts: 3, Cooldown: time.Minute, PerHour: 3,
			PerDay:     4,
			Unanswered: 10, Pause: 48 * time.Hour, Memory: time.Hour},
		Bounds: clients.Bounds{Digits: 8, Validity: 2 * time.Minute},
		Brand:  "Acme", Language: "de", Countries: []string{"GB", "MY"}, Table: "t", ClientsTable: "c", Keys: "arn",
		NumberPerDay: 6, MessagesPerDay: 500,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// A setting outside its range is refused, with an error that names the setting and the
// range (P10).
func TestRefused(t *testing.T) {
	for _, c := range [][3]string{
		{"DIGITS", "3", "COUNTERSIGN_DIGITS is 3, must be 4 to 8"},
		{"DIGITS", "9", "must be 4 to 8"},
		{"DIGITS", "six", "must be a whole number"},
		{"VALIDITY", "59s", "COUNTERSIGN_VALIDITY is 59s, must be 1m0s to 10m0s"},
		{"VALIDITY", "601s", "must be 1m0s to 10m0s"},
		{"VALIDITY", "300", "with their unit"},
		{"VALIDITY", "90.5s", "whole seconds"},
		{"ATTEMPTS", "0", "must be 1 to 5"},
		{"ATTEMPTS", "6", "must be 1 to 5"},
		{"COOLDOWN", "-1s", "must be 0s to 1h0m0s"},
		{"PER_DAY", "2", "must be 3 to 20"},
		{"PER_DAY", "21", "must be 3 to 20"},
		{"PER_HOUR", "11", "COUNTERSIGN_PER_HOUR is 11, must be 1 to 10"},
		{"UNANSWERED", "101", "must be 3 to 100"},
		{"PAUSE", "59m", "must be 1h0m0s to 168h0m0s"},
		{"MEMORY", "169h", "must be 1h0m0s to 168h0m0s"},
		{"COUNTRIES", "MY,,GB", "COUNTERSIGN_COUNTRIES"},
		{"COUNTRIES", "my", "upper-case"},
		{"COUNTRIES", "MYS", "ISO 3166-1"},
	} {
		_, err := load(c[0], c[1])
		if err == nil || !strings.Contains(err.Error(), c[2]) || !strings.Contains(err.Error(), config.Prefix+c[0]) {
			t.Errorf("%s=%s: %v, want %q in the error", c[0], c[1], err, c[2])
		}
	}
	if _, err := load("DIGITS", "3", "ATTEMPTS", "9"); err == nil || strings.Count(err.Error(), "must be") != 2 {
		t.Errorf("two wrong settings: %v, want both named", err)
	}
}

// Accepted settings are inside the caps, whatever is configured (P10).
func FuzzLoad(f *testing.F) {
	f.Add("6", "5m", "5", "30s", "5", "10")
	f.Add("-1", "876000h", "1000000", "0s", "0", "99")
	f.Fuzz(func(t *testing.T, digits, validity, attempts, cooldown, hour, day string) {
		c, err := load("DIGITS", digits, "VALIDITY", validity, "ATTEMPTS", attempts, "COOLDOWN", cooldown, "PER_HOUR",
			hour, "PER_DAY", day)
		if err != nil {
			return
		}
		p := c.Policy
		if p.Digits < 4 || p.Digits > 8 || p.Validity < time.Minute || p.Validity > 10*time.Minute || p.Attempts < 1 ||
			p.Attempts > 5 ||
			p.PerDay > 20 || p.PerHour > p.PerDay || p.Cooldown < 0 {
			t.Errorf("accepted %s", fmt.Sprintf("%+v", p))
		}
	})
}

// Only processes that send messages check the settings of messages. The others start with
// wrong ones.
func TestMessages(t *testing.T) {
	for _, c := range [][3]string{
		{"BRAND", "Acme\n1", "not seen"},
		{"BRAND", "Acme 2026", "could be taken for the code"},
		{"BRAND", strings.Repeat("b", 108), "take out 1"},
		{"BRAND", strings.Repeat("€", 54), "take out 1"}, // counts twice
		{"BRAND", strings.Repeat("字", 18), "take out 1"},
		{"LANGUAGE", "tlh", "use one of ar, bg, bn"},
		{"BRAND", strings.Repeat("b", 97), ""},
		{"BRAND", strings.Repeat("€", 53), ""},
		{"BRAND", "支付宝", ""},
		{"LANGUAGE", "de", ""},
	} {
		cfg, err := load(c[0], c[1])
		if err != nil {
			t.Fatal(err)
		}
		err = cfg.CheckMessages(languages.Check)
		if c[2] == "" && err != nil || c[2] != "" && (err == nil || !strings.Contains(err.Error(), c[2]) ||
			!strings.Contains(err.Error(), config.Prefix+c[0])) {
			t.Errorf("%s=%s: %v, want %q", c[0], c[1], err, c[2])
		}
	}
}

// Digits and validity bound requests if they are set, also to the value of their default.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		pairs []string
		want  clients.Bounds
	}{
		{nil, clients.Bounds{}},
		{[]string{"DIGITS", "6", "VALIDITY", "5m"}, clients.Bounds{Digits: 6, Validity: 5 * time.Minute}},
		{[]string{"DIGITS", "4"}, clients.Bounds{Digits: 4}},
		{[]string{"DIGITS", "", "VALIDITY", " 60s "}, clients.Bounds{Validity: time.Minute}},
	} {
		got, err := load(c.pairs...)
		if err != nil || got.Defaults().Bounds != c.want {
			t.Errorf("%q: %+v, %v, want %+v", c.pairs, got.Defaults().Bounds, err, c.want)
		}
	}
}
