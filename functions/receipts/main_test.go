package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"countersign/functions/internal/run"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/filetest"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry/telemetrytest"
)

// start wires the function on a new table, with the settings of the template.
func start(t *testing.T, log *bytes.Buffer) (function lambda.Handler, table string) {
	t.Helper()
	table = dynamotest.Table(t)
	for name, value := range map[string]string{
		"AWS_REGION":                "ap-southeast-1",
		"AWS_ACCESS_KEY_ID":         "AKIDEXAMPLE",
		"AWS_SECRET_ACCESS_KEY":     "not-a-secret",
		"AWS_SESSION_TOKEN":         "",
		"AWS_ENDPOINT_URL_DYNAMODB": dynamotest.Endpoint(t),
		"COUNTERSIGN_TABLE":         table,
		"COUNTERSIGN_STACK":         "countersign",
	} {
		t.Setenv(name, value)
	}
	function, err := wire(run.Log(log), func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	return function, table
}

var millis = regexp.MustCompile(`\b1795[0-9]{9}\b`)

// sample returns a sample event, at the present time.
func sample(t *testing.T, name string) []byte {
	t.Helper()
	text := filetest.Read(t, "../../events/"+name)
	return millis.ReplaceAll(text, strconv.AppendInt(nil, time.Now().UnixMilli(), 10))
}

// The function, with the settings of the template, stores each receipt of a batch, and writes one line with metrics for
// each new state of a message. The same batch again changes nothing.
func TestWired(t *testing.T) {
	var log bytes.Buffer
	function, table := start(t, &log)
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "an invocation"})
	for range 2 {
		if got, err := function.Invoke(ctx, sample(t, "receipts-sqs.json")); err != nil ||
			string(got) != `{"batchItemFailures":null}` {
			t.Fatalf("%s %v", got, err)
		}
	}
	store := dynamostore.New(dynamotest.Client(t, nil), table)
	for id, want := range map[string]otp.Reason{
		"94f20ce6-13c5-43a0-9a9e-ca52d816e90b": otp.ReasonArrived,
		"94f20ce6-13c5-43a0-9a9e-ca52d816e90c": otp.ReasonSpam,
	} {
		if r, err := store.Receipt(t.Context(), id); err != nil || r == nil || r.Reason != want || r.Client != "demo" {
			t.Errorf("message %s has %+v, %v; want %s", id, r, err, want)
		}
	}
	states := map[string]int{}
	for text := range strings.Lines(log.String()) {
		line := telemetrytest.Read(t, text)
		state, _ := line.Members["state"].(string)
		states[state]++
		if line.Members["request"] != "an invocation" || line.Metrics["undelivered stack=countersign network=502-12"] !=
			map[string]float64{"delivered": 0, "blocked": 1}[state] || len(line.Metrics) == 0 {
			t.Errorf("line %s", text)
		}
	}
	if fmt.Sprint(states) != "map[blocked:1 delivered:1]" {
		t.Errorf("lines of %v, want one for each new state", states)
	}
}

// Receipts that the table does not take come again, and a metric counts each try, which keeps the alarm: the queue's
// own metric leaves out what was tried four times.
func TestUnstored(t *testing.T) {
	var log bytes.Buffer
	start(t, &log)
	t.Setenv("COUNTERSIGN_TABLE", "none")
	function, err := wire(run.Log(&log), func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	got, err := function.Invoke(t.Context(), sample(t, "receipts-sqs.json"))
	if err != nil || strings.Count(string(got), "itemIdentifier") != 2 {
		t.Fatalf("%s %v", got, err)
	}
	line := telemetrytest.Read(t, log.String())
	if line.Members["msg"] != "receipts" || line.Metrics["unstored stack=countersign"] != 2 {
		t.Errorf("line %s", log.String())
	}
	template := filetest.Read(t, "../../template.yaml")
	_, alarm, _ := strings.Cut(string(template), "\n  ReceiptsBehindAlarm:\n")
	alarm, _, _ = strings.Cut(alarm, "\n\n")
	for _, part := range []string{"MetricName: unstored, Dimensions: [{ Name: stack,", "FILL(unstored, 0) > 0"} {
		if !strings.Contains(alarm, part) {
			t.Errorf("the alarm receipts-behind does not have %q", part)
		}
	}
}

// A receipt whose report names no country has that of its number, so that it is in the metrics of the country.
func TestCountryOfNumber(t *testing.T) {
	var log bytes.Buffer
	function, _ := start(t, &log)
	line := fmt.Sprintf(`{"notification":{"messageId":"34d9b400-c6dd-5444-820d-fbeb0f1f54cf","timestamp":%q},`+
		`"delivery":{"destination":"+606543216353","mcc":502,"mnc":12,"providerResponse":"Phone has opted out"},`+
		`"status":"FAILURE"}`, time.Now().UTC().Format("2006-01-02 15:04:05.000"))
	bodies := map[string]string{"a line of SNS": line}
	for n, country := range []string{``, `"isoCountryCode":null,`, `"isoCountryCode":"",`, `"isoCountryCode":"my",`,
		`"isoCountryCode":458,`} {
		bodies["an event with "+country] = fmt.Sprintf(`{"eventType":"TEXT_INVALID","eventTimestamp":%d,%s`+
			`"messageId":"34d9b400-c6dd-5444-820d-fbeb0f1f5%03d","destinationPhoneNumber":"+606543216353"}`,
			time.Now().UnixMilli(), country, n)
	}
	for name, body := range bodies {
		log.Reset()
		event, err := json.Marshal(map[string]any{"Records": []any{
			map[string]any{"messageId": "m", "eventSource": "aws:sqs", "body": body},
		}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := function.Invoke(t.Context(), event)
		if err != nil || string(got) != `{"batchItemFailures":null}` {
			t.Fatalf("%s: %s %v", name, got, err)
		}
		line := telemetrytest.Read(t, log.String())
		if line.Members["country"] != "MY" || line.Metrics["shortfall stack=countersign country=MY"] != 0.8 {
			t.Errorf("%s: line %s", name, log.String())
		}
	}
}

// No line and no stored item has a number in clear, whatever the function gets: the samples, and each cut in many
// places (P14).
func TestSilence(t *testing.T) {
	var log bytes.Buffer
	function, table := start(t, &log)
	found, err := filepath.Glob("../../events/receipts-*.json")
	if err != nil || len(found) < 8 {
		t.Fatal(found, err)
	}
	calls := 0
	for _, path := range found {
		text := sample(t, filepath.Base(path))
		function.Invoke(t.Context(), text)
		var call struct{ Records []struct{ Body string } }
		json.Unmarshal(text, &call)
		for _, r := range call.Records {
			for n := 0; n < len(r.Body); n += 1 + len(r.Body)/40 {
				for _, body := range []string{r.Body[:n], r.Body[n:], r.Body[:n] + `"` + r.Body[n:]} {
					event, _ := json.Marshal(map[string]any{"Records": []any{map[string]any{
						"messageId": "m", "eventSource": "aws:sqs", "body": body,
					}}})
					function.Invoke(t.Context(), event)
					calls++
				}
			}
		}
	}
	out, err := dynamotest.Client(t, nil).Scan(t.Context(), &dynamodb.ScanInput{TableName: &table})
	if err != nil || len(out.Items) < 3 || calls < 200 || log.Len() < 1000 {
		t.Fatalf("%d items, %d calls, %d bytes of lines, %v", len(out.Items), calls, log.Len(), err)
	}
	stored := ""
	for _, item := range out.Items {
		for _, value := range item {
			stored += fmt.Sprintf("%+v ", value)
		}
	}
	for where, text := range map[string]string{"the log": log.String(), "the table": stored} {
		for _, number := range []string{"6543216353", "6543216354", "60320000000"} {
			if strings.Contains(text, number) {
				t.Errorf("%s has the number %s", where, number)
			}
		}
	}
}

func TestSettings(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_REGION", "eu-west-1")
	if _, err := wire(slog.New(slog.DiscardHandler), func(error) {}); err == nil {
		t.Error("the function starts without credentials")
	}
}
