package localserver

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/fallover"
	"countersign/pkg/smsvoice"
	"countersign/pkg/snssender"
)

// both is the server with both services of AWS as its sender, and what it logs.
type both struct {
	*scene
	voice *awsfake.SMSVoice
	sns   *awsfake.SNS
	log   bytes.Buffer
}

func openBoth(t *testing.T) *both {
	t.Helper()
	s := &both{scene: stage(t, captures{}), voice: awsfake.StartSMSVoice(t), sns: awsfake.StartSNS(t)}
	voice, err := smsvoice.New(awsfake.AWS(), smsvoice.Config{OriginationIdentity: "pool-1", Endpoint: s.voice.URL})
	if err != nil {
		t.Fatal(err)
	}
	sns, err := snssender.New(awsfake.AWS(), snssender.Config{Endpoint: s.sns.URL})
	if err != nil {
		t.Fatal(err)
	}
	sender := fallover.New(fallover.Service{Name: "sms-voice", Sender: voice},
		fallover.Service{Name: "sns", Sender: sns}, s.now)
	s.ports.Log = slog.New(slog.NewJSONHandler(&s.log, nil))
	s.local = newServer(s.store, s.outbox, sender, s.ports)
	s.server.Close()
	s.server = httptest.NewServer(s.local)
	return s
}

// line returns the line of the latest request.
func (s *both) line(t *testing.T) (line struct {
	Level, Outcome, Cause, Service string
	Operator                       bool
}) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &line); err != nil {
		t.Fatal(err)
	}
	return line
}

// A spend limit of one service keeps nobody from a code: it comes through the other one, and passes. The line of the
// request has the operator's fault although the answer is a success.
func TestFallover(t *testing.T) {
	s := openBoth(t)
	const action = "/?accessKeyId=demo&action="
	spent := awsfake.RefuseText(400, "ServiceQuotaExceededException", "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT")
	optedOut := awsfake.RefuseText(400, "ConflictException", "DESTINATION_PHONE_NUMBER_OPTED_OUT")

	s.voice.Next(spent)
	_, answer, _ := s.send(t, action+"otp.send", `{"to":"+606543216353"}`)
	line := s.line(t)
	if !strings.Contains(answer, `"code":"0"`) || s.voice.Count() != 1 || s.sns.Count() != 1 ||
		line.Level != "ERROR" || line.Outcome != "sent" || line.Service != "sns" || !line.Operator ||
		!strings.HasPrefix(line.Cause, "sms-voice: ServiceQuotaExceededException: MONTHLY_SPEND_LIMIT") {
		t.Errorf("answered %s with %d and %d requests, line %+v", answer, s.voice.Count(), s.sns.Count(), line)
	}
	code := regexp.MustCompile(`\d{6}`).FindString(s.sns.Requests()[0].Message)
	_, answer, _ = s.send(t, action+"otp.verify", `{"to":"+606543216353","code":"`+code+`"}`)
	if !strings.Contains(answer, `"valid":true`) {
		t.Errorf("the code that came through the second service: %s", answer)
	}

	s.voice.Next(optedOut)
	_, answer, _ = s.send(t, action+"otp.send", `{"to":"+606543216354"}`)
	line = s.line(t)
	if !strings.Contains(answer, `"code":"101303"`) || s.voice.Count() != 2 || s.sns.Count() != 1 ||
		line.Level != "INFO" || line.Outcome != "undeliverable" || line.Service != "sms-voice" || line.Operator {
		t.Errorf("answered %s with %d and %d requests, line %+v", answer, s.voice.Count(), s.sns.Count(), line)
	}
}
