package functions

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/smsvoice"
	"countersign/pkg/standin"

	"countersign/pkg/logtest"
)

// The functions that send may send from OriginationIdentity and from each of SenderIdentities. With one of these they
// may also send from the account's sender ids, with the configuration set and the protect configuration of the
// parameters. Without both no function may, and verify and changes never may.
func TestEndUserMessagingsRole(t *testing.T) {
	const (
		account = "arn:aws:sms-voice:eu-central-1:123456789012:"
		pool    = account + "pool/pool-1"
		set     = account + "configuration-set/countersign"
		protect = account + "protect-configuration/protect-1"
		send    = "sms-voice:SendTextMessage"
	)
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("OriginationIdentity", pool)
	t.Setenv("SenderIdentities", account+"pool/pool-3,"+account+"phone-number/phone-3")
	t.Setenv("ConfigurationSet", "countersign")
	t.Setenv("ProtectConfiguration", "protect-1")
	senders := map[string]bool{"init": true, "otp": true, "cognito": true}
	for function, r := range roles(t) {
		for _, c := range []struct {
			condition, action, resource string
			want                        bool
		}{
			{"", send, pool, false},
			{"HasOriginationIdentity", send, pool, true},
			{"UsesEndUserMessaging", send, account + "sender-id/Acme/GB", true},
			{"HasOriginationIdentity", send, account + "pool/pool-2", false},
			{"HasOriginationIdentity", send, account + "phone-number/phone-1", false},
			{"HasOriginationIdentity", send, account + "sender-id/Acme/GB", false},
			{"UsesEndUserMessaging", send, "arn:aws:sms-voice:eu-central-1:210987654321:sender-id/Acme/GB", false},
			{"UsesEndUserMessaging", send, pool, false},
			{"HasSenderIdentities", send, account + "pool/pool-3", true},
			{"HasSenderIdentities", send, account + "phone-number/phone-3", true},
			{"HasSenderIdentities", send, pool, false},
			{"HasSenderIdentities", send, account + "phone-number/phone-4", false},
			{"HasSenderIdentities", send, account + "pool/pool-3,", false},
			{"HasSenderIdentities", "sms-voice:DeletePool", account + "pool/pool-3", false},
			{"HasOriginationIdentity", "sms-voice:SendVoiceMessage", pool, false},
			{"HasOriginationIdentity", "sms-voice:DeletePool", pool, false},
			{"HasOriginationIdentity", send, set, false},
			{"HasConfigurationSet", send, set, true},
			{"HasConfigurationSet", send, account + "configuration-set/another", false},
			{"HasProtectConfiguration", send, protect, true},
			{"HasProtectConfiguration", send, account + "protect-configuration/protect-2", false},
		} {
			got := r.under(c.condition).allows(ask{c.action, c.resource, nil})
			if want := c.want && senders[function]; got != want {
				t.Errorf("%s may %s on %s under %q: %v, want %v",
					function, c.action, c.resource, c.condition, got, want)
			}
		}
	}
}

// Only the function that follows the stream may report which messages led to a right code, in a deployment that wants
// it; it may send nothing (see TestEndUserMessagingsRole).
func TestFeedbacksRole(t *testing.T) {
	put := ask{action: "sms-voice:PutMessageFeedback", resource: "*"}
	for function, r := range roles(t) {
		if r.allows(put) {
			t.Errorf("%s may report where nobody wants it", function)
		}
		if got := r.under("HasFeedback").allows(put); got != (function == "changes") {
			t.Errorf("%s may report where the operator wants it: %v, want %v", function, got, !got)
		}
	}
}

// The template takes ARNs of the three kinds of identities, for which it can give a permission, and names and ids for
// the rest. The functions take whatever the template takes.
func TestEndUserMessagingsParameters(t *testing.T) {
	const account = "arn:aws:sms-voice:eu-central-1:123456789012:"
	all := parameters(t)
	for _, c := range []struct {
		parameter, value string
		want             bool
	}{
		{"OriginationIdentity", "", true},
		{"OriginationIdentity", account + "pool/pool-0123456789abcdef0123456789abcdef", true},
		{"OriginationIdentity", account + "phone-number/phone-0123456789abcdef", true},
		{"OriginationIdentity", account + "sender-id/ACME/GB", true},
		{"OriginationIdentity", account + "sender-id/ACME", false},
		{"OriginationIdentity", account + "pool/*", false},
		{"OriginationIdentity", account + "opt-out-list/Default", false},
		{"OriginationIdentity", "arn:aws:sns:eu-central-1:123456789012:pool/pool-1", false},
		{"OriginationIdentity", "pool-1", false},
		{"OriginationIdentity", "ACME", false},
		{"OriginationIdentity", "+12065550100", false},
		{"SenderIdentities", "", true},
		{"SenderIdentities", account + "pool/pool-0123456789abcdef0123456789abcdef", true},
		{"SenderIdentities", account + "pool/pool-1," + account + "phone-number/phone-1", true},
		{"SenderIdentities", account + "phone-number/phone-1," + account + "sender-id/ACME/GB", true},
		{"SenderIdentities", account + "pool/*", false},
		{"SenderIdentities", account + "pool/pool-1,*", false},
		{"SenderIdentities", account + "pool/pool-1," + account + "opt-out-list/Default", false},
		{"SenderIdentities", account + "pool/pool-1,", false},
		{"SenderIdentities", "pool-1", false},
		{"ConfigurationSet", "countersign_1-A", true},
		{"ConfigurationSet", "a b", false},
		{"ConfigurationSet", "*", false},
		{"ProtectConfiguration", "protect-0123456789abcdef", true},
		{"ProtectConfiguration", "*", false},
	} {
		if got := all[c.parameter].takes(c.value); got != c.want {
			t.Errorf("the template takes %s=%q: %v, want %v", c.parameter, c.value, got, c.want)
		}
		config := smsvoice.Config{OriginationIdentity: "pool-1"}
		switch c.parameter {
		case "SenderIdentities":
			continue // only the template reads it
		case "OriginationIdentity":
			config.OriginationIdentity = c.value
		case "ConfigurationSet":
			config.ConfigurationSet = c.value
		default:
			config.ProtectConfiguration = c.value
		}
		if err := config.Validate(); c.want && c.value != "" && err != nil {
			t.Errorf("the functions do not take %s=%q: %v", c.parameter, c.value, err)
		}
	}
}

// The binary of init sends through End User Messaging with the role of a deployment that has OriginationIdentity, or
// that has an entry of the country beside SNS and the identity in SenderIdentities. It cannot with the role of a
// deployment that has neither.
func TestBinaryThroughEndUserMessaging(t *testing.T) {
	b, stub := newBinaries(t), &awsfake.SMSVoice{}
	server := httptest.NewServer(b.iam.before(stub))
	t.Cleanup(server.Close)
	pool := inStack("arn:${AWS::Partition}:sms-voice:${AWS::Region}:${AWS::AccountId}:pool/pool-1")
	t.Setenv("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", server.URL)
	for condition, settings := range map[string][2]string{
		"HasOriginationIdentity": {"OriginationIdentity", "COUNTERSIGN_ORIGINATION_IDENTITY=" + pool},
		"HasSenderIdentities":    {"SenderIdentities", "COUNTERSIGN_SENDERS=GB=ACME,registered=yes;MY=" + pool},
	} {
		t.Setenv(settings[0], pool)
		before := len(stub.Requests())
		for i, c := range []struct {
			condition, want string
			refused         []string
		}{
			{"", "PROCESS_FAIL", []string{"sms-voice:SendTextMessage"}},
			{condition, "SUCCESS", nil},
		} {
			got, refused, log := b.initUnder(t, c.condition, settings[1])
			sent := len(stub.Requests()) - before
			if !bytes.Contains(got, []byte(c.want)) || sent != i || len(b.SNS.Requests()) != 0 {
				t.Errorf("%s under %q: %s after %d messages, want %s\n%s",
					settings[0], c.condition, got, sent, c.want, log)
			}
			if !slices.Equal(refused, c.refused) {
				t.Errorf("%s under %q: refused %q, want %q", settings[0], c.condition, refused, c.refused)
			}
			b.wipe(t)
		}
	}
}

// initUnder invokes the binary of init with the role of a deployment for which a condition holds, and with a variable.
// It returns the answer, and the permissions that the role lacked.
func (b *binaries) initUnder(
	t *testing.T, condition, variable string,
) (answer []byte, lacked []string, log *logtest.Buffer) {
	t.Helper()
	log = &logtest.Buffer{}
	p, caller := b.startUnder(t, condition, log, variable)
	defer p.Stop()
	answer = invokeBinary(t, p, read(t, "init-http-api.json"))
	b.iam.mu.Lock()
	defer b.iam.mu.Unlock()
	lacked = b.iam.refused[caller]
	delete(b.iam.refused, caller)
	return answer, lacked, log
}

// startUnder starts the binary of init with the role of a deployment for which a condition holds, and with variables.
// It returns the name of the role.
func (b *binaries) startUnder(t *testing.T, condition string, log io.Writer, variables ...string) (
	p *standin.Process, caller string,
) {
	t.Helper()
	caller = "init-under-" + condition
	b.iam.mu.Lock()
	b.iam.roles[caller] = b.iam.roles["init"].under(condition)
	b.iam.mu.Unlock()
	p, err := b.runtime.Start(caller, bootstrap(t, "init"), append(functionEnvironment(caller), variables...), log)
	if err != nil {
		t.Fatal(err)
	}
	return p, caller
}

// With OriginationIdentity, which a fallover needs, the functions that send may send through both services.
func TestRoleOfBothServices(t *testing.T) {
	const pool = "arn:aws:sms-voice:eu-central-1:123456789012:pool/pool-1"
	t.Setenv("AWS_REGION", "eu-central-1")
	t.Setenv("OriginationIdentity", pool)
	senders := map[string]bool{"init": true, "otp": true, "cognito": true}
	for function, r := range roles(t) {
		r = r.under("HasOriginationIdentity")
		sns := r.allows(ask{"sns:Publish", "+6591234567", nil})
		voice := r.allows(ask{"sms-voice:SendTextMessage", pool, nil})
		if sns != senders[function] || voice != senders[function] {
			t.Errorf("%s may send through SNS: %v, through End User Messaging: %v, want %v",
				function, sns, voice, senders[function])
		}
	}
}

// The binary of init falls over with the role of a deployment that has OriginationIdentity: a message that End User
// Messaging refuses for the operator's fault goes through SNS, and one that it refuses for the number's does not.
func TestBinaryFallsOver(t *testing.T) {
	b := newBinaries(t)
	answers := make(chan awsfake.Answer, 1)
	stub := &awsfake.SMSVoice{}
	server := httptest.NewServer(b.iam.before(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(<-answers)(w, r, stub)
	})))
	t.Cleanup(server.Close)
	pool := inStack("arn:${AWS::Partition}:sms-voice:${AWS::Region}:${AWS::AccountId}:pool/pool-1")
	t.Setenv("OriginationIdentity", pool)
	t.Setenv("COUNTERSIGN_ORIGINATION_IDENTITY", pool)
	t.Setenv("COUNTERSIGN_FALLOVER", "sns")
	t.Setenv("COUNTERSIGN_STACK", "countersign")
	t.Setenv("AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2", server.URL)
	log := &logtest.Buffer{}
	p, _ := b.startUnder(t, "HasOriginationIdentity", log)
	t.Cleanup(func() { p.Stop() })
	const quota, optedOut = "MONTHLY_SPEND_LIMIT_REACHED_FOR_TEXT", "DESTINATION_PHONE_NUMBER_OPTED_OUT"
	calls := []struct {
		answer           awsfake.Answer
		want, line, part string
		sns              int
	}{
		{awsfake.RefuseText(400, "ServiceQuotaExceededException", quota), "SUCCESS", `"service":"sns"`, quota, 1},
		{awsfake.RefuseText(400, "ConflictException", optedOut), "PROCESS_FAIL", `"service":"sms-voice"`, optedOut, 0},
	}
	for _, c := range calls {
		b.wipe(t)
		before := len(b.SNS.Requests())
		answers <- c.answer
		got := invokeBinary(t, p, read(t, "init-http-api.json"))
		if !bytes.Contains(got, []byte(c.want)) || len(b.SNS.Requests())-before != c.sns {
			t.Errorf("%s with %d messages through SNS, want %s and %d",
				got, len(b.SNS.Requests())-before, c.want, c.sns)
		}
	}
	if err := p.Stop(); err != nil { // its log is whole only then
		t.Error(err)
	}
	lines := regexp.MustCompile(`.*"service":.*`).FindAllString(log.String(), -1)
	for i, c := range calls {
		if len(lines) != len(calls) || !strings.Contains(lines[i], c.line) || !strings.Contains(lines[i], c.part) ||
			strings.Contains(lines[i], `"operatorFaults":1`) != (c.sns == 1) { // which raises the alarm
			t.Errorf("call %d has the lines\n%s\nwant %s and %s", i, log, c.line, c.part)
		}
	}
}
