package functions

import (
	"strings"
	"testing"

	"countersign/pkg/clients/origins"
)

// What the template takes in Senders the functions can read: they do not start with entries that they cannot.
func TestSendersParameter(t *testing.T) {
	senders := parameters(t)["Senders"]
	for value, template := range map[string]bool{
		"":            true,
		"MY=63001":    true,
		"*=pool-0123": true,
		"KR=via=sns":  true,
		"GB=ACME,registered=yes,max-price=0.10;IN=ACMEIN,entity=1701,template=1707":                           true,
		"MY=arn:aws:sms-voice:ap-southeast-1:123456789012:pool/pool-0123456789abcdef,via=sms-voice":           true,
		"GB=+447400123456,max-price=12;US=phone-0123,via=sms-voice;DE=1A-ME,max-price=0.00001;FR=max-price=1": true,
		"CN=registered=yes,via=sns": true,
		"GB=arn:aws:sms-voice:eu-west-1:123456789012:sender-id/ACME/GB,registered=yes": true,
		"MY=63001,registered=Yes":                         false,
		"MY=63001,registered":                             false,
		"MY=63001,Via=sns":                                false,
		"MY=63001,via=SNS":                                false,
		"MY=63001,via=":                                   false,
		"MY=63001,price=1":                                false,
		"MY=63001,max-price=0,05":                         false,
		"MY=63001,max-price=0.0":                          false,
		"MY=63001,max-price=100":                          false,
		"MY=63001,+447400123456":                          false,
		"MY=63001,":                                       false,
		"MY=12065550100":                                  false,
		"MY=pool_0123":                                    false,
		"MY=ACME=1":                                       false,
		"MY=63001MY=63002":                                false,
		"IN=ACMEIN,entity=1 701":                          false,
		"IN=ACMEIN,entity=,template=1":                    false,
		"MY=arn:aws:sns:eu-west-1:123456789012:topic":     false,
		"MY=arn:aws:sms-voice:eu-west-1:1234:pool/pool-1": false,
		"MY":         false,
		"my=63001":   false,
		"MYS=63001":  false,
		"MY=":        false,
		"MY=63001;":  false,
		"MY=63001 ":  false,
		"MY=Äcme":    false,
		"MY=63001\n": false,
		strings.Repeat("MY=63001;", 200) + "GB=ACME": false, // too long
	} {
		if got := senders.takes(value); got != template {
			t.Errorf("the template takes Senders=%q: %v, want %v", value, got, template)
		}
		all, err := origins.ParseAll(value)
		if err == nil {
			err = origins.CheckForms(all)
		}
		if template && err != nil {
			t.Errorf("the functions do not take Senders=%q: %v", value, err)
		}
	}
}

// The environment of a function that sends fits into Lambda's 4 KB, with the longest Senders and 40 countries.
func TestEnvironmentFits(t *testing.T) {
	const lambda = 4096
	all, own := settings(t)
	limits := parameters(t)
	for _, function := range []string{"InitFunction", "OtpFunction", "CognitoFunction"} {
		total := 0
		for _, variables := range []map[string]string{all, own[function]} {
			for name, parameter := range variables {
				longest := 64
				switch p := limits[parameter]; {
				case parameter == "AllowedCountries":
					longest = 40 * len("MY,")
				case p.MaxLength != nil:
					longest = *p.MaxLength
				case p.MaxValue != nil || p.AllowedValues != nil:
					longest = 8
				}
				total += len("COUNTERSIGN_"+name) + longest
			}
		}
		if total > lambda {
			t.Errorf("the variables of %s have up to %d bytes, want %d: lower the MaxLength of Senders",
				function, total, lambda)
		}
	}
}
