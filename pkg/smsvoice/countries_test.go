package smsvoice

import (
	"strings"
	"testing"

	"countersign/pkg/awsfake"
)

// A sender id that cannot send to a country of the deployment is reported when the sender starts.
func TestCheckCountries(t *testing.T) {
	const acme = "arn:aws:sms-voice:eu-west-1:123456789012:sender-id/ACME/GB"
	for _, c := range []struct{ identity, countries, want string }{
		{pool, "*", ""},
		{pool, "US,MY,GB", ""},
		{"pool-1", "US", ""},
		{"phone-1", "US", ""},
		{"+12065550100", "US,MY", ""},
		{"12345", "US", ""},
		{acme, "GB", ""},
		{acme, "GB,IE", "the sender id ACME is that of GB, and messages to other countries are refused"},
		{acme, "US", "the sender id ACME is that of GB"},
		{acme, "*", "the sender id ACME is that of GB"},
		{"ACME", "GB,IE,DE", ""},
		{"ACME", "GB,US,MY", "phones in US, MY do not show the sender id ACME"},
		{"AC-ME", "FR,GB", "phones in FR do not show"},
		{"ACME", "*", "phones in AR, BE, BR"},
	} {
		s, err := New(awsfake.AWS(), Config{OriginationIdentity: c.identity})
		if err != nil {
			t.Fatal(err)
		}
		err = s.CheckCountries(strings.Split(c.countries, ","))
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s to %s: %v, want %q", c.identity, c.countries, err, c.want)
		}
	}
}
