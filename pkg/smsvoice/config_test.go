package smsvoice

import (
	"errors"
	"strings"
	"testing"

	"countersign/pkg/awsfake"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestConfig(t *testing.T) {
	with := func(set func(*Config, string)) func(string) Config {
		return func(v string) Config {
			c := good
			set(&c, v)
			return c
		}
	}
	fields := map[string]func(string) Config{
		"OriginationIdentity":  with(func(c *Config, v string) { c.OriginationIdentity = v }),
		"ConfigurationSet":     with(func(c *Config, v string) { c.ConfigurationSet = v }),
		"ProtectConfiguration": with(func(c *Config, v string) { c.ProtectConfiguration = v }),
		"MaxPrice":             with(func(c *Config, v string) { c.MaxPrice = v }),
		"EntityID":             with(func(c *Config, v string) { c.EntityID, c.TemplateID = v, "1" }),
		"TemplateID":           with(func(c *Config, v string) { c.EntityID, c.TemplateID = "1", v }),
		"Endpoint":             with(func(c *Config, v string) { c.Endpoint = v }),
	}
	long := strings.Repeat("a", 256)
	for _, c := range []struct{ field, good, bad string }{
		{"OriginationIdentity", pool + "|pool-0123|phone-0123|+12065550100|Acme|ACME_2|" + long,
			"| |Acme Inc|Äcme|pool-1\n|" + long + "a"},
		{"ConfigurationSet", "default|arn:aws:sms-voice:eu-west-1:123456789012:configuration-set/a|" + long,
			" |a+b|a b|a\n|" + long + "a"},
		{"ProtectConfiguration", "protect-0123456789abcdef|" + long, " |a b|+1|" + long + "a"},
		{"MaxPrice", "0.50|1|0.00645|99.99999", "0|0.00|-1|1.|.5|0,50|1e3|100|0.000001|$1|0.5\n"},
		{"EntityID", "1701165718168578728|a-b_c", " |" + strings.Repeat("1", 51) + "|1 2|é|"},
		{"TemplateID", "1707166375278247471", " |" + strings.Repeat("1", 51) + "|"},
		{"Endpoint", "https://sms-voice.eu-west-1.amazonaws.com|http://127.0.0.1:8080|http://[::1]:1",
			"http://sms-voice.eu-west-1.amazonaws.com|https://|https://u:p@host|https://host/path|ftp://host"},
	} {
		for _, v := range strings.Split(c.good, "|") {
			if err := fields[c.field](v).Validate(); err != nil {
				t.Errorf("%s %q: %v", c.field, v, err)
			}
		}
		for _, v := range strings.Split(c.bad, "|") {
			var e *ConfigError
			err := fields[c.field](v).Validate()
			if !errors.As(err, &e) || e.Field != c.field || e.Value != v {
				t.Errorf("%s %q: %v, want an error that names both", c.field, v, err)
			}
		}
	}
}

// The error names every setting that is wrong.
func TestNewNamesAll(t *testing.T) {
	_, err := New(aws.Config{}, Config{MaxPrice: "free", EntityID: "1"})
	for _, want := range []string{"OriginationIdentity is", `MaxPrice is "free"`, "Region is", "Credentials is"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
	if _, err := New(awsfake.AWS(), good); err != nil {
		t.Error(err)
	}
}
