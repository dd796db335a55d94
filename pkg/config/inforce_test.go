package config_test

import (
	"testing"

	"countersign/pkg/config"
)

// TestInForce: a flag has precedence over the variable, the variable over the defaults, and what a process fixes over
// all of them. Hidden values are not shown.
func TestInForce(t *testing.T) {
	env := map[string]string{
		"PER_DAY": " 7 ", "LISTEN": "127.0.0.1:1", "UNSIGNED_CLIENTS": "no", "ORIGINATION_NUMBER": "60123456789",
		"MESSAGES_PER_DAY": "5", "STACK": "otp",
	}
	p := config.Process{
		Getenv: func(name string) string { return env[name[len(config.Prefix):]] },
		Flags:  map[string]string{"LISTEN": "127.0.0.1:0", "DATA": "/tmp/x"},
		Own: []config.Own{
			{Name: "COUNTRIES", Value: "*", Origin: config.FromProcess},
			{Name: "MESSAGES_PER_DAY", Value: "0", Origin: config.FromProcess},
			{Name: "UNSIGNED_CLIENTS", Value: "yes", Origin: config.Fixed},
			{Name: "RECEIPTS", Value: "yes", Origin: config.Fixed},
			{Name: "STACK", Origin: config.Unused},
		},
	}
	all := p.Settings()
	if len(all) != len(config.Settings()) {
		t.Fatalf("%d settings", len(all))
	}
	type shown struct {
		value   string
		from    config.Origin
		ignored bool
	}
	got := map[string]shown{}
	for _, s := range all {
		got[s.Name] = shown{s.Value, s.Origin, s.Ignored}
	}
	for name, want := range map[string]shown{
		"DIGITS":             {"6", config.FromDefault, false},
		"PER_DAY":            {"7", config.FromEnvironment, false},
		"LISTEN":             {"127.0.0.1:0", config.FromFlag, false},
		"DATA":               {"/tmp/x", config.FromFlag, false},
		"COUNTRIES":          {"*", config.FromProcess, false},
		"MESSAGES_PER_DAY":   {"5", config.FromEnvironment, false},
		"UNSIGNED_CLIENTS":   {"yes", config.Fixed, true},
		"RECEIPTS":           {"yes", config.Fixed, false},
		"STACK":              {"", config.Unused, true},
		"ORIGINATION_NUMBER": {"", config.FromEnvironment, false},
	} {
		if got[name] != want {
			t.Errorf("%s: %+v, want %+v", name, got[name], want)
		}
	}
	c, err := config.Load(p.Value)
	if err != nil || !c.Unsigned || c.MessagesPerDay != 5 || len(c.Countries) != 1 || c.Policy.PerDay != 7 {
		t.Errorf("%+v, %v", c, err)
	}
}
