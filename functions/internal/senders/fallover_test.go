package senders_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/config"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"
)

// TestFalloverIsRefused: settings with which no message could fall over, or with which it would go to somebody whom the
// first service must not send to, stop the start.
func TestFalloverIsRefused(t *testing.T) {
	const missing = `COUNTERSIGN_ORIGINATION_IDENTITY is "", must be a pool`
	for _, c := range []struct {
		settings map[string]string
		want     string // "" if the function starts
	}{
		{map[string]string{"FALLOVER": "pigeon"}, `COUNTERSIGN_FALLOVER is "pigeon", must be one of: sms-voice, sns`},
		{map[string]string{"FALLOVER": "SNS"}, `COUNTERSIGN_FALLOVER is "SNS", must be one of`},
		{map[string]string{"FALLOVER": "outbox"}, `COUNTERSIGN_FALLOVER is "outbox", must be one of`},
		{map[string]string{"FALLOVER": "sns"}, missing},
		{map[string]string{"FALLOVER": "sms-voice"}, missing},
		{map[string]string{"FALLOVER": "sms-voice", "ORIGINATION_IDENTITY": "+60 12"},
			"COUNTERSIGN_ORIGINATION_IDENTITY has a value that is not shown here, and must be a pool"},
		{map[string]string{"FALLOVER": "sns", "SENDER": "sns", "ORIGINATION_IDENTITY": "pool-1"},
			`COUNTERSIGN_FALLOVER is "sns", must be the other service than COUNTERSIGN_SENDER`},
		{map[string]string{"FALLOVER": "sms-voice", "SENDER": "sms-voice", "ORIGINATION_IDENTITY": "pool-1"},
			`COUNTERSIGN_FALLOVER is "sms-voice", must be the other service`},
		{map[string]string{"FALLOVER": "sns", "ORIGINATION_IDENTITY": "pool-1", "PROTECT_CONFIGURATION": "protect-1"},
			`COUNTERSIGN_FALLOVER is "sns", must be empty where COUNTERSIGN_PROTECT_CONFIGURATION is set`},
		{map[string]string{"FALLOVER": "sns", "ORIGINATION_IDENTITY": "pool-1", "SENDER_ID": "!"},
			`COUNTERSIGN_SENDER_ID is "!", must be`},
		{map[string]string{"FALLOVER": "sms-voice", "ORIGINATION_IDENTITY": "pool-1", "CONFIGURATION_SET": "a b"},
			`COUNTERSIGN_CONFIGURATION_SET is "a b", must be`},
		{map[string]string{"FALLOVER": "sns", "ORIGINATION_IDENTITY": "pool-1"}, ""},
		{map[string]string{"FALLOVER": "sms-voice", "ORIGINATION_IDENTITY": "pool-1"}, ""},
		{map[string]string{"FALLOVER": "sms-voice", "ORIGINATION_IDENTITY": "pool-1",
			"PROTECT_CONFIGURATION": "protect-1"}, ""},
		{map[string]string{"FALLOVER": "sns", "SENDER": "sms-voice", "ORIGINATION_IDENTITY": "pool-1"}, ""},
	} {
		base := environment("SENDER_ID", "")
		_, err := open(t, func(name string) string {
			if value, ok := c.settings[strings.TrimPrefix(name, config.Prefix)]; ok {
				return value
			}
			return base(name)
		})
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: %v, want %q", c.settings, err, c.want)
		}
	}
}

// counted serves a fake, and counts the connections to it.
func counted(t *testing.T, fake http.Handler) (url string, connections *atomic.Int64) {
	t.Helper()
	connections = new(atomic.Int64)
	server := httptest.NewUnstartedServer(fake)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	return server.URL, connections
}

// pair is a deployment with a fallover, and both services.
type pair struct {
	sender        otp.Sender
	first, second *awsfake.Server
	refusing      [2]awsfake.Answer // of the first and of the second
	connections   *atomic.Int64     // to the second
}

func openPair(t *testing.T, second string) pair {
	t.Helper()
	voice, sns := awsfake.StartSMSVoice(t).Server, awsfake.StartSNS(t).Server
	voiceURL, voiceConnections := counted(t, voice)
	snsURL, snsConnections := counted(t, sns)
	env := map[string]string{
		"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_ENDPOINT_URL_SNS": snsURL, "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": voiceURL,
		"COUNTERSIGN_ORIGINATION_IDENTITY": "pool-1", "COUNTERSIGN_FALLOVER": second,
	}
	sender := opened(t, func(name string) string { return env[name] }).Messages.Issuer.Sender
	a, b := awsfake.RefuseText(400, "AccessDeniedException", ""), awsfake.FailSNS(403, "AuthorizationError")
	if second == "sns" {
		return pair{sender, voice, sns, [2]awsfake.Answer{a, b}, snsConnections}
	}
	return pair{sender, sns, voice, [2]awsfake.Answer{b, a}, voiceConnections}
}

// TestFallover: a message falls over from the first service to the second, which is opened by the first message for it.
func TestFallover(t *testing.T) {
	for second, first := range map[string]string{"sns": "sms-voice", "sms-voice": "sns"} {
		for _, named := range []string{"", first} { // by the entry of a country
			p, message := openPair(t, second), sendertest.Message()
			message.Origin.Service = named
			if d, _, err := p.sender.Send(t.Context(), message); d != otp.Accepted || p.connections.Load() != 0 {
				t.Errorf("%s: Send = %v, %v with %d connections to it", second, d, err, p.connections.Load())
			}
			p.first.Next(p.refusing[0])
			d, id, err := p.sender.Send(t.Context(), message)
			if d != otp.Accepted || id == "" || p.first.Count() != 2 || p.second.Count() != 1 {
				t.Errorf("%s: Send = %v, %q, %v with %d and %d requests, want 2 and 1",
					second, d, id, err, p.first.Count(), p.second.Count())
			}
		}
	}
}

// TestFalloverOfTheSecond: a message that its country sends through the second service has no other one.
func TestFalloverOfTheSecond(t *testing.T) {
	for _, second := range []string{"sns", "sms-voice"} {
		p, message := openPair(t, second), sendertest.Message()
		message.Origin.Service = second
		p.second.Next(p.refusing[1])
		if d, _, err := p.sender.Send(t.Context(), message); d != otp.Refused || p.first.Count() != 0 ||
			p.second.Count() != 1 {
			t.Errorf("%s: Send = %v, %v with %d and %d requests, want Refused with none and 1",
				second, d, err, p.first.Count(), p.second.Count())
		}
	}
}

// TestFalloverOfNoSender: an entry that names a service which the process does not have keeps nobody from a code.
func TestFalloverOfNoSender(t *testing.T) {
	p, message := openPair(t, "sns"), sendertest.Message()
	message.Origin.Service = "pigeon"
	if d, id, err := p.sender.Send(t.Context(), message); d != otp.Accepted || id == "" || p.first.Count() != 0 ||
		p.second.Count() != 1 {
		t.Errorf("Send = %v, %q, %v with %d and %d requests, want Accepted with none and 1",
			d, id, err, p.first.Count(), p.second.Count())
	}
}
