package main

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"maps"
	"strings"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/filetest"
)

// The function, with the settings of the template, publishes the events of its table. Its own
// writes to the table cause no events.
func TestWired(t *testing.T) {
	table, bus := dynamotest.StreamTable(t), awsfake.StartEventBridge(t)
	for name, value := range map[string]string{
		"AWS_REGION":                   "ap-southeast-1",
		"AWS_ACCESS_KEY_ID":            "AKIDEXAMPLE",
		"AWS_SECRET_ACCESS_KEY":        "not-a-secret",
		"AWS_SESSION_TOKEN":            "",
		"AWS_ENDPOINT_URL_DYNAMODB":    dynamotest.Endpoint(t),
		"AWS_ENDPOINT_URL_EVENTBRIDGE": bus.URL,
		"COUNTERSIGN_TABLE":            table,
		"COUNTERSIGN_COUNTRIES":        "MY",
	} {
		t.Setenv(name, value)
	}
	handler, err := wire(slog.New(slog.DiscardHandler), func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	store := dynamostore.New(dynamotest.Client(t, nil), table)
	changestest.NewLife(t, store, "demo").Crowd()
	taken := 0
	for done := 0; ; {
		records := dynamotest.Records(t, table)
		if len(records) == done {
			break
		}
		batch, err := json.Marshal(map[string]any{"Records": records[done:]})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := handler.Invoke(t.Context(), batch); err != nil || string(got) != `{"batchItemFailures":null}` {
			t.Fatalf("%s %v", got, err)
		}
		if done > 0 && len(bus.Taken()) != taken {
			t.Fatalf("%d events follow from its own writes", len(bus.Taken())-taken)
		}
		done, taken = len(records), len(bus.Taken())
	}
	events := map[string]int64{}
	for _, e := range bus.Taken() {
		if e.Source != "countersign" || !json.Valid([]byte(e.Detail)) {
			t.Errorf("the event %+v has another source, or a detail that is not JSON", e)
		}
		events[e.DetailType]++
	}
	want := map[string]int64{ // of [changestest.Life.Crowd]
		"ChallengeSent": 12, "ChallengePassed": 8, "ChallengeFailed": 20, "ChallengeExhausted": 4, "SendRefused": 3,
	}
	if !maps.Equal(events, want) {
		t.Errorf("events %v, want %v", events, want)
	}
}

// The sample of a refused message becomes an event with the figures of the budget that refused it.
func TestRefusedSample(t *testing.T) {
	table, bus := dynamotest.Table(t), awsfake.StartEventBridge(t)
	for name, value := range map[string]string{
		"AWS_REGION": "ap-southeast-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-a-secret",
		"AWS_ENDPOINT_URL_DYNAMODB":    dynamotest.Endpoint(t),
		"AWS_ENDPOINT_URL_EVENTBRIDGE": bus.URL,
		"COUNTERSIGN_TABLE":            table,
	} {
		t.Setenv(name, value)
	}
	text := filetest.Read(t, "../../events/streams/changes-refused.json")
	handler, err := wire(slog.New(slog.DiscardHandler), func(error) {})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := handler.Invoke(t.Context(), text); err != nil || string(got) != `{"batchItemFailures":null}` {
		t.Fatalf("%s %v", got, err)
	}
	const want = `"reason":"guard_block","guard":{"unanswered":8,"answered":0,"allowance":8,"hours":24}`
	got := bus.Taken()
	if len(got) != 1 || got[0].DetailType != "SendRefused" || !strings.Contains(got[0].Detail, want) {
		t.Errorf("%+v, want an event with %s", got, want)
	}
}

// Where the operator wants it, a right code is reported to End User Messaging, also if the stream repeats it. Without
// the setting nothing is.
func TestFeedback(t *testing.T) {
	table, bus, voice := dynamotest.Table(t), awsfake.StartEventBridge(t), awsfake.StartSMSVoice(t)
	for name, value := range map[string]string{
		"AWS_REGION": "ap-southeast-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-a-secret",
		"AWS_ENDPOINT_URL_DYNAMODB":              dynamotest.Endpoint(t),
		"AWS_ENDPOINT_URL_EVENTBRIDGE":           bus.URL,
		"AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": voice.URL,
		"COUNTERSIGN_TABLE":                      table,
	} {
		t.Setenv(name, value)
	}
	text := filetest.Read(t, "../../events/streams/changes-passed.json")
	const messages = `"messages": {"B": "lPIM5hPFQ6CanspS2BbpCw=="}, "op"`
	passed := bytes.ReplaceAll(text, []byte(`"op"`), []byte(messages))
	for _, c := range []struct {
		setting string
		want    int
	}{{"", 0}, {"no", 0}, {"yes", 2}} {
		t.Setenv("COUNTERSIGN_MESSAGE_FEEDBACK", c.setting)
		handler, err := wire(slog.New(slog.DiscardHandler), func(error) {})
		if err != nil {
			t.Fatal(err)
		}
		for range 2 {
			got, err := handler.Invoke(t.Context(), passed)
			if err != nil || string(got) != `{"batchItemFailures":null}` {
				t.Fatalf("%s %v", got, err)
			}
		}
		got := voice.Feedback()
		want := awsfake.Feedback{
			MessageID: "94f20ce6-13c5-43a0-9a9e-ca52d816e90b", MessageFeedbackStatus: "RECEIVED",
		}
		if len(got) != c.want || c.want > 0 && got[1] != want {
			t.Errorf("with %q: reported %+v, want %d times %+v", c.setting, got, c.want, want)
		}
	}
	t.Setenv("COUNTERSIGN_MESSAGE_FEEDBACK", "maybe")
	if _, err := wire(slog.New(slog.DiscardHandler), func(error) {}); err == nil {
		t.Error("the function starts with a wrong setting")
	}
}

func TestSettings(t *testing.T) {
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_REGION", "eu-west-1")
	if _, err := wire(slog.New(slog.DiscardHandler), func(error) {}); err == nil {
		t.Error("the function starts without credentials")
	}
}
