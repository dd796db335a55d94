package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/filetest"
	"countersign/pkg/starttest"
)

// endings has the ways in which a message ends, and what a call, its line and the alarm's metric make of each.
var endings = []struct {
	answer                       awsfake.Answer
	code, status, level, inCause string
	operator                     bool
}{
	{awsfake.Serve(), "SUCCESS", "S", "INFO", "", false},
	{refuse("ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT"),
		"PROCESS_FAIL", "F", "INFO", "OPTED_OUT", false},
	{refuse("ValidationException", "PRICE_OVER_THRESHOLD"), "PROCESS_FAIL", "F", "INFO", "MaxPrice", false},
	{refuse("ValidationException", "DESTINATION_COUNTRY_BLOCKED"), "PROCESS_FAIL", "F", "INFO", "blocks", false},
	{refuse("ThrottlingException", ""), "UNKNOWN_EXCEPTION", "U", "ERROR", "was not sent", false},
	{awsfake.DropAfter(), "UNKNOWN_EXCEPTION", "U", "ERROR", "may have gone out", false},
	{refuse("ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT"),
		"PROCESS_FAIL", "F", "ERROR", "spend limit", true},
	{refuse("ConflictException", "DESTINATION_PHONE_NUMBER_NOT_VERIFIED"),
		"PROCESS_FAIL", "F", "ERROR", "sandbox", true},
	{refuse("AccessDeniedException", ""), "PROCESS_FAIL", "F", "ERROR", "sms-voice:SendTextMessage", true},
	{refuse("ConflictException", "SOMETHING_NEW"), "UNKNOWN_EXCEPTION", "U", "ERROR", "SOMETHING_NEW", true},
}

func refuse(exception, reason string) awsfake.Answer {
	return awsfake.RefuseText(400, exception, reason)
}

// With an origination identity, messages go through End User Messaging, for as long as their codes live. A refusal is
// the answer, the line and the metric of the alarm that its cause asks for.
func TestEndUserMessaging(t *testing.T) {
	sns := starttest.Environment(t).SNS
	stub := awsfake.StartSMSVoice(t)
	t.Setenv("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", stub.URL)
	t.Setenv("COUNTERSIGN_ORIGINATION_IDENTITY", "pool-1")
	t.Setenv("COUNTERSIGN_STACK", "countersign") // else there are no metrics
	var log bytes.Buffer
	handler, err := wire(slog.New(slog.NewJSONHandler(&log, nil)), starttest.Ignore)
	if err != nil {
		t.Fatal(err)
	}
	event := filetest.Read(t, "../../events/init-http-api.json")
	for i, c := range endings {
		log.Reset()
		stub.Next(c.answer)
		one := strings.ReplaceAll(string(event), "60-6543216353", fmt.Sprintf("60-654%02d16353", i)) // each in a block
		one = strings.ReplaceAll(one, "MDEDUCT001", fmt.Sprintf("MDEDUCT1%02d", i))
		out, err := handler.Invoke(context.Background(), []byte(one))
		if err != nil {
			t.Fatal(err)
		}
		var line struct {
			Level, Cause             string
			Operator                 bool
			OperatorFaults, Refusals int
		}
		if err := json.Unmarshal(log.Bytes(), &line); err != nil {
			t.Fatal(err, log.String())
		}
		if !bytes.Contains(out, []byte(c.code)) || !bytes.Contains(out, []byte(`\"`+c.status+`\"`)) {
			t.Errorf("%d: %s, want %s %s", i, out, c.code, c.status)
		}
		if line.Level != c.level || !strings.Contains(line.Cause, c.inCause) || line.Operator != c.operator ||
			(line.OperatorFaults == 1) != c.operator {
			t.Errorf("%d: %s, want level %s, operator %v and %q in the cause", i, &log, c.level, c.operator, c.inCause)
		}
		if n := stub.Count(); n != i+1 {
			t.Fatalf("%d requests on the wire after %d messages", n, i+1)
		}
	}
	sent := stub.Requests()
	if len(sent) != 2 || *sent[0].OriginationIdentity != "pool-1" || *sent[0].TimeToLive < 290 ||
		*sent[0].TimeToLive > 300 || sns.Count() != 0 {
		t.Errorf("%d messages were taken, %+v first, and %d went through SNS", len(sent), sent[0], sns.Count())
	}
}
