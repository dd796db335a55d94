package inforce_test

import (
	"testing"

	"countersign/pkg/config"
	"countersign/pkg/config/inforce"
)

// TestInForce: a flag has precedence over the variable, the variable over the defaults, and what a process fixes over
// all of them. Hidden values are not shown.
func TestInForce(t *testing.T) {
	env := map[string]string{
		"PER_DAY": " 7 ", "LISTEN": "127.0.0.1:1", "UNSIGNED_CLIENTS": "no", "ORIGINATION_NUMBER": "60123456789",
		"MESSAGES_PER_DAY": "5", "STACK": "otp",
	}
	p := inforce.Process{
		Getenv: func(name string) string { return env[name[len(config.Prefix):]] },
		Flags:  map[string]string{"LISTEN": "127.0.0.1:0", "DATA": "/tmp/x"},
		Own: []inforce.Own{
			{Name: "COUNTRIES", Value: "*", Origin: inforce.FromProcess},
			{Name: "MESSAGES_PER_DAY", Value: "0", Origin: inforce.FromProcess},
			{Name: "UNSIGNED_CLIENTS", Value: "yes", Origin: inforce.Fixed},
			{Name: "RECEIPTS", Value: "yes", Origin: inforce.Fixed},
			{Name: "STACK", Origin: inforce.Unused},
		},
	}
	all := p.Settings()
	if len(all) != len(config.Settings()) {
		t.Fatalf("%d settings", len(all))
	}
	type shown struct {
		value   string
		from    inforce.Origin
		ignored bool
	}
	got := map[string]shown{}
	for _, s := range all {
		got[s.Name] = shown{s.Value, s.Origin, s.Ignored}
	}
	for name, want := range map[string]shown{
		"DIGITS":             {"6", inforce.FromDefault, false},
		"PER_DAY":            {"7", inforce.FromEnvironment, false},
		"LISTEN":             {"127.0.0.1:0", inforce.FromFlag, false},
		"DATA":               {"/tmp/x", inforce.FromFlag, false},
		"COUNTRIES":          {"*", inforce.FromProcess, false},
		"MESSAGES_PER_DAY":   {"5", inforce.FromEnvironment, false},
		"UNSIGNED_CLIENTS":   {"yes", inforce.Fixed, true},
		"RECEIPTS":           {"yes", inforce.Fixed, false},
		"STACK":              {"", inforce.Unused, true},
		"ORIGINATION_NUMBER": {"", inforce.FromEnvironment, false},
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
