package gateway_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambdacontext"

	"countersign/pkg/admission"
	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
	"countersign/pkg/phone/plan"
	"countersign/pkg/sqlitestore/sqlitetest"
	"countersign/pkg/telemetry"
	"countersign/pkg/telemetry/telemetrytest"
)

// inbox is a sender that counts the messages of each number.
type inbox struct {
	mu  sync.Mutex
	got map[string]int
}

func (b *inbox) Send(_ context.Context, m otp.Message) (otp.Delivery, string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.got[m.To.E164()]++
	return otp.Accepted, "", nil
}

// initOnSQLite is the function that sends codes, wired as in production, on SQLite.
func initOnSQLite(t *testing.T, phones otp.Sender, log *slog.Logger) gateway.Handler {
	t.Helper()
	db := sqlitetest.New(t)
	keys := storetest.Keys()
	now := func() time.Time { return time.UnixMilli(1_795_317_208_457) }
	gate := &ams.Gate{Door: &admission.Door{
		Clients: clients.Static{
			"demo": {ID: "demo", Countries: []string{"MY"}, Policy: otp.DefaultPolicy(), Brand: "Acme"},
		},
		Now: now, Log: log, Lines: &telemetry.Lines{Stack: "prod"},
	}}
	issuer := otp.Issuer{
		Challenges: telemetry.Store{Challenges: db, Ledgers: db, Now: now}, Ledgers: db,
		Sender: telemetry.Sender{Sender: phones, Now: now}, Keys: keys, Now: now, Rand: rand.Reader,
	}
	messages := admission.Messages{Lookup: plan.Lookup, Text: languages.For, Issuer: issuer}
	return gateway.Handler{Log: log, Serve: (&ams.Init{Gate: gate, Messages: messages}).Serve}
}

// A queue may deliver a message more than once. In this batch each request comes three times: each number gets one
// message, a request that another call works on goes back and is done later, and each request that was served has a
// log line of its own.
func TestQueueOfRequests(t *testing.T) {
	const numbers = 15
	var log bytes.Buffer
	phones := &inbox{got: map[string]int{}}
	h := initOnSQLite(t, phones, slog.New(slog.NewJSONHandler(&log, nil)))
	var served atomic.Int64
	serve := h.Serve
	h.Serve = func(ctx context.Context, r gateway.Request) gateway.Response {
		served.Add(1)
		return serve(ctx, r)
	}

	left := requestsThrice(numbers)
	for range 5 {
		if left = deliver(t, h, left); len(left) == 0 {
			break
		}
	}
	if len(left) > 0 {
		t.Errorf("%d messages go back after five deliveries", len(left))
	}
	for i := range numbers {
		if number := fmt.Sprintf("+6065432163%02d", i); phones.got[number] != 1 || len(phones.got) != numbers {
			t.Errorf("%s got %d messages, want 1; %d numbers got any", number, phones.got[number], len(phones.got))
		}
	}
	linesOfRequests(t, log.String(), served.Load(), numbers)
}

// requestsThrice returns messages with requests to n numbers, each of them three times.
func requestsThrice(n int) (out []events.SQSMessage) {
	for i := range n {
		text := fmt.Sprintf(
			`{"clientId":"demo","authenticationRequestId":"request-%d","authenticationMethod":"OTP",`+
				`"authenticationType":"SMS","identityType":"MOBILENO","identityValue":"60-65432163%02[1]d"}`,
			i,
		)
		for j, text := range []string{text, text + " ", text} { // the same bytes, and other bytes of the same request
			out = append(out, message(fmt.Sprint(i, "-", j), "", text))
		}
	}
	return out
}

// deliver invokes the function with a batch and returns the messages that go back.
func deliver(t *testing.T, h gateway.Handler, batch []events.SQSMessage) (back []events.SQSMessage) {
	t.Helper()
	payload, err := json.Marshal(events.SQSEvent{Records: batch})
	if err != nil {
		t.Fatal(err)
	}
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "an invocation"})
	out, err := h.Invoke(ctx, payload)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range batch {
		if strings.Contains(string(out), fmt.Sprintf(`"itemIdentifier":%q`, m.MessageId)) {
			back = append(back, m)
		}
	}
	return back
}

// linesOfRequests checks that each request that was served has one log line, and each number one send.
func linesOfRequests(t *testing.T, log string, served int64, numbers int) {
	t.Helper()
	sends, lines := map[any]int{}, int64(0)
	for text := range strings.Lines(log) {
		line := telemetrytest.Read(t, text).Members
		lines++
		for name, want := range map[string]any{
			"request": "an invocation", "client": "demo", "api": "customers/initAuthentication",
		} {
			if line[name] != want {
				t.Errorf("%s is %v, want %v: %s", name, line[name], want, text)
			}
		}
		if n, sent := line["sends"]; sent && (n != 1.0 || line["outcome"] != "sent" || line["result"] != "SUCCESS") {
			t.Errorf("a line of several requests: %s", text)
		} else if sent {
			sends[line["number"]]++
		}
	}
	if lines != served || len(sends) != numbers {
		t.Errorf("%d lines of %d requests, messages to %v", lines, served, sends)
	}
}
