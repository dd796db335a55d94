package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"countersign/pkg/filetest"
	"countersign/pkg/starttest"
)

func TestWired(t *testing.T) {
	sns := starttest.Environment(t).SNS
	handler, err := wire(slog.New(slog.DiscardHandler), starttest.Ignore)
	if err != nil {
		t.Fatal(err)
	}
	event := filetest.Read(t, "../../events/init-http-api.json")
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
	got := invoke(strings.ReplaceAll(string(event), "60-6543216353", "44-2044555666"))
	if !strings.Contains(got, "ACCESS_DENIED") {
		t.Errorf("a country that is not allowed: %s", got)
	}
	sent := sns.Requests()
	if len(sent) != 1 || sent[0].PhoneNumber != "+606543216353" ||
		!strings.HasSuffix(sent[0].Message, " is your Acme code, valid for 5 minutes.") ||
		sent[0].Attributes["AWS.SNS.SMS.SenderID"].Value != "ACME" ||
		sent[0].Attributes["AWS.SNS.SMS.SMSType"].Value != "Transactional" {
		t.Errorf("on the wire: %+v", sent)
	}
}

// The function does not start with a wrong setting, and the error names the setting.
func TestMiswired(t *testing.T) {
	for name, value := range map[string]string{
		"COUNTERSIGN_KEYS": "", "COUNTERSIGN_ATTEMPTS": "6", "COUNTERSIGN_BRAND": "Acme 123456",
		"COUNTERSIGN_COUNTRIES": "Malaysia", "AWS_SECRET_ACCESS_KEY": "",
	} {
		t.Run(name, func(t *testing.T) {
			starttest.Environment(t)
			if name == "AWS_SECRET_ACCESS_KEY" {
				t.Setenv("AWS_ENDPOINT_URL_DYNAMODB", "")
			}
			t.Setenv(name, value)
			if _, err := wire(slog.New(slog.DiscardHandler), starttest.Ignore); err == nil ||
				!strings.Contains(err.Error(), name) {
				t.Errorf("%v, want an error that names %s", err, name)
			}
		})
	}
}
