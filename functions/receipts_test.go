package functions

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/pinpointsmsvoicev2/types"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
	"countersign/pkg/receipts"
	"countersign/pkg/standin"

	"countersign/pkg/filetest"
)

// The function of receipts writes receipts and nothing else, and Lambda reads its queue for it. The functions that send
// may read receipts where there are any, and nothing else of the table: no code, and no ledger.
func TestReceiptsRole(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("COUNTERSIGN_TABLE", "challenges")
	t.Setenv("COUNTERSIGN_CLIENTS_TABLE", "clients")
	t.Setenv("ReceiptsQueue.Arn", "arn:aws:sqs:eu-central-1:123456789012:receipts")
	const (
		table = "arn:aws:dynamodb:eu-central-1:123456789012:table/challenges"
		queue = "arn:aws:sqs:eu-central-1:123456789012:receipts"
	)
	all, reads := roles(t), []string{"init", "otp", "cognito"}
	for _, c := range []struct {
		condition, action, resource, key string
		want                             []string // functions
	}{
		{"", "dynamodb:PutItem", table, "M#94f20ce6", []string{"cognito", "init", "otp", "receipts"}},
		{"", "dynamodb:PutItem", table, "C#demo#1", []string{"cognito", "init", "otp", "verify"}},
		{"", "dynamodb:PutItem", table, "N#1", []string{"cognito", "init", "otp"}},
		{"", "dynamodb:PutItem", strings.Replace(table, "challenges", "clients", 1), "M#94f20ce6", nil},
		{"", "dynamodb:GetItem", table, "M#94f20ce6", nil},
		{"HasReceipts", "dynamodb:GetItem", table, "M#94f20ce6", reads},
		{"HasReceipts", "dynamodb:GetItem", table, "C#demo#1", []string{"init", "verify"}},
		{"HasReceipts", "dynamodb:GetItem", table, "N#1", nil},
		{"HasReceipts", "dynamodb:Query", table, "M#94f20ce6", nil},
		{"", "sqs:ReceiveMessage", queue, "", []string{"receipts"}},
		{"", "sqs:DeleteMessage", queue, "", []string{"receipts"}},
		{"", "sqs:GetQueueAttributes", queue, "", []string{"receipts"}},
		{"", "sqs:ReceiveMessage", queue + "-of-others", "", nil},
		{"", "sqs:PurgeQueue", queue, "", nil},
		{"", "sqs:SendMessage", queue, "", nil},
		{"HasDeliveryLog", "sqs:SendMessage", queue, "", []string{"receipts"}},
	} {
		a := ask{c.action, c.resource, nil}
		if c.key != "" {
			a.keys = map[string]string{"dynamodb:LeadingKeys": c.key}
		}
		for function, r := range all {
			got := r.under(c.condition).allows(a)
			if want := slices.Contains(c.want, function); got != want {
				t.Errorf("%s may %s on %s %s under %q: %v, want %v",
					function, c.action, c.resource, c.key, c.condition, got, want)
			}
		}
	}
}

// Without End User Messaging and without SNS's log, a deployment has nothing of receipts: each resource of theirs has
// a condition.
func TestReceiptsAreConditional(t *testing.T) {
	want := map[string]string{
		"ReceiptsFunction": "HasReceipts", "ReceiptsMapping": "HasReceipts", "ReceiptsQueue": "HasReceipts",
		"ReceiptsLogs": "HasReceipts", "UndeliveredAlarm": "HasReceipts", "BlockedAlarm": "HasReceipts",
		"SpendPaceAlarm": "HasReceipts", "ReceiptsBehindAlarm": "HasReceipts", "ReceiptsUnreadableAlarm": "HasReceipts",
		"ReceiptsTopic": "HasVoiceReceipts", "ReceiptsTopicPolicy": "HasVoiceReceipts",
		"ReceiptsQueuePolicy": "HasVoiceReceipts", "ReceiptsSubscription": "HasVoiceReceipts",
		"MessagesConfigurationSet": "MakesConfigurationSet", "FailedReceipts": "KeepsFailedReceipts",
		"DeliveredLines": "HasDeliveryLog", "FailedLines": "HasDeliveryLog", "DeliveryLogPermission": "HasDeliveryLog",
		"DeliveryLogEvents": "HasDeliveryLog",
	}
	all := resources(t)
	for name, condition := range want {
		if got := all[name]["Condition"]; got != condition {
			t.Errorf("%s has the condition %v, want %s", name, got, condition)
		}
	}
	for name, r := range all {
		about := strings.Contains(name, "Receipt") || r["Type"] == "AWS::SMSVOICE::ConfigurationSet"
		if _, known := want[name]; about && !known {
			t.Errorf("%s is not in this test: give it a condition", name)
		}
	}
}

// Lambda hands over receipts in batches, repeats those that failed alone, and never while they are still worked on.
func TestReceiptsMapping(t *testing.T) {
	all := resources(t)
	properties := func(name string) map[string]any { return all[name]["Properties"].(map[string]any) }
	m, queue := properties("ReceiptsMapping"), properties("ReceiptsQueue")
	if m["BatchSize"] != 100 || m["MaximumBatchingWindowInSeconds"] != 5 ||
		!slices.Equal(m["FunctionResponseTypes"].([]any), []any{"ReportBatchItemFailures"}) {
		t.Errorf("the mapping is %v", m)
	}
	timeout := properties("ReceiptsFunction")["Timeout"].(int)
	if visible := queue["VisibilityTimeout"].(int); visible < 6*timeout {
		t.Errorf("messages are hidden for %d s, want six times the function's %d", visible, timeout)
	}
	if kept := queue["MessageRetentionPeriod"].(int); kept > 86400 {
		t.Errorf("numbers in clear stay for %d s, want a day at most", kept)
	}
	if properties("ReceiptsSubscription")["RawMessageDelivery"] != true {
		t.Error("the queue gets events in an envelope, which the function does not open")
	}
}

// With the configuration set that the stack makes, messages may name it, and the functions do.
func TestConfigurationSetOfTheStack(t *testing.T) {
	t.Setenv("MessagesConfigurationSet.Arn", "arn:aws:sms-voice:eu-central-1:123456789012:configuration-set/made")
	send := ask{"sms-voice:SendTextMessage", "arn:aws:sms-voice:eu-central-1:123456789012:configuration-set/made", nil}
	_, own := settings(t)
	for function, resource := range map[string]string{
		"init": "InitFunction", "otp": "OtpFunction", "cognito": "CognitoFunction",
		"verify": "VerifyFunction", "changes": "ChangesFunction", "receipts": "ReceiptsFunction",
	} {
		sends := slices.Contains([]string{"init", "otp", "cognito"}, function)
		r := roles(t)[function]
		if got := r.under("MakesConfigurationSet").allows(send); got != sends || r.allows(send) {
			t.Errorf("%s may send with the stack's configuration set: %v, want %v, and never without one",
				function, got, sends)
		}
		if got := own[resource]["CONFIGURATION_SET"] == "MessagesConfigurationSet"; got != sends {
			t.Errorf("%s gets the stack's configuration set: %v, want %v", function, got, sends)
		}
	}
}

// The stack asks for exactly the events of text messages from which a receipt follows: others would only cost. The
// command in docs/senders.md asks for the same.
func TestMatchingEventTypes(t *testing.T) {
	var want []string
	for _, kind := range types.EventType("").Values() {
		event := fmt.Sprintf(`{"eventType":%q,"eventTimestamp":%d,"isFinal":true,"messageId":%q}`,
			kind, at.UnixMilli(), "94f20ce6-13c5-43a0-9a9e-ca52d816e90b")
		call, err := json.Marshal(map[string]any{"Records": []any{
			map[string]any{"messageId": "1", "eventSource": "aws:sqs", "body": event},
		}})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range receipts.Read(call, at) {
			if text := string(kind); r.Receipt != nil && strings.HasPrefix(text, "TEXT_") {
				want = append(want, text)
			}
		}
	}
	slices.Sort(want)
	set := resources(t)["MessagesConfigurationSet"]["Properties"].(map[string]any)
	destination := set["EventDestinations"].([]any)[0].(map[string]any)
	var got []string
	for _, kind := range destination["MatchingEventTypes"].([]any) {
		got = append(got, kind.(string))
	}
	slices.Sort(got)
	if !slices.Equal(got, want) || len(want) < 10 {
		t.Errorf("the stack asks for\n%q, want\n%q", got, want)
	}
	page := filetest.Read(t, "../docs/senders.md")
	command := regexp.MustCompile(`(?s)--matching-event-types (.*?)\n\x60`).FindSubmatch(page)
	if command == nil {
		t.Fatal("docs/senders.md has no command that adds the destination")
	}
	named := regexp.MustCompile(`TEXT_\w+`).FindAllString(string(command[1]), -1)
	if slices.Sort(named); !slices.Equal(named, want) {
		t.Errorf("docs/senders.md asks for\n%q, want\n%q", named, want)
	}
}

// messageOfInit returns the id of the message that the sample of init sent.
func messageOfInit(t *testing.T) string {
	t.Helper()
	id := regexp.MustCompile(`authenticationRequestId[\\": ]+(\w+)`).FindSubmatch(read(t, "init-http-api.json"))
	store := dynamostore.New(dynamotest.Client(t, nil), os.Getenv("COUNTERSIGN_TABLE"))
	c, err := store.Challenge(t.Context(), otp.ChallengeKey("demo", string(id[1])))
	if err != nil || c == nil || len(c.MessageIDs()) != 1 {
		t.Fatalf("the challenge of the sample is %+v, %v; want one message", c, err)
	}
	return c.MessageIDs()[0]
}

// The binary of init refuses a re-send to a number that no message reaches, with the role of a deployment that has
// receipts. Without receipts it reads none.
func TestBinaryReadsReceipts(t *testing.T) {
	b := newBinaries(t)
	reads, _ := b.startUnder(t, "HasReceipts", io.Discard, "COUNTERSIGN_RECEIPTS=yes", "COUNTERSIGN_COOLDOWN=0s")
	t.Cleanup(func() { reads.Stop() })
	t.Setenv("COUNTERSIGN_COOLDOWN", "0s")
	blind := b.process(t, "init", "init-without-receipts")
	for _, c := range []struct {
		event, want string
		p           *standin.Process
		messages    int
	}{
		{"TEXT_DELIVERED", "SUCCESS", reads, 2}, {"TEXT_INVALID", "PROCESS_FAIL", reads, 1},
		{"TEXT_INVALID", "SUCCESS", blind, 2},
	} {
		b.wipe(t)
		sent := len(b.SNS.Requests())
		begun := invokeBinary(t, c.p, read(t, "init-http-api.json"))
		swap := b.begun(t, "init-http-api", begun, "")
		event := replaced(later(read(t, "receipts-sqs.json")), map[string]string{
			"TEXT_DELIVERED": c.event, "94f20ce6-13c5-43a0-9a9e-ca52d816e90b": messageOfInit(t),
		})
		if got := invokeBinary(t, b.process(t, "receipts", "receipts-"+c.event+c.want), event); string(got) !=
			`{"batchItemFailures":null}` {
			t.Fatalf("%s", got)
		}
		got := invokeBinary(t, c.p, replaced(read(t, "trigger-http-api.json"), swap))
		if !bytes.Contains(got, []byte(c.want)) || len(b.SNS.Requests())-sent != c.messages {
			t.Errorf("after %s: %s with %d messages, want %s with %d",
				c.event, got, len(b.SNS.Requests())-sent, c.want, c.messages)
		}
	}
}
