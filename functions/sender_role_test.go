package functions

import (
	"testing"

	"countersign/pkg/smsvoice"
)

// With OriginationIdentity the functions that send may send from it and from the account's sender ids, with the
// configuration set and the protect configuration of the parameters. Without it no function may, and verify and
// changes never may.
func TestEndUserMessagingsRole(t *testing.T) {
	const (
		account = "arn:aws:sms-voice:eu-central-1:123456789012:"
		pool    = account + "pool/pool-1"
		set     = account + "configuration-set/countersign"
		protect = account + "protect-configuration/protect-1"
		send    = "sms-voice:SendTextMessage"
	)
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("OriginationIdentity", pool)
	t.Setenv("ConfigurationSet", "countersign")
	t.Setenv("ProtectConfiguration", "protect-1")
	senders := map[string]bool{"init": true, "otp": true, "cognito": true}
	for function, r := range roles(t) {
		for _, c := range []struct {
			condition, action, resource string
			want                        bool
		}{
			{"", send, pool, false},
			{"HasOriginationIdentity", send, pool, true},
			{"HasOriginationIdentity", send, account + "sender-id/Acme/GB", true},
			{"HasOriginationIdentity", send, account + "pool/pool-2", false},
			{"HasOriginationIdentity", send, account + "phone-number/phone-1", false},
			{"HasOriginationIdentity", send, "arn:aws:sms-voice:eu-central-1:210987654321:sender-id/Acme/GB", false},
			{"HasOriginationIdentity", "sms-voice:SendVoiceMessage", pool, false},
			{"HasOriginationIdentity", "sms-voice:DeletePool", pool, false},
			{"HasOriginationIdentity", send, set, false},
			{"HasConfigurationSet", send, set, true},
			{"HasConfigurationSet", send, account + "configuration-set/another", false},
			{"HasProtectConfiguration", send, protect, true},
			{"HasProtectConfiguration", send, account + "protect-configuration/protect-2", false},
		} {
			got := r.under(c.condition).allows(ask{c.action, c.resource, nil})
			if want := c.want && senders[function]; got != want {
				t.Errorf("%s may %s on %s under %q: %v, want %v",
					function, c.action, c.resource, c.condition, got, want)
			}
		}
	}
}

// The template takes ARNs of the three kinds of identities, for which it can give a permission, and names and ids for
// the rest. The functions take whatever the template takes.
func TestEndUserMessagingsParameters(t *testing.T) {
	const account = "arn:aws:sms-voice:eu-central-1:123456789012:"
	all := parameters(t)
	for _, c := range []struct {
		parameter, value string
		want             bool
	}{
		{"OriginationIdentity", "", true},
		{"OriginationIdentity", account + "pool/pool-0123456789abcdef0123456789abcdef", true},
		{"OriginationIdentity", account + "phone-number/phone-0123456789abcdef", true},
		{"OriginationIdentity", account + "sender-id/ACME/GB", true},
		{"OriginationIdentity", account + "sender-id/ACME", false},
		{"OriginationIdentity", account + "pool/*", false},
		{"OriginationIdentity", account + "opt-out-list/Default", false},
		{"OriginationIdentity", "arn:aws:sns:eu-central-1:123456789012:pool/pool-1", false},
		{"OriginationIdentity", "pool-1", false},
		{"OriginationIdentity", "ACME", false},
		{"OriginationIdentity", "+12065550100", false},
		{"ConfigurationSet", "countersign_1-A", true},
		{"ConfigurationSet", "a b", false},
		{"ConfigurationSet", "*", false},
		{"ProtectConfiguration", "protect-0123456789abcdef", true},
		{"ProtectConfiguration", "*", false},
	} {
		if got := all[c.parameter].takes(c.value); got != c.want {
			t.Errorf("the template takes %s=%q: %v, want %v", c.parameter, c.value, got, c.want)
		}
		config := smsvoice.Config{OriginationIdentity: "pool-1"}
		switch c.parameter {
		case "OriginationIdentity":
			config.OriginationIdentity = c.value
		case "ConfigurationSet":
			config.ConfigurationSet = c.value
		default:
			config.ProtectConfiguration = c.value
		}
		if err := config.Validate(); c.want && c.value != "" && err != nil {
			t.Errorf("the functions do not take %s=%q: %v", c.parameter, c.value, err)
		}
	}
}
