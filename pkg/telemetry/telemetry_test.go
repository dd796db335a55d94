package telemetry_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"countersign/pkg/admission"
	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/phone/plan"
	"countersign/pkg/snssender"
	"countersign/pkg/sqlitestore/sqlitetest"
	"countersign/pkg/telemetry"
	"countersign/pkg/telemetry/telemetrytest"
)

// desk is both functions of the AMS contract, wired as in production, on SQLite. It is the sender too.
type desk struct {
	t        *testing.T
	now      time.Time
	log      bytes.Buffer
	lines    *telemetry.Lines
	delivery otp.Delivery
	cause    error
	refusal  error // of a first service, after which d has the message
	code     string
	init     *ams.Init
	verify   *ams.Verify
}

func (d *desk) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	if d.refusal != nil {
		line := telemetry.From(ctx)
		line.FellOver(d.refusal)
		line.Service = "sns"
	}
	d.code = string(m.Code)
	d.now = d.now.Add(40 * time.Millisecond)
	return d.delivery, "94f20ce6-13c5-43a0-9a9e-ca52d816e90b", d.cause
}

const number = "6543216353"

func newDesk(t *testing.T) *desk {
	t.Helper()
	db := sqlitetest.New(t)
	keys := storetest.Keys()
	d := &desk{
		t: t, now: time.UnixMilli(1_795_317_208_457), delivery: otp.Accepted,
		lines: &telemetry.Lines{Stack: "prod", Every: telemetry.SampleEvery},
	}
	clock := func() time.Time { return d.now }
	gate := &ams.Gate{Door: &admission.Door{
		Clients: clients.Static{
			"demo": {
				ID: "demo", Unsigned: true, Countries: []string{"MY"}, Policy: otp.DefaultPolicy(),
				Brand: "Acme",
			},
			"signed": {ID: "signed", Countries: []string{"MY"}, Policy: otp.DefaultPolicy(), Brand: "Acme"},
		},
		Now: clock, Log: slog.New(slog.NewJSONHandler(&d.log, nil)), Lines: d.lines,
	}}
	store := telemetry.Store{Challenges: db, Ledgers: db, Now: clock}
	d.init = &ams.Init{Gate: gate, Messages: admission.Messages{
		Lookup: plan.Lookup, Text: languages.For,
		Issuer: otp.Issuer{
			Challenges: store, Ledgers: store, Sender: telemetry.Sender{Sender: d, Now: clock},
			Keys: keys, Now: clock, Rand: rand.Reader,
		},
	}}
	d.verify = &ams.Verify{
		Gate: gate, Verifier: otp.Verifier{Challenges: store, Keys: keys, Now: clock, Rand: rand.Reader},
	}
	return d
}

// post makes one request as Lambda would.
func (d *desk) post(client, path, body string) {
	d.t.Helper()
	ctx := lambdacontext.NewContext(context.Background(), &lambdacontext.LambdaContext{AwsRequestID: "an invocation"})
	r := gateway.Request{Method: "POST", Path: path, Body: []byte(body), Headers: map[string][]string{
		"client-id": {client}, "request-time": {"canary"},
		"signature": {"algorithm=RSA256,keyVersion=1,signature=canary"},
	}}
	if ams.Sends(path) {
		d.init.Serve(ctx, r)
	} else {
		d.verify.Serve(ctx, r)
	}
}

func (d *desk) send(id, national string) {
	d.post("demo", "/ams/api/v1/customers/initAuthentication",
		fmt.Sprintf(
			`{"authenticationRequestId":%q,"authenticationMethod":"OTP","authenticationType":"SMS",`+
				`"identityType":"MOBILENO","identityValue":"60-%s","env":{"canary":"canary"}}`,
			"canary-"+id, national,
		))
}

func (d *desk) check(id, code string) {
	d.post(
		"demo", "/v1/users/verifyAuthentication",
		fmt.Sprintf(
			`{"authenticationRequestId":%q,"authenticationType":"OTP","authenticationValue":%q}`,
			"canary-"+id, code,
		),
	)
}

// wrong returns a wrong code.
func (d *desk) wrong() string { return string('0'+(d.code[0]-'0'+1)%10) + d.code[1:] }

// taken returns the lines since the last call and checks each as CloudWatch reads it.
func (d *desk) taken() (lines []map[string]any) {
	d.t.Helper()
	defer d.log.Reset()
	for text := range strings.Lines(d.log.String()) {
		line := telemetrytest.Read(d.t, text)
		if line.Metrics == nil {
			d.t.Errorf("no metrics: %s", text)
		}
		for _, canary := range []string{"canary", number} {
			if strings.Contains(text, canary) {
				d.t.Errorf("the line has %q: %s", canary, text)
			}
		}
		if d.code != "" && (strings.Contains(text, `"`+d.code) || strings.Contains(text, "-"+d.code)) {
			d.t.Errorf("the line has the code %s: %s", d.code, text)
		}
		lines = append(lines, line.Members)
	}
	return lines
}

// one checks the line of one request: members and their values, "" for a missing member.
func (d *desk) one(name string, want map[string]any) {
	d.t.Helper()
	lines := d.taken()
	if len(lines) != 1 {
		d.t.Fatalf("%s: %d lines, want one: %v", name, len(lines), lines)
	}
	for member, value := range want {
		got := lines[0][member]
		if got == nil {
			got = ""
		}
		if fmt.Sprint(got) != fmt.Sprint(value) {
			d.t.Errorf("%s: %s is %v, want %v: %v", name, member, got, value, lines[0])
		}
	}
}

// Each init has one line.
func TestLinesOfInit(t *testing.T) {
	d := newDesk(t)
	d.send("one", number)
	d.one("sent", map[string]any{
		"level": "INFO", "request": "an invocation", "contract": "ams",
		"api": "customers/initAuthentication", "client": "demo", "result": "SUCCESS",
		"outcome": "sent", "number": "+60******6353", "country": "MY", "latency": 40, "sender": 40,
		"sends": 1, "passes": 0, "refusals": "", "faults": 0, "stack": "prod",
	})
	d.send("one", number)
	d.one("repeated", map[string]any{"outcome": "sent", "sends": "", "refusals": ""})
	d.send("two", number)
	d.one("too soon", map[string]any{
		"level": "INFO", "result": "TIMES_EXCEED_LIMIT", "reason": "too_soon", "refusals": 1,
		"waitSeconds": 29.96, "sends": "",
	})
	d.send("three", "6")
	d.one("no number", map[string]any{"reason": "INVALID_PHONE_NUMBER", "number": ""})
	d.post(
		"demo", "/v1/customers/initAuthentication",
		`{"authenticationRequestId":"four","authenticationMethod":"OTP","authenticationType":"SMS",`+
			`"identityType":"MOBILENO","identityValue":"44-2044555666"}`,
	)
	d.one("barred", map[string]any{
		"result": "ACCESS_DENIED", "reason": "barred", "country": "GB", "number": "+44******5666",
	})
	d.post("demo", "/v1/customers/initAuthentication", `{"canary":1}`)
	d.one("illegal", map[string]any{"reason": "PARAM_ILLEGAL", "detail": "authenticationRequestId: is required"})
}

// Each verify has one line.
func TestLinesOfVerify(t *testing.T) {
	d := newDesk(t)
	d.send("one", number)
	d.taken()
	d.check("one", d.wrong())
	d.one("wrong", map[string]any{
		"result": "VERIFY_UNMATCHED", "mismatches": 1, "refusals": "", "lockouts": "",
		"attemptsLeft": 4, "number": "+60******6353", "country": "MY",
	})
	d.check("one", d.code)
	d.one("right", map[string]any{
		"result": "SUCCESS", "outcome": "passed", "passes": 1, "sends": 0, "country": "MY",
		"attemptsLeft": 3,
	})
	d.check("one", d.code)
	d.one("used", map[string]any{"passes": "", "reason": "used"})
	d.now = d.now.Add(time.Minute)
	d.send("five", number)
	d.taken()
	for range 4 {
		d.check("five", d.wrong())
	}
	d.taken()
	d.check("five", d.wrong())
	d.one("exhausted", map[string]any{"mismatches": 1, "lockouts": 1, "attemptsLeft": 0, "refusals": ""})
	d.check("five", d.code)
	d.one("locked", map[string]any{"mismatches": "", "lockouts": 1, "reason": "locked"})
}

// The line of a failed request is an error with its cause, and so is one whose cause only the operator can mend. A
// refusal of the number is neither.
func TestFaults(t *testing.T) {
	d := newDesk(t)
	d.delivery, d.cause = otp.MaybeSent, &snssender.Error{
		Sender: "sns", Code: "Throttling", Status: 400, Reason: "too many",
	}
	d.send("one", number)
	d.one("unclear", map[string]any{
		"level": "ERROR", "result": "UNKNOWN_EXCEPTION", "fault": "sender", "faults": 1,
		"operatorFaults": "", "cause": "sns: Throttling: too many (HTTP 400)", "refusals": "",
	})
	d.send("one", number) // in the cooldown: no fault, as the sender is not asked
	d.one("unclear, repeated", map[string]any{
		"level": "INFO", "result": "UNKNOWN_EXCEPTION", "outcome": "unclear", "reason": "unclear", "refusals": 1,
		"fault": "", "faults": 0, "waitSeconds": 29.96, "sends": "",
		"cause": "an earlier call may have sent the message, and the limits refuse another copy: too_soon",
	})
	d.now = d.now.Add(time.Hour)
	d.delivery, d.cause = otp.Refused, &snssender.Error{
		Sender: "sns", Code: "AuthorizationError", Status: 403, Reason: "not allowed", Operator: true,
	}
	d.send("two", number)
	d.one("operator", map[string]any{
		"level": "ERROR", "result": "PROCESS_FAIL", "operator": true, "operatorFaults": 1,
		"reason": "undeliverable", "faults": 0,
	})
	d.now = d.now.Add(time.Hour)
	d.cause = errors.New("opted out")
	d.send("three", number)
	d.one("the number's", map[string]any{
		"level": "INFO", "reason": "undeliverable", "cause": "opted out", "operatorFaults": "",
	})
}

// A message that fell over is sent, and its line is an error with the metric of the alarm if the operator has to mend
// the first service. Too many messages at once are no fault of the operator's.
func TestFellOver(t *testing.T) {
	d := newDesk(t)
	d.refusal = &snssender.Error{
		Sender: "sms-voice", Code: "AccessDeniedException", Reason: "not allowed", Operator: true}
	d.send("one", number)
	d.one("the operator's", map[string]any{
		"level": "ERROR", "result": "SUCCESS", "outcome": "sent", "service": "sns", "sends": 1, "operator": true,
		"operatorFaults": 1, "cause": "sms-voice: AccessDeniedException: not allowed", "fault": "", "faults": 0,
		"reason": "", "refusals": "",
	})
	d.now = d.now.Add(time.Hour)
	d.refusal = &snssender.Error{Sender: "sms-voice", Code: "ThrottlingException", Reason: "too many"}
	d.send("two", number)
	d.one("nobody's", map[string]any{
		"level": "INFO", "result": "SUCCESS", "outcome": "sent", "service": "sns", "sends": 1, "operator": "",
		"operatorFaults": "", "cause": "sms-voice: ThrottlingException: too many", "faults": 0,
	})
}

// Without a stack a line has no metrics. A line below the level of the log costs no allocation.
func TestNoMetrics(t *testing.T) {
	d := newDesk(t)
	d.lines.Stack = ""
	d.send("one", number)
	if log := d.log.String(); strings.Contains(log, "_aws") || !strings.Contains(log, `"outcome":"sent"`) {
		t.Error(log)
	}
	d.log.Reset()
	silent := slog.New(slog.NewJSONHandler(&d.log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	ctx, r := telemetry.Begin(t.Context(), d.now)
	if n := testing.AllocsPerRun(100, func() { d.lines.Write(ctx, silent, r, d.now) }); n > 0 || d.log.Len() > 0 {
		t.Errorf("%v allocations, log %s", n, d.log.String())
	}
	r.Fail("panic", errors.New("panic"))
	if d.lines.Write(ctx, silent, r, d.now); !strings.Contains(d.log.String(), `"fault":"panic"`) {
		t.Error("the line of a fault is missing")
	}
}

// A reason that cannot be found is stated, and ends neither the request nor the process.
func TestExplainPanics(t *testing.T) {
	var out bytes.Buffer
	lines := &telemetry.Lines{}
	_, r := telemetry.Begin(context.Background(), time.Unix(0, 0))
	r.Explain = func() string { panic("canary") }
	lines.Write(context.Background(), slog.New(slog.NewJSONHandler(&out, nil)), r, time.Unix(0, 0))
	if text := out.String(); !strings.Contains(text, "the reason cannot be found") || strings.Contains(text, "canary") {
		t.Error(text)
	}
}
