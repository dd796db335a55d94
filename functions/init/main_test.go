package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"strings"
	"testing"

	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/snssender/snstest"
)

// environment is what Lambda and the template give, with an engine and a wire
// stub in the places of DynamoDB and SNS.
func environment(t *testing.T, sns string) {
	t.Helper()
	for name, value := range map[string]string{
		"AWS_REGION": "ap-southeast-1", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-a-secret", "AWS_SESSION_TOKEN": "",
		"AWS_ENDPOINT_URL_DYNAMODB": dynamotest.Endpoint(t), "AWS_ENDPOINT_URL_SNS": sns,
		"COUNTERSIGN_TABLE": dynamotest.Table(t), "COUNTERSIGN_KEYS": `{"version":1,"secret":"` + strings.Repeat("k", 64) + `"}`,
		"COUNTERSIGN_CLIENTS": "demo", "COUNTERSIGN_COUNTRIES": "MY", "COUNTERSIGN_BRAND": "Acme", "COUNTERSIGN_SENDER_ID": "ACME",
	} {
		t.Setenv(name, value)
	}
}

func TestWired(t *testing.T) {
	sns := snstest.Start(t)
	environment(t, sns.URL)
	handler, err := wire(slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	event, err := os.ReadFile("../../events/init-http-api.json")
	if err != nil {
		t.Fatal(err)
	}
	invoke := func(event string) string {
		out, err := handler.Invoke(context.Background(), []byte(event))
		if err != nil {
			t.Fatal(err)
		}
		var answer struct{ Body string }
		if err := json.Unmarshal(out, &answer); err != nil {
			t.Fatal(err)
		}
		return answer.Body
	}
	first := invoke(string(event))
	if !strings.Contains(first, `"SUCCESS"`) {
		t.Fatal(first)
	}
	if again := invoke(string(event)); again != first {
		t.Errorf("a repeat answered %s, first %s", again, first)
	}
	if got := invoke(strings.ReplaceAll(string(event), "60-6543216353", "44-2044555666")); !strings.Contains(got, "ACCESS_DENIED") {
		t.Errorf("a country that is not allowed: %s", got)
	}
	sent := sns.Requests()
	if len(sent) != 1 || sent[0].PhoneNumber != "+606543216353" || !strings.HasSuffix(sent[0].Message, " is your Acme code, valid for 5 minutes.") ||
		sent[0].Attributes["AWS.SNS.SMS.SenderID"].Value != "ACME" || sent[0].Attributes["AWS.SNS.SMS.SMSType"].Value != "Transactional" {
		t.Errorf("on the wire: %+v", sent)
	}
}

// What is wrong with the environment is said at start, by the setting's name.
func TestMiswired(t *testing.T) {
	for name, value := range map[string]string{
		"COUNTERSIGN_KEYS": "", "COUNTERSIGN_ATTEMPTS": "6", "COUNTERSIGN_BRAND": "字", "COUNTERSIGN_COUNTRIES": "Malaysia", "AWS_SECRET_ACCESS_KEY": "",
	} {
		t.Run(name, func(t *testing.T) {
			environment(t, "http://127.0.0.1:1")
			t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "")
			t.Setenv(name, value)
			if _, err := wire(slog.New(slog.DiscardHandler)); err == nil || !strings.Contains(err.Error(), name) {
				t.Errorf("%v, want an error that names %s", err, name)
			}
		})
	}
}
