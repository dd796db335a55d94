package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"countersign/functions/internal/run"
	"countersign/pkg/awsfake"
	"countersign/pkg/cognito"
	"countersign/pkg/starttest"
	"countersign/pkg/telemetry/telemetrytest"
)

func atOnce(context.Context, time.Duration) {}

// begin is the request of a first CreateAuthChallenge.
const begin = `"session":[],"challengeName":"CUSTOM_CHALLENGE"`

func wired(t *testing.T) lambda.Handler {
	t.Helper()
	t.Setenv("COUNTERSIGN_COGNITO_CLIENT", "demo")
	handler, err := wire(slog.New(slog.DiscardHandler), starttest.Ignore, atOnce)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// call invokes one trigger, for a user with a number, or for an unknown user with "".
func call(t *testing.T, h lambda.Handler, trigger, number, request string) (response map[string]any, err error) {
	t.Helper()
	user := `"userNotFound":true,"userAttributes":{}`
	if number != "" {
		user = fmt.Sprintf(`"userNotFound":false,`+
			`"userAttributes":{"phone_number":%q,"phone_number_verified":"true"}`, number)
	}
	event := fmt.Appendf(nil, `{"version":"1","triggerSource":"%s_Authentication","region":"ap-southeast-1",`+
		`"userPoolId":"ap-southeast-1_EXAMPLE","userName":"ana",`+
		`"callerContext":{"clientId":"57cbishk4j24pabc1234567890"},"request":{%s,%s},"response":{}}`,
		trigger, user, request)
	out, err := h.Invoke(context.Background(), event)
	if err != nil {
		return nil, err
	}
	var answer struct{ Response map[string]any }
	if err := json.Unmarshal(out, &answer); err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	return answer.Response, nil
}

// play signs in with an answer made from the messages on the wire, and returns the last response of define.
func play(t *testing.T, h lambda.Handler, number string, answer func() string) map[string]any {
	t.Helper()
	must := func(trigger, request string) map[string]any {
		t.Helper()
		response, err := call(t, h, trigger, number, request)
		if err != nil {
			t.Fatalf("%s: %v", trigger, err)
		}
		return response
	}
	got := must("DefineAuthChallenge", `"session":[]`)
	if got["challengeName"] != "CUSTOM_CHALLENGE" || got["issueTokens"] != false || got["failAuthentication"] != false {
		t.Fatalf("define: %v", got)
	}
	created := must("CreateAuthChallenge", begin)
	const parameters = "map[attempts:5 channel:sms digits:6 expiresIn:300 resendIn:30]"
	if got := fmt.Sprint(created["publicChallengeParameters"]); got != parameters {
		t.Errorf("the app gets the parameters %s, want %s", got, parameters)
	}
	private, _ := json.Marshal(created["privateChallengeParameters"])
	verified := must(
		"VerifyAuthChallengeResponse",
		fmt.Sprintf(`"privateChallengeParameters":%s,"challengeAnswer":%q`, private, answer()),
	)
	return must(
		"DefineAuthChallenge",
		fmt.Sprintf(`"session":[{"challengeName":"CUSTOM_CHALLENGE","challengeResult":%t,"challengeMetadata":%q}]`,
			verified["answerCorrect"], created["challengeMetadata"]),
	)
}

// The triggers on the engine's table and SNS's wire.
func TestWired(t *testing.T) {
	sns := starttest.Environment(t).SNS
	h := wired(t)
	latest := func() string { return sns.Requests()[sns.Count()-1].Message[:6] }
	if got := play(t, h, "+60123456789", latest); got["issueTokens"] != true {
		t.Errorf("the right code: %v", got)
	}
	sent := sns.Requests()
	if len(sent) != 1 || sent[0].PhoneNumber != "+60123456789" ||
		!strings.HasSuffix(sent[0].Message, " is your Acme code, valid for 5 minutes.") {
		t.Fatalf("on the wire: %+v", sent)
	}
	for name, number := range map[string]string{
		"too soon": "+60123456789", "unknown": "", "not in the countries of the deployment": "+12068800123",
	} {
		if got := play(t, h, number, latest); got["challengeName"] != "CUSTOM_CHALLENGE" ||
			got["issueTokens"] != false {
			t.Errorf("%s: %v, want another try", name, got)
		}
	}
	if sns.Count() != 1 {
		t.Errorf("%d messages, want no further one", sns.Count()-1)
	}
	// The message arrived, and SNS's answer did not.
	sns.Next(awsfake.DropAfter())
	if got := play(t, h, "+60129876543", latest); got["issueTokens"] != true {
		t.Errorf("the right code after an unclear answer: %v", got)
	}
}

// Each event is one log line, from which CloudWatch makes the metrics of this stack. A line has no number.
func TestLines(t *testing.T) {
	sns := starttest.Environment(t).SNS
	t.Setenv("COUNTERSIGN_COGNITO_CLIENT", "demo")
	t.Setenv("COUNTERSIGN_STACK", "prod")
	var log bytes.Buffer
	h, err := wire(run.Log(&log), starttest.Ignore, atOnce)
	if err != nil {
		t.Fatal(err)
	}
	play(t, h, "+60123456789", func() string { return sns.Requests()[0].Message[:6] })
	apis, sums := "", map[string]float64{}
	for text := range strings.Lines(log.String()) {
		line := telemetrytest.Read(t, text)
		if line.Members["msg"] == "numbering plans" { // of the start
			continue
		}
		apis += fmt.Sprint(line.Members["api"], " ")
		for name, value := range line.Metrics {
			sums[name] += value
		}
		if strings.Contains(text, "123456789") {
			t.Errorf("a line with the number: %s", text)
		}
		if a := line.Members["api"]; a == "CreateAuthChallenge" &&
			(line.Members["store"] == nil || line.Members["sender"] == nil) {
			t.Errorf("a line without times of store and sender: %s", text)
		}
	}
	if apis != "DefineAuthChallenge CreateAuthChallenge VerifyAuthChallengeResponse DefineAuthChallenge " {
		t.Errorf("lines of %s", apis)
	}
	if sums["sends stack=prod country=MY"] != 1 || sums["passes stack=prod country=MY"] != 1 ||
		sums["faults stack=prod"] != 0 {
		t.Errorf("counted %v", sums)
	}
}

// A trigger that cannot reach the table returns an error.
func TestTableOutOfReach(t *testing.T) {
	const session = `"privateChallengeParameters":{"session":"0123456789012345678901"},"challengeAnswer":"123456"`
	starttest.Environment(t)
	t.Setenv("COUNTERSIGN_TABLE", "no-such-table")
	h := wired(t)
	for _, number := range []string{"+60123456789", ""} {
		if got, err := call(t, h, "CreateAuthChallenge", number, begin); err == nil {
			t.Errorf("create: %v", got)
		}
		if got, err := call(t, h, "VerifyAuthChallengeResponse", number, session); err == nil {
			t.Errorf("verify: %v", got)
		}
	}
}

func TestSettings(t *testing.T) {
	starttest.Environment(t)
	for _, id := range []string{"", "a\nb"} {
		t.Setenv("COUNTERSIGN_COGNITO_CLIENT", id)
		if _, err := wire(slog.New(slog.DiscardHandler), starttest.Ignore, atOnce); err == nil ||
			!strings.Contains(err.Error(), "COUNTERSIGN_COGNITO_CLIENT") {
			t.Errorf("client %q: %v", id, err)
		}
	}
	t.Setenv("COUNTERSIGN_COGNITO_CLIENT", "nobody") // the function starts, and refuses all users
	h, err := wire(slog.New(slog.DiscardHandler), starttest.Ignore, atOnce)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := call(t, h, "CreateAuthChallenge", "+60123456789", begin); err == nil {
		t.Errorf("without a client: %v", got)
	}
}

func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		wait(t.Context(), cognito.Pace)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		wait(ctx, time.Hour)
		if took := time.Since(begun); took != cognito.Pace+time.Minute {
			t.Errorf("waited %v", took)
		}
	})
}
