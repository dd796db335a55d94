package admission_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/guard"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/phone/plan"
	"countersign/pkg/telemetry"
)

// enforcing is the policy of a client whose record has no guard.
var enforcing = guard.Policy{Mode: guard.Enforce, Young: guard.DefaultYoung, Shards: 1}

// The rules of the operator decide in place of the budgets, for a first message and for one more: a block refuses with
// the time until its end, and an allowance takes the message out of the budgets. What is not decided is counted.
func TestRules(t *testing.T) {
	now := time.Date(2026, 11, 22, 2, 25, 27, 0, time.UTC)
	messages := admission.Messages{
		Lookup: plan.Lookup, Text: languages.For, Issuer: otp.Issuer{Now: func() time.Time { return now }},
	}
	c := &clients.Client{ID: "known", Brand: "Acme", Countries: []string{"*"}, Guard: enforcing}
	rules := func(all ...clients.GuardRule) { c.GuardRules = all }
	for _, x := range []struct {
		name, e164 string
		rules      []clients.GuardRule
		want       otp.Decision
		cause      string
	}{
		{"no rule", "+606543216353", nil, otp.Decision{}, ""},
		{"another country", "+606543216353", []clients.GuardRule{{Countries: []string{"GB"}, Verdict: clients.Block}},
			otp.Decision{}, ""},
		{"a block without an end", "+606543216353",
			[]clients.GuardRule{{Countries: []string{"GB", "MY"}, Verdict: clients.Block}},
			otp.Decision{Refusal: otp.OperatorBlock, Wait: 24 * time.Hour}, "the operator blocks the country"},
		{"a block until its end", "+606543216353",
			[]clients.GuardRule{{Prefix: "+60654", Verdict: clients.Block, Until: now.Add(time.Minute)}},
			otp.Decision{Refusal: otp.OperatorBlock, Wait: time.Minute},
			"the operator blocks numbers that begin like this one"},
		{"a block that is over", "+606543216353",
			[]clients.GuardRule{{Prefix: "+60654", Verdict: clients.Block, Until: now}}, otp.Decision{}, ""},
		{"a country that is allowed", "+606543216353",
			[]clients.GuardRule{{Countries: []string{"MY"}, Verdict: clients.Allow, Until: now.Add(time.Minute)}},
			otp.Decision{Exempt: true}, ""},
		{"numbers that are allowed in a country that is blocked", "+606543216353", []clients.GuardRule{
			{Countries: []string{"MY"}, Verdict: clients.Block},
			{Prefix: "+60654", Verdict: clients.Allow, Until: now.Add(time.Minute)},
		}, otp.Decision{Exempt: true}, ""},
	} {
		rules(x.rules...)
		ctx, record := telemetry.Begin(t.Context(), now)
		n, refusal := messages.Recipient(ctx, c, x.e164)
		start, err := messages.Start(ctx, c, n, otp.Payment{})
		if err != nil || refusal != "" {
			t.Fatal(err, refusal)
		}
		got := otp.Decision{Refusal: start.Refusal, Wait: start.RefusalWait, Exempt: !start.Guard.On()}
		if got != x.want || record.Cause != x.cause || !start.Remembers {
			t.Errorf("%s: %+v with the cause %q, want %+v with %q", x.name, got, record.Cause, x.want, x.cause)
		}
		resend, err := messages.Resend(ctx, c)
		if again := resend.Recipient(n.E164); again != x.want || err != nil || resend.Guard != enforcing {
			t.Errorf("%s: a re-send gets %+v, %v, want %+v", x.name, again, err, x.want)
		}
	}
}

// No rule holds for a test number: no message goes to it.
func TestRulesLeaveTestNumbersAlone(t *testing.T) {
	now := time.Now()
	messages := admission.Messages{
		Lookup: plan.Lookup, Text: languages.For, Issuer: otp.Issuer{Now: func() time.Time { return now }},
	}
	c := &clients.Client{ID: "known", Brand: "Acme", Countries: []string{"*"}, Guard: enforcing}
	c.TestNumbers = map[otp.Phone]otp.Test{"+12025550123": {Code: "424242", Until: otp.MillisOf(now.Add(time.Hour))}}
	c.GuardRules = []clients.GuardRule{{Countries: []string{"US"}, Verdict: clients.Block}}
	for number, want := range map[string]otp.Outcome{"+12025550123": "", "+12025550124": otp.OperatorBlock} {
		n, refusal := messages.Recipient(t.Context(), c, number)
		start, err := messages.Start(t.Context(), c, n, otp.Payment{})
		if refusal != "" || err != nil || start.Refusal != want {
			t.Errorf("%s: %q, %q, %v, want %q", number, refusal, start.Refusal, err, want)
		}
	}
}

// A line about a blocked number has no part of the prefix that blocks it.
func TestNoPrefixInLines(t *testing.T) {
	messages := admission.Messages{Lookup: plan.Lookup, Text: languages.For, Issuer: otp.Issuer{Now: time.Now}}
	c := &clients.Client{ID: "known", Brand: "Acme", Countries: []string{"*"}}
	c.GuardRules = []clients.GuardRule{{Prefix: "+606543216", Verdict: clients.Block}}
	ctx, record := telemetry.Begin(t.Context(), time.Now())
	n, _ := messages.Recipient(ctx, c, "+606543216353")
	start, err := messages.Start(ctx, c, n, otp.Payment{})
	if err != nil || start.Refusal != otp.OperatorBlock {
		t.Fatal(start.Refusal, err)
	}
	var log bytes.Buffer
	record.Admitted, record.Outcome = true, start.Refusal
	(&telemetry.Lines{Stack: "prod"}).Write(ctx, slog.New(slog.NewJSONHandler(&log, nil)), record, time.Now())
	if line := log.String(); strings.Contains(line, "6543216") || !strings.Contains(line, `"guard":"operator"`) {
		t.Error(line)
	}
}

// A client without a policy, such as one that a test makes, has no guard, and a client that names sources gives them.
func TestGuardOfStart(t *testing.T) {
	messages := admission.Messages{Lookup: plan.Lookup, Text: languages.For}
	for _, c := range []struct {
		guard     guard.Policy
		sources   clients.Sources
		remembers bool
	}{
		{guard.Policy{}, clients.Sources{}, false},
		{guard.Policy{}, clients.Sources{Header: "x-user"}, true},
		{enforcing, clients.Sources{}, true},
		{guard.Policy{Mode: guard.Monitor, Young: 1, Shards: 3}, clients.Sources{Env: "clientIp"}, true},
	} {
		client := &clients.Client{ID: "known", Brand: "Acme", Countries: []string{"*"}}
		client.Guard, client.Sources = c.guard, c.sources
		n, _ := messages.Recipient(t.Context(), client, "+606543216353")
		start, errStart := messages.Start(t.Context(), client, n, otp.Payment{})
		resend, errResend := messages.Resend(t.Context(), client)
		if start.Guard != c.guard || resend.Guard != c.guard || errStart != nil || errResend != nil ||
			start.Remembers != c.remembers || resend.Remembers != c.remembers {
			t.Errorf("%+v: %+v, %+v, %v, %v", c, start.Guard, resend.Guard, errStart, errResend)
		}
	}
}
