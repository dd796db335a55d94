package senders_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/functions/internal/senders"
	"countersign/functions/internal/start"
	"countersign/pkg/admission"
	"countersign/pkg/ams"
	"countersign/pkg/awsfake"
	"countersign/pkg/clients"
	"countersign/pkg/config"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"
	"countersign/pkg/phone/plan"
	"countersign/pkg/service"
	"countersign/pkg/service/sending"
)

// environment returns the variables of a function in AWS, and one more setting.
func environment(name, value string) func(string) string {
	env := map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_ENDPOINT_URL_SNS": "http://127.0.0.1:1",
		config.Prefix + name:   value,
	}
	return func(name string) string { return env[name] }
}

// open adds a sender, and returns what it logs.
func open(t *testing.T, getenv func(string) string) (log string, err error) {
	t.Helper()
	return openAt(t, time.Now(), getenv)
}

// openAt is open at a time.
func openAt(t *testing.T, now time.Time, getenv func(string) string) (log string, err error) {
	t.Helper()
	cfg, err := config.Load(getenv)
	if err != nil {
		t.Fatal(err)
	}
	var text bytes.Buffer
	gate := &ams.Gate{Door: &admission.Door{Log: slog.New(slog.NewTextHandler(&text, nil))}}
	svc := &service.Service{Gate: gate, Now: func() time.Time { return now }}
	_, err = senders.Open(&start.Service{Config: cfg, Service: svc}, getenv)
	return strings.ReplaceAll(text.String(), `\"`, `"`), err
}

// A country that does not exist is a line in the log, and the function starts for the other countries.
func TestCountries(t *testing.T) {
	for countries, want := range map[string]string{
		"":         "",
		"*":        "",
		"GB,MY":    "",
		"MY,UK":    `COUNTERSIGN_COUNTRIES: "UK" is no ISO 3166-1 code: the United Kingdom is "GB"`,
		"AA":       `COUNTERSIGN_COUNTRIES: "AA" has no phone numbers`,
		"MY,XX,GB": `COUNTERSIGN_COUNTRIES: "XX"`,
	} {
		log, err := open(t, environment("COUNTRIES", countries))
		if err != nil || want == "" && strings.Contains(log, "COUNTRIES") || !strings.Contains(log, want) {
			t.Errorf("%q: %v, log %s, want %q in it", countries, err, log, want)
		}
	}
}

// A country to which the sender id of the deployment can send nothing is a line in the log, and the function starts.
func TestCountriesOfSenderID(t *testing.T) {
	const acme = "arn:aws:sms-voice:eu-central-1:123456789012:sender-id/ACME/GB"
	for countries, warns := range map[string]bool{"GB": false, "GB,MY": true, "*": true} {
		env := environment("ORIGINATION_IDENTITY", acme)
		log, err := open(t, func(name string) string {
			switch name {
			case config.Prefix + "COUNTRIES":
				return countries
			case "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2":
				return "http://127.0.0.1:1"
			}
			return env(name)
		})
		warned := strings.Contains(log, "level=WARN") &&
			strings.Contains(log, "the sender id ACME is that of GB")
		if err != nil || warned != warns {
			t.Errorf("%s: %v, log %s, want a warning: %v", countries, err, log, warns)
		}
	}
}

// An entry that its country refuses, and a country that needs an entry and has none, are lines in the log, and the
// function starts for the other countries.
func TestSendersOfCountries(t *testing.T) {
	for _, c := range []struct{ countries, senders, want string }{
		{"MY,DE", "", ""},
		{"MY,DE", "MY=63001;DE=ACME", ""},
		{"MY,DE", "MY=ACME", "COUNTERSIGN_SENDERS: MY: phones in MY show no sender ids"},
		{"DE", "FR=AC-ME", "COUNTERSIGN_SENDERS: FR: sender ids in FR have no hyphen"},
		{"GB,DE", "", "COUNTERSIGN_SENDERS: GB: a sender id must be registered there, and no entry names one"},
		{"GB,DE", "GB=ACME,registered=yes", ""},
		{"IN", "IN=ACMEIN,entity=1,template=2",
			"COUNTERSIGN_SENDERS: IN: registered messages take a local route from ap-south-1 and ap-south-2 only, " +
				"and from eu-central-1"},
		{"IN", "IN=ACMEIN,entity=1", "COUNTERSIGN_SENDERS: IN: the entry has an entity and no template, so messages"},
		{"IN", "*=pool-0123456789abcdef", "COUNTERSIGN_SENDERS: IN: a text must be registered there"},
	} {
		env := environment("SENDERS", c.senders)
		log, err := open(t, func(name string) string {
			if name == config.Prefix+"COUNTRIES" {
				return c.countries
			}
			return env(name)
		})
		warned := strings.Contains(log, "level=WARN") && strings.Contains(log, c.want)
		if err != nil || warned != (c.want != "") || !warned && strings.Contains(log, "level=WARN") {
			t.Errorf("%s with %q: %v, log %s, want a warning with %q", c.countries, c.senders, err, log, c.want)
		}
	}
}

// A message of a country goes through the service that its entry names, beside the standard one. Its settings are
// checked when the function starts.
func TestTwoServices(t *testing.T) {
	sns, endUserMsg := awsfake.StartSNS(t), awsfake.StartSMSVoice(t)
	env := map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_ENDPOINT_URL_SNS": sns.URL, "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": endUserMsg.URL,
		"COUNTERSIGN_SENDERS": "MY=pool-0123456789abcdef;DE=ACME;US=62345,via=sms-voice",
	}
	getenv := func(name string) string { return env[name] }
	svc := opened(t, getenv)
	for region, want := range map[string][2]int{"DE": {1, 0}, "MY": {0, 1}, "US": {0, 1}, "FR": {1, 0}} {
		before := [2]int{sns.Count(), endUserMsg.Count()}
		m := sendertest.Message()
		m.Region, m.Origin = region, svc.Messages.Origins(&clients.Client{}, "")(region)
		d, _, err := svc.Messages.Issuer.Sender.Send(t.Context(), m)
		if got := [2]int{sns.Count() - before[0], endUserMsg.Count() - before[1]}; d != otp.Accepted || got != want {
			t.Errorf("%s: %v, %v; %v messages through SNS and End User Messaging, want %v", region, d, err, got, want)
		}
	}
	env["COUNTERSIGN_CONFIGURATION_SET"], env["COUNTERSIGN_SENDERS"] = "a b", env["COUNTERSIGN_SENDERS"]+";FR=via=sns"
	if _, err := open(t, getenv); err == nil || strings.Count(err.Error(), "COUNTERSIGN_CONFIGURATION_SET") != 1 {
		t.Errorf("a wrong setting of the second service: %v", err)
	}
	env["COUNTERSIGN_SENDER_ID"] = "!"
	_, err := open(t, getenv)
	for _, want := range []string{"COUNTERSIGN_CONFIGURATION_SET", "COUNTERSIGN_SENDER_ID"} {
		if err == nil || strings.Count(err.Error(), want) != 1 {
			t.Errorf("a wrong setting of each service: %v, want %s in it once", err, want)
		}
	}
}

// Each start has a line with the release of the numbering plans.
func TestPlansAreLogged(t *testing.T) {
	log, err := open(t, environment("SENDER", "sns"))
	if want := `release="` + plan.Release() + `"`; err != nil || strings.Count(log, want) != 1 {
		t.Errorf("%v, log %s, want %q once", err, log, want)
	}
	for age, want := range map[time.Duration]string{0: "level=INFO", plan.MaxAge + 24*time.Hour: "level=WARN"} {
		released, err := time.Parse(time.DateOnly, plan.Date)
		if err != nil {
			t.Fatal(err)
		}
		log, err := openAt(t, released.Add(age), environment("SENDER", "sns"))
		if err != nil || !strings.Contains(log, want) {
			t.Errorf("after %v: %v, log %s, want %s", age, err, log, want)
		}
	}
}

// A setting that would refuse every message stops the start.
func TestSettings(t *testing.T) {
	for _, c := range []struct{ name, value, want string }{
		{"BRAND", strings.Repeat("b", 160), "COUNTERSIGN_BRAND"},
		{"SENDER", "pigeon", `COUNTERSIGN_SENDER is "pigeon", must be one of: sms-voice, sns`},
		{"SENDER", "sms-voice", `COUNTERSIGN_ORIGINATION_IDENTITY is "", must be a pool, phone number`},
		{"ORIGINATION_IDENTITY", "+60 12 345",
			"COUNTERSIGN_ORIGINATION_IDENTITY has a value that is not shown here, and must be a pool, phone number"},
		{"MAX_PRICE", "free", `COUNTERSIGN_MAX_PRICE is "free", must be an amount in USD`},
		{"SENDERS", "MY", "COUNTERSIGN_SENDERS: an entry has no country: it must be COUNTRY="},
		{"SENDERS", "MY=+60 12 345", "COUNTERSIGN_SENDERS: MY: the identity must be a pool, phone number"},
		{"SENDERS", "MY=63001;MY=63002", "COUNTERSIGN_SENDERS: MY is there twice"},
		{"ORIGINATION_NUMBER", "+60 12 345",
			"COUNTERSIGN_ORIGINATION_NUMBER has a value that is not shown here, and must be 5 to 14 digits"},
	} {
		if _, err := open(t, environment(c.name, c.value)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s=%s: %v, want %q in it", c.name, c.value, err, c.want)
		}
	}
	two := map[string]string{"COUNTERSIGN_SENDER_ID": "!", "COUNTERSIGN_ENTITY_ID": "1", "AWS_REGION": "eu-central-1"}
	_, err := open(t, func(name string) string { return two[name] })
	for _, want := range []string{"COUNTERSIGN_SENDER_ID is", `COUNTERSIGN_TEMPLATE_ID is "", must be set where`,
		"Credentials"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q in it", err, want)
		}
	}
	if _, err := open(t, environment("SENDER", "sns")); err != nil {
		t.Errorf("sender sns: %v", err)
	}
}

// Messages go through SNS until the operator gives the other sender something to send from.
func TestWhichSender(t *testing.T) {
	for name, c := range map[string]struct {
		env             map[string]string
		sns, endUserMsg int
	}{
		"nothing set":               {nil, 1, 0},
		"a sender id":               {map[string]string{"SENDER_ID": "Acme"}, 1, 0},
		"an identity":               {map[string]string{"ORIGINATION_IDENTITY": "pool-1"}, 0, 1},
		"an identity, and its name": {map[string]string{"ORIGINATION_IDENTITY": "pool-1", "SENDER": "sms-voice"}, 0, 1},
		"an identity, and SNS":      {map[string]string{"ORIGINATION_IDENTITY": "pool-1", "SENDER": "sns"}, 1, 0},
	} {
		sns, endUserMsg := awsfake.StartSNS(t), awsfake.StartSMSVoice(t)
		env := map[string]string{
			"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
			"AWS_ENDPOINT_URL_SNS": sns.URL, "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": endUserMsg.URL,
		}
		for setting, value := range c.env {
			env[config.Prefix+setting] = value
		}
		getenv := func(name string) string { return env[name] }
		svc := opened(t, getenv)
		d, _, err := svc.Messages.Issuer.Sender.Send(t.Context(), sendertest.Message())
		if d != otp.Accepted || sns.Count() != c.sns || endUserMsg.Count() != c.endUserMsg {
			t.Errorf("%s: %v, %v; %d messages through SNS and %d through End User Messaging, want %d and %d",
				name, d, err, sns.Count(), endUserMsg.Count(), c.sns, c.endUserMsg)
		}
	}
}

// Re-sends read receipts where there are any, and nothing elsewhere.
func TestReceipts(t *testing.T) {
	for setting, want := range map[string]bool{"": false, "no": false, "yes": true} {
		svc := opened(t, environment("RECEIPTS", setting))
		if got := svc.Messages.Issuer.Receipts != nil; got != want {
			t.Errorf("with %q: re-sends read receipts: %v, want %v", setting, got, want)
		}
	}
}

// The setting of feedback reaches the messages.
func TestMessageFeedback(t *testing.T) {
	for setting, want := range map[string]bool{"": false, "no": false, "yes": true} {
		voice := awsfake.StartSMSVoice(t)
		env := environment("ORIGINATION_IDENTITY", "pool-1")
		getenv := func(name string) string {
			switch name {
			case "COUNTERSIGN_MESSAGE_FEEDBACK":
				return setting
			case "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2":
				return voice.URL
			}
			return env(name)
		}
		svc := opened(t, getenv)
		if d, _, err := svc.Messages.Issuer.Sender.Send(t.Context(), sendertest.Message()); d != otp.Accepted {
			t.Fatal(d, err)
		}
		if got := voice.Requests()[0].MessageFeedbackEnabled; (got != nil && *got) != want {
			t.Errorf("with %q: MessageFeedbackEnabled %v, want %v", setting, got, want)
		}
	}
}

// opened returns a service with its senders.
func opened(t *testing.T, getenv func(string) string) *sending.Service {
	t.Helper()
	cfg, err := config.Load(getenv)
	if err != nil {
		t.Fatal(err)
	}
	gate := &ams.Gate{Door: &admission.Door{Log: slog.New(slog.DiscardHandler)}}
	svc, err := senders.Open(&start.Service{
		Config: cfg, Service: &service.Service{Gate: gate, Now: time.Now},
	}, getenv)
	if err != nil {
		t.Fatal(err)
	}
	return svc
}

// The page of settings names the senders of the functions, and no others.
func TestSendersAreNamed(t *testing.T) {
	_, err := open(t, environment("SENDER", "no such sender"))
	_, names, _ := strings.Cut(fmt.Sprint(err), "must be one of: ")
	row, _ := config.Find("SENDER")
	if want := "functions: " + names; !slices.Contains(strings.Split(row.Range, "; "), want) {
		t.Errorf("the range of SENDER in pkg/config/settings.go is %q: write %q into it, then run "+
			"go test ./docs -run TestSettings -update", row.Range, want)
	}
}
