package smsvoice

import (
	"encoding/json"
	"flag"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"countersign/pkg/filetest"
	"countersign/pkg/otp"
)

var update = flag.Bool("update", false, "write the requests on the wire as the expected ones")

// The requests to ten countries, of a deployment that has every setting and a client with a sender id of its own. The
// fake holds each to the service's model.
func TestRequestsByCountry(t *testing.T) {
	stub, s := start(t, Config{
		OriginationIdentity: pool, ConfigurationSet: "countersign", ProtectConfiguration: "protect-0123456789abcdef",
		MaxPrice: "0.50", EntityID: "1701165718168578728", TemplateID: "1707166375278247471",
	})
	for i, c := range []struct{ region, number string }{
		{"US", "+12065550100"}, {"IN", "+919876543210"}, {"GB", "+447911123456"}, {"SG", "+6591234567"},
		{"IE", "+353851234567"}, {"FR", "+33612345678"}, {"BR", "+5511961234567"}, {"CN", "+8613123456789"},
		{"MY", "+60123456789"}, {"AE", "+971501234567"},
	} {
		d, _, err := s.Send(t.Context(), otp.Message{
			Client: "acme", AuthID: "20261127190077000000162140200586657",
			Origin: otp.Origin{Name: "Acme-1"}, To: otp.Phone(c.number), Region: c.region,
			Text: "Acme: your code is 493817.", Life: 5 * time.Minute,
		})
		if d != otp.Accepted || err != nil {
			t.Fatalf("%s: Send = %v, %v, want Accepted", c.region, d, err)
		}
		got, err := json.MarshalIndent(stub.Requests()[i], "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		filetest.Golden(t, filepath.Join("testdata", c.region+".json"), append(got, '\n'), *update,
			"go test ./pkg/smsvoice -run TestRequestsByCountry -update")
	}
}

// Where the operator wants feedback, the request has AWS expect it.
func TestMessageFeedback(t *testing.T) {
	with := good
	with.MessageFeedback = true
	stub, s := start(t, with)
	m := otp.Message{To: "+60123456789", Region: "MY", Text: "Acme: your code is 493817.", Life: time.Minute}
	if d, _, err := s.Send(t.Context(), m); d != otp.Accepted || err != nil {
		t.Fatalf("Send = %v, %v, want Accepted", d, err)
	}
	if got := stub.Requests()[0].MessageFeedbackEnabled; got == nil || !*got {
		t.Errorf("MessageFeedbackEnabled is %v, want true", got)
	}
}

// A client's id that the service would refuse is a digest, and never the reason why a message is refused. The fake
// holds each request to the service's model.
func TestContext(t *testing.T) {
	const digest = "~"
	for client, want := range map[string]string{
		"acme": "acme", "acme.shop@example": "acme.shop@example", "Köln": digest, "a shop": digest, " acme": digest,
		"acme\n": digest, "\u0000": digest, "~acme": digest, strings.Repeat("\U0001F600", 64): digest,
		strings.Repeat("a", 64): strings.Repeat("a", 64), strings.Repeat("a", 65): digest,
	} {
		stub, s := start(t, good)
		m := otp.Message{
			Client: client, AuthID: "20261127190077000000162140200586657", To: "+60123456789", Region: "MY",
			Text: "Acme: your code is 493817.", Life: time.Minute,
		}
		if d, _, err := s.Send(t.Context(), m); d != otp.Accepted || err != nil {
			t.Fatalf("%q: Send = %v, %v, want Accepted", client, d, err)
		}
		got := stub.Requests()[0].Context
		if len(got) != 2 || got["authenticationId"] != m.AuthID || got["client"] != want && want != digest ||
			want == digest && (len(got["client"]) != 44 || !strings.HasPrefix(got["client"], digest)) {
			t.Errorf("%q: %q", client, got)
		}
	}
}

// A deployment with the least settings leaves all else to the account.
func TestLeast(t *testing.T) {
	stub, s := start(t, good)
	m := otp.Message{To: "+919876543210", Region: "IN", Text: "Acme: your code is 493817.", Life: time.Minute}
	if d, _, err := s.Send(t.Context(), m); d != otp.Accepted || err != nil {
		t.Fatalf("Send = %v, %v, want Accepted", d, err)
	}
	got, err := json.Marshal(stub.Requests()[0])
	want := `{"DestinationPhoneNumber":"+919876543210","OriginationIdentity":"` + pool + `",` +
		`"MessageBody":"Acme: your code is 493817.","MessageType":"TRANSACTIONAL","TimeToLive":60}`
	if string(got) != want || err != nil {
		t.Errorf("sent %s, %v, want %s", got, err, want)
	}
}
