package admission_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/message"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/phone/plan"
	"countersign/pkg/telemetry"
)

var errBroken = errors.New("the table is throttled")

// directory and limiter stand in for those of a door. They fail with err if it is set.
type directory struct{ err error }

func (d directory) Find(_ context.Context, id string) (*clients.Client, error) {
	return clients.Static{"known": {ID: "known"}}[id], d.err
}

func (d directory) FindAccessKey(_ context.Context, key string) (*clients.Client, error) {
	return clients.Static{"key of known": {ID: "known"}, "old": {ID: "old", IDIsKey: true}}[key], d.err
}

type limiter struct {
	within bool
	err    error
}

func (l limiter) Allow(context.Context, *clients.Client) (bool, error) { return l.within, l.err }

// A line names the client of an access key by its id, and a look-up that fails does not name the key.
func TestFindAccessKey(t *testing.T) {
	for _, c := range []struct {
		key, client, fault string
		warns              bool
		err                error
	}{
		{key: "key of known", client: "known"},
		{key: "known"},
		{key: "old", client: "old", warns: true},
		{key: "key of known", err: errBroken, fault: "client"},
		{key: "key of known", err: fmt.Errorf("find: %w", clients.ErrBusy)},
	} {
		door := &admission.Door{Clients: directory{c.err}, Now: time.Now}
		ctx, record := door.Begin(t.Context(), "unimatrix")
		got, err := door.FindAccessKey(ctx, c.key)
		if !errors.Is(err, c.err) || (got != nil) != (c.client != "") || record.Client != c.client ||
			record.Fault != c.fault || record.IDIsKey != c.warns || strings.Contains(record.Cause, "key of") {
			t.Errorf("%q: %v, %v; %+v", c.key, got, err, record)
		}
	}
}

func TestFind(t *testing.T) {
	for _, c := range []struct {
		id, client, fault string
		err               error
	}{
		{id: "known", client: "known"},
		{id: "unknown"},
		{id: "known", err: errBroken, fault: "client"},
		{id: "known", err: fmt.Errorf("find: %w", clients.ErrBusy)},
	} {
		door := &admission.Door{Clients: directory{c.err}, Now: time.Now}
		ctx, record := door.Begin(t.Context(), "ams")
		got, err := door.Find(ctx, c.id)
		if !errors.Is(err, c.err) || (got != nil) != (c.client != "") {
			t.Errorf("%+v: found %v, %v", c, got, err)
		}
		if record.Contract != "ams" || record.Client != c.client || record.Fault != c.fault {
			t.Errorf("%+v: recorded %+v", c, record)
		}
	}
}

func TestCount(t *testing.T) {
	for _, c := range []struct {
		limiter admission.Limiter
		within  bool
		err     error
	}{
		{limiter: nil, within: true},
		{limiter: limiter{within: true}, within: true},
		{limiter: limiter{within: false}},
		{limiter: limiter{within: true, err: errBroken}, err: errBroken},
	} {
		door := &admission.Door{Limiter: c.limiter, Now: time.Now}
		ctx, record := door.Begin(t.Context(), "ams")
		within, err := door.Count(ctx, &clients.Client{ID: "known"})
		if (record.Cause == "") != (c.within && c.err == nil || c.limiter == nil) {
			t.Errorf("%+v: recorded the cause %q", c, record.Cause)
		}
		if within != c.within || !errors.Is(err, c.err) || (record.Fault == "traffic") != (c.err != nil) {
			t.Errorf("%+v: within %t, %v, recorded %+v", c, within, err, record)
		}
	}
}

func TestRecovered(t *testing.T) {
	ctx, record := telemetry.Begin(t.Context(), time.Now())
	if admission.Recovered(ctx, nil) || record.Fault != "" {
		t.Errorf("without a panic the record is %+v", record)
	}
	func() {
		defer func() {
			if !admission.Recovered(ctx, recover()) {
				t.Error("a panic is not reported")
			}
		}()
		panic("code 123456")
	}()
	traced := strings.Contains(record.Trace, "TestRecovered")
	if record.Fault != "panic" || strings.Contains(record.Cause, "123456") || !traced {
		t.Errorf("recorded %+v, want the type of the value and the stack", record)
	}
}

func codeLooked() { panic("code 123456") }

// A panic beside the request is recorded like one of its own: by the type of its value, and where it was.
func TestRecoveredBeside(t *testing.T) {
	ctx, record := telemetry.Begin(t.Context(), time.Now())
	func() {
		defer func() { admission.Recovered(ctx, recover()) }()
		otp.Beside(codeLooked)()
	}()
	if record.Cause != "panic with a value of type string" || !strings.Contains(record.Trace, "codeLooked") {
		t.Errorf("recorded %+v", record)
	}
}

// Every contract decides about a number by these rules.
func TestRecipient(t *testing.T) {
	messages := admission.Messages{Lookup: plan.Lookup, Text: languages.For}
	world := clients.Client{ID: "known", Countries: []string{"*"}}
	with := func(change func(*clients.Client)) *clients.Client {
		c := world
		change(&c)
		return &c
	}
	for _, c := range []struct {
		name   string
		client *clients.Client
		e164   string
		want   otp.Outcome
	}{
		{"any country", &world, "+442044555666", ""},
		{"possible, not valid", &world, "+606543216353", ""},
		{"not possible", &world, "+999123456789", otp.BadNumber},
		{"not E.164", &world, "442044555666", otp.BadNumber},
		{"not valid", with(func(c *clients.Client) { c.Numbers = phone.Valid }), "+606543216353", otp.BadNumber},
		{"not mobile", with(func(c *clients.Client) { c.Numbers = phone.Mobile }), "+442044555666", otp.BadNumber},
		{
			"another country", with(func(c *clients.Client) { c.Countries = []string{"MY"} }),
			"+442044555666", otp.Barred,
		},
		{"no country", with(func(c *clients.Client) { c.Countries = nil }), "+442044555666", otp.Barred},
		{"premium", &world, "+19002345678", otp.Barred},
		{
			"premium allowed", with(func(c *clients.Client) { c.Lines = []phone.Kind{phone.Premium} }),
			"+19002345678", "",
		},
	} {
		ctx, record := telemetry.Begin(t.Context(), time.Now())
		n, got := messages.Recipient(ctx, c.client, c.e164)
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		masked := (n.E164 != "") == (record.Mask != "")
		if !masked || record.Mask != n.Mask || record.Country != n.Region {
			t.Errorf("%s: number %+v, recorded %+v", c.name, n, record)
		}
	}
}

// A number that no network would carry out of its area is refused under every strictness.
func TestLocalNumbers(t *testing.T) {
	messages := admission.Messages{Lookup: plan.Lookup, Text: languages.For}
	for _, strict := range []phone.Strictness{"", phone.Possible, phone.Valid, phone.Mobile} {
		c := clients.Client{Numbers: strict, Countries: []string{"*"}, Lines: phone.Kinds()}
		for _, e164 := range []string{"+5450490000", "+60654321", "+91223344", "+6212345", "+8695588", "+15551234"} {
			if n, got := messages.Recipient(t.Context(), &c, e164); got != otp.BadNumber || n.E164 != "" {
				t.Errorf("%s under %q: %q, want %q", e164, strict, got, otp.BadNumber)
			}
		}
	}
}

// A range that is in no country's plan yet is allowed for a client that may send to a country of its calling code,
// under the default strictness. A known country stays exact.
func TestSharedCallingCodes(t *testing.T) {
	messages := admission.Messages{Lookup: plan.Lookup, Text: languages.For}
	for _, c := range []struct {
		countries, e164 string
		want            otp.Outcome
	}{
		{"US,CA", "+12732345678", ""}, {"AU", "+61496012345", ""}, {"GM", "+220833123456", ""}, // in plans since 2026
		{"BJ", "+22997123456", ""}, {"GB", "+22997123456", otp.Barred}, // another spelling of a line
		{"US,CA", "+12003456789", ""}, {"CA", "+15112345678", ""}, {"JM", "+12003456789", ""},
		{"GB", "+12003456789", otp.Barred}, {"", "+12003456789", otp.Barred}, {"*", "+12003456789", ""},
		{"US", "+18765551234", otp.Barred}, {"JM", "+18765551234", ""}, {"US", "+18761551234", otp.Barred},
		{"US", "+12425551234", otp.Barred}, {"US", "+16045551234", otp.Barred},
		{"US", "+19001345678", otp.Barred}, // begins as premium lines do
		{"KZ", "+75001234567", ""}, {"RU", "+77771234567", otp.Barred}, {"RU", "+78091234567", otp.Barred},
		{"GB", "+445912345678", ""}, {"JE", "+445912345678", ""}, {"GB", "+449112345678", otp.Barred},
		{"GB", "+449712345678", otp.Barred}, {"IT", "+391491234567", otp.Barred}, {"AU", "+61198123456", otp.Barred},
		{"MA", "+212412345678", ""}, {"RE", "+262512345678", ""}, {"AU", "+61612345678", ""},
		{"FI", "+399912345678", otp.Barred}, {"IT", "+399912345678", ""}, {"GP", "+590412345678", ""},
		{"BQ", "+59921234567", ""}, {"US,CA", "+881612345678", otp.Barred}, {"US", "+883510012345", otp.Barred},
	} {
		var list []string
		if c.countries != "" {
			list = strings.Split(c.countries, ",")
		}
		client := &clients.Client{Countries: list}
		if n, got := messages.Recipient(t.Context(), client, c.e164); got != c.want {
			t.Errorf("%s for %q: %q, want %q (%q, shared by %v)", c.e164, c.countries, got, c.want, n.Region, n.Sharing)
		}
		client.Numbers = phone.Valid
		if n, got := messages.Recipient(t.Context(), client, c.e164); len(n.Sharing) > 0 && got != otp.BadNumber {
			t.Errorf("%s for %q, valid numbers only: %q, want %q", c.e164, c.countries, got, otp.BadNumber)
		}
	}
}

// A test number needs no country, no kind of line and no strictness, and no message goes to it. From the millisecond of
// its end on, it is a number like others. So is it for every other client.
func TestTestNumbers(t *testing.T) {
	until := time.Date(2026, 12, 31, 18, 0, 0, 123e6, time.UTC)
	for _, e164 := range []string{"+447700900123", "+12025550123", "+449098790123", "+5491123456789"} {
		for _, at := range []struct {
			off  time.Duration
			test bool
		}{{-time.Hour, true}, {-time.Millisecond, true}, {0, false}, {time.Millisecond, false}} {
			messages := admission.Messages{Lookup: plan.Lookup, Text: languages.For, Issuer: otp.Issuer{
				Now: func() time.Time { return until.Add(at.off) },
			}}
			c := &clients.Client{ID: "known", Countries: []string{"MY"}, Numbers: phone.Mobile, Brand: "Acme"}
			c.TestNumbers = map[otp.Phone]otp.Test{otp.Phone(e164): {Code: "424242", Until: otp.MillisOf(until)}}
			for _, spelling := range []string{e164, strings.Replace(e164, "+549", "+54", 1)} { // of one line
				ctx, record := telemetry.Begin(t.Context(), until)
				n, refusal := messages.Recipient(ctx, c, spelling)
				start, err := messages.Start(ctx, c, n, otp.Payment{})
				if (refusal == "") != at.test || record.Test != at.test || start.Test.Is() != at.test || err != nil {
					t.Errorf("%s at %v: %q, %+v, recorded %+v, %v", spelling, at.off, refusal, start.Test, record, err)
				}
			}
			if _, refusal := messages.Recipient(t.Context(), c, "+12025550124"); refusal == "" {
				t.Error("a number beside it is allowed")
			}
			c.TestNumbers = nil
			if n, refusal := messages.Recipient(t.Context(), c, e164); refusal == "" || n.Test.Is() {
				t.Errorf("%s is allowed for another client", e164)
			}
		}
	}
}

func TestStart(t *testing.T) {
	messages := admission.Messages{Lookup: plan.Lookup, Text: languages.For}
	c := &clients.Client{ID: "known", Countries: []string{"*"}, Brand: "Acme", Language: "de", SenderID: "ACME"}
	n, _ := messages.Recipient(t.Context(), c, "+606543216353")
	start, err := messages.Start(t.Context(), c, n, otp.Payment{}, "en")
	toNumber := start.To == "+606543216353" && start.Region == "MY"
	if err != nil || start.Client != "known" || start.Origins("MY").Name != "ACME" || !toNumber {
		t.Errorf("started %+v, %v", start, err)
	}
	resend, err := messages.Resend(t.Context(), c)
	if err != nil || resend.Client != "known" || resend.Origins("MY").Name != "ACME" {
		t.Errorf("re-sent %+v, %v", resend, err)
	}
	if english, german := start.Text("123456", time.Minute), resend.Text("123456", time.Minute); english == german {
		t.Errorf("a language that the request names is ignored: %q", english)
	}
	ctx, record := telemetry.Begin(t.Context(), time.Now())
	messages.Text = func(message.Words, ...string) (message.Chosen, error) { return message.Chosen{}, errBroken }
	if _, err := messages.Start(ctx, c, n, otp.Payment{}); !errors.Is(err, errBroken) || record.Fault != "text" {
		t.Errorf("without a text: %v, recorded %+v", err, record)
	}
}

func TestMediaTypes(t *testing.T) {
	const json = "application/json"
	for _, c := range []struct {
		lines     []string
		any, only bool
	}{
		{nil, true, true},
		{[]string{json}, true, true},
		{[]string{"Application/JSON ; charset=utf-8"}, true, true},
		{[]string{json, "text/html"}, true, false},
		{[]string{"text/html," + json}, true, false},
		{[]string{"text/html"}, false, false},
		{[]string{""}, false, false},
		{[]string{"application/jsonp"}, false, false},
	} {
		if got := admission.AnyJSON(c.lines); got != c.any {
			t.Errorf("AnyJSON(%q) is %t, want %t", c.lines, got, c.any)
		}
		if got := admission.OnlyJSON(c.lines); got != c.only {
			t.Errorf("OnlyJSON(%q) is %t, want %t", c.lines, got, c.only)
		}
	}
}

// A door without metrics writes the line of an admitted request.
func TestWrite(t *testing.T) {
	var log strings.Builder
	door := &admission.Door{Now: time.Now, Log: slog.New(slog.NewJSONHandler(&log, nil))}
	ctx, record := door.Begin(t.Context(), "cognito")
	record.Admitted = true
	door.Write(ctx, record)
	if !strings.Contains(log.String(), `"contract":"cognito"`) {
		t.Errorf("logged %q", log.String())
	}
}
