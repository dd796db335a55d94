package snssender

import (
	"context"
	"errors"
	"strings"
	"testing"

	"countersign/pkg/awsclient"
	"countersign/pkg/awsfake"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"

	"github.com/aws/aws-sdk-go-v2/aws"
)

func TestConfig(t *testing.T) {
	fields := map[string]func(string) Config{
		"SenderID":          func(v string) Config { return Config{SenderID: v} },
		"OriginationNumber": func(v string) Config { return Config{OriginationNumber: v} },
		"MaxPrice":          func(v string) Config { return Config{MaxPrice: v} },
		"EntityID":          func(v string) Config { return Config{EntityID: v, TemplateID: "1"} },
		"TemplateID":        func(v string) Config { return Config{EntityID: "1", TemplateID: v} },
		"Endpoint":          func(v string) Config { return Config{Endpoint: v} },
	}
	for _, c := range []struct{ field, good, bad string }{
		{"SenderID", "A|Acme|ACME-2|1A|ABCDEFGHIJK", " |12345|Acme Inc|Acme_1|ABCDEFGHIJKL|Äcme|Acme\n|---"},
		{"OriginationNumber", "12345|+12065550100|12345678901234",
			"1234|+1 206 555 0100|123456789012345|++12345|12345a|12345\n|１２３４５"},
		{"MaxPrice", "0.50|1|0.00645|99.99999", "0|0.00|-1|1.|.5|0,50|1e3|100|0.000001|$1|0.5\n"},
		{"EntityID", "1701165718168578728|a-b_c|" + strings.Repeat("1", 50),
			" |" + strings.Repeat("1", 51) + "|1 2|1\n|é"},
		{"TemplateID", "1707166375278247471", " |" + strings.Repeat("1", 51)},
		{"Endpoint", "https://sns.eu-west-1.amazonaws.com|https://vpce-1.sns.eu-west-1.vpce.amazonaws.com/|" +
			"http://127.0.0.1:8080|http://localhost:1|http://[::1]:1",
			"http://sns.eu-west-1.amazonaws.com|sns.eu-west-1.amazonaws.com|ftp://127.0.0.1|https://|" +
				"https://u:p@h|https://h/path|https://h?q|%|http://10.0.0.1|http://127.0.0.1.example.org"},
	} {
		for _, v := range strings.Split(c.good, "|") {
			if err := fields[c.field](v).Validate(); err != nil {
				t.Errorf("%s %q: %v", c.field, v, err)
			}
		}
		for _, v := range strings.Split(c.bad, "|") {
			var e *ConfigError
			if err := fields[c.field](v).Validate(); !errors.As(err, &e) || e.Field != c.field || e.Value != v ||
				e.Want == "" {
				t.Errorf("%s %q: %v, want an error that names both and the allowed form", c.field, v, err)
			}
		}
	}
	if err := (Config{}).Validate(); err != nil {
		t.Errorf("zero value: %v", err)
	}
}

func TestDLTIdsComeInPairs(t *testing.T) {
	for missing, c := range map[string]Config{"TemplateID": {EntityID: "1"}, "EntityID": {TemplateID: "1"}} {
		var e *ConfigError
		if err := c.Validate(); !errors.As(err, &e) || e.Field != missing {
			t.Errorf("%+v: %v, want an error about %s", c, err, missing)
		}
	}
}

func TestNewNamesEverythingWrong(t *testing.T) {
	s, err := New(aws.Config{}, Config{SenderID: "Acme Inc", MaxPrice: "free"})
	if s != nil || err == nil {
		t.Fatalf("New = %v, %v", s, err)
	}
	for _, want := range []string{`SenderID is "Acme Inc", must be`, `MaxPrice is "free", must be`,
		`Region is "", must be`, `Credentials is "", must be`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("error %q, want %q in it", err, want)
		}
	}
}

func TestFromEnvironment(t *testing.T) {
	env := map[string]string{
		"AWS_REGION": "ap-south-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_SESSION_TOKEN": "token",
	}
	cfg := awsclient.FromEnvironment(func(name string) string { return env[name] })
	keys, err := cfg.Credentials.Retrieve(t.Context())
	if err != nil || cfg.Region != "ap-south-1" || keys.AccessKeyID != "id" || keys.SecretAccessKey != "secret" ||
		keys.SessionToken != "token" {
		t.Errorf("region %q, keys %+v, %v", cfg.Region, keys, err)
	}
	for _, missing := range []string{"AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} {
		cfg := awsclient.FromEnvironment(func(name string) string {
			if name == missing {
				return ""
			}
			return env[name]
		})
		if _, err := New(cfg, Config{}); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}

// Keys that are missing cost no request, and an alarm.
func TestNoCredentials(t *testing.T) {
	for name, p := range map[string]aws.CredentialsProvider{
		"empty keys": aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials,
			error) {
			return aws.Credentials{}, nil
		}),
		"error": aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{}, errors.New("no such file")
		}),
		"anonymous": aws.AnonymousCredentials{},
	} {
		t.Run(name, func(t *testing.T) {
			stub := awsfake.StartSNS(t)
			s, err := New(aws.Config{Region: "eu-west-1", Credentials: p}, Config{Endpoint: stub.URL})
			if err != nil {
				t.Fatal(err)
			}
			d, _, err := s.Send(t.Context(), sendertest.Message())
			var e *Error
			if d != otp.MaybeSent || !errors.As(err, &e) || !e.Operator || stub.Count() != 0 {
				t.Errorf("Send = %v, %+v, %d requests; want MaybeSent, an operator's fault, none", d, e, stub.Count())
			}
		})
	}
}
