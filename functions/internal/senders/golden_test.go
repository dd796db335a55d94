package senders_test

import (
	"encoding/json"
	"flag"
	"path/filepath"
	"testing"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/clients"
	"countersign/pkg/clients/origins"
	"countersign/pkg/filetest"
	"countersign/pkg/otp"
)

var update = flag.Bool("update", false, "write the requests on the wire as the expected ones")

// recipients are numbers in ten countries that differ in what they want.
var recipients = []string{
	"+12065550100", "+919876543210", "+447400123456", "+6591234567", "+353851234567", "+33612345678", "+5511961234567",
	"+8613123456789", "+60123456789", "+971501234567",
}

// The deployment's entries, with what each country wants. Those of End User Messaging may also be pools.
const (
	wanted = "IN=ACMEIN,entity=1701165718168578728,template=1707166375278247471;GB=ACME,registered=yes;" +
		"SG=ACMESG,registered=yes,max-price=0.06;IE=ACMEIE,registered=yes;FR=Acme;" +
		"AE=AD-ACME,registered=yes,max-price=0.30;"
	wantedOfSNS      = wanted + "US=+18335550100;BR=28123;CN=10690,registered=yes;MY=63001;*=+12065550111"
	wantedOfSMSVoice = wanted + "US=+18335550100;BR=28123;CN=pool-0123456789abcdef,registered=yes;" +
		"MY=arn:aws:sms-voice:ap-southeast-1:123456789012:pool/pool-0123456789abcdef;*=+12065550111"
)

// The requests to ten countries through each service. The entries are those that pass the rules of their countries.
// The fakes hold each request to the service's model.
func TestRequestsByCountry(t *testing.T) {
	for service, entries := range map[string]string{"sns": wantedOfSNS, "sms-voice": wantedOfSMSVoice} {
		sns, endUserMsg := awsfake.StartSNS(t), awsfake.StartSMSVoice(t)
		env := map[string]string{
			"AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "id", "AWS_SECRET_ACCESS_KEY": "secret",
			"AWS_ENDPOINT_URL_SNS": sns.URL, "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2": endUserMsg.URL,
			"COUNTERSIGN_SENDER": service, "COUNTERSIGN_SENDERS": entries, "COUNTERSIGN_MAX_PRICE": "0.50",
			"COUNTERSIGN_ORIGINATION_IDENTITY": "pool-ffffffffffffffff", "COUNTERSIGN_SENDER_ID": "Countersign",
			"COUNTERSIGN_CONFIGURATION_SET":     "countersign",
			"COUNTERSIGN_PROTECT_CONFIGURATION": "protect-0123456789abcdef",
		}
		if all, err := origins.ParseAll(entries); err != nil || origins.CheckAll(all) != nil {
			t.Fatalf("%v, %v", err, origins.CheckAll(all))
		}
		svc := opened(t, func(name string) string { return env[name] })
		for i, to := range recipients {
			n, _ := svc.Messages.Lookup(to)
			m := otp.Message{To: n.E164, Region: n.Region, Text: "493817 is your Acme code.", Life: 5 * time.Minute}
			m.Origin = svc.Messages.Origins(&clients.Client{}, "")(n.Region)
			if d, _, err := svc.Messages.Issuer.Sender.Send(t.Context(), m); d != otp.Accepted || err != nil {
				t.Fatalf("%s through %s: Send = %v, %v, want Accepted", n.Region, service, d, err)
			}
			var sent any
			if service == "sns" {
				sent = sns.Requests()[i].Attributes
			} else {
				sent = endUserMsg.Requests()[i]
			}
			isGolden(t, filepath.Join("testdata", service, n.Region+".json"), sent)
		}
	}
}

// isGolden compares a request with the expected one.
func isGolden(t *testing.T, path string, sent any) {
	t.Helper()
	got, err := json.MarshalIndent(sent, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	filetest.Golden(t, path, append(got, '\n'), *update,
		"go test ./functions/internal/senders -run TestRequestsByCountry -update")
}
