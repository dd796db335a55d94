package main

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"countersign/pkg/starttest"
)

// The digits and the validity that a deployment sets bound what requests ask for; without them the contract's own range
// holds. No client of a deployment chooses codes or sender names unless its record allows it.
func TestRequestsAreBounded(t *testing.T) {
	for _, c := range []struct{ digits, validity, code, states string }{
		{"8", "60s", "8", "1 minute"}, {"", "", "4", "5 minutes"}, {"5", "", "5", "5 minutes"},
	} {
		sns := starttest.Environment(t).SNS
		t.Setenv("COUNTERSIGN_DIGITS", c.digits)
		t.Setenv("COUNTERSIGN_VALIDITY", c.validity)
		handler, err := wire(slog.New(slog.DiscardHandler), starttest.Ignore)
		if err != nil {
			t.Fatal(err)
		}
		send := func(members, want string) {
			t.Helper()
			event := fmt.Appendf(nil, `{"version":"2.0","rawPath":"/",`+
				`"rawQueryString":"action=otp.send&accessKeyId=demo",`+
				`"headers":{},"requestContext":{"http":{"method":"POST","sourceIp":"203.0.113.7"}},"body":%q}`,
				`{"to":"+606543216353",`+members+`}`)
			if got, err := handler.Invoke(t.Context(), event); err != nil || !strings.Contains(string(got), want) {
				t.Errorf("{%s}: %s, %v, want %s", members, got, err, want)
			}
		}
		send(`"code":"12345678"`, "104003")
		send(`"digits":4,"ttl":1800,"signature":"HSBC"`, `\"code\":\"0\"`)
		sent := sns.Requests()
		if len(sent) != 1 {
			t.Fatalf("%d messages, want 1", len(sent))
		}
		code, _, _ := strings.Cut(sent[0].Message, " ")
		if fmt.Sprint(len(code)) != c.code || !strings.HasSuffix(sent[0].Message, "valid for "+c.states+".") ||
			sent[0].Attributes["AWS.SNS.SMS.SenderID"].Value != "ACME" {
			t.Errorf("with DIGITS %q and VALIDITY %q a code of %d digits went out, from %s, want %s digits from ACME",
				c.digits, c.validity, len(code), sent[0].Attributes["AWS.SNS.SMS.SenderID"].Value, c.code)
		}
	}
}
