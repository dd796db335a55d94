package snssender

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"testing"

	"countersign/pkg/awsfake"
	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"
)

// start returns a stub and a sender that talks to it.
func start(t *testing.T, c Config) (*awsfake.SNS, *Sender) {
	t.Helper()
	stub := awsfake.StartSNS(t)
	c.Endpoint = stub.URL
	s, err := New(awsfake.AWS(), c)
	if err != nil {
		t.Fatal(err)
	}
	return stub, s
}

// The suite for senders, with SNS as the provider.
func TestSuite(t *testing.T) {
	answers := map[sendertest.Provider]awsfake.Answer{
		sendertest.Accepting: awsfake.Serve(),
		sendertest.Refusing:  awsfake.FailSNS(400, "InvalidParameter"),
		sendertest.Failing:   awsfake.FailSNS(500, "InternalError"),
		sendertest.Hanging:   awsfake.Hang(nil),
	}
	sendertest.Run(t, func(t *testing.T, p sendertest.Provider, taken func()) otp.Sender {
		stub, s := start(t, Config{})
		stub.Otherwise(answers[p].Calling(func(*http.Request) { taken() }))
		return s
	})
}

func TestOnTheWire(t *testing.T) {
	text := func(v string) awsfake.Attribute { return awsfake.Attribute{Type: "String", Value: v} }
	for name, c := range map[string]struct {
		config Config
		region string
		want   map[string]awsfake.Attribute
	}{
		"nothing configured": {Config{}, "US", map[string]awsfake.Attribute{
			"AWS.SNS.SMS.SMSType": text("Transactional"),
		}},
		"everything configured": {
			Config{SenderID: "Acme-1", OriginationNumber: "+12065550100", MaxPrice: "0.50",
				EntityID: "1701165718168578728", TemplateID: "1707166375278247471"}, "IN",
			map[string]awsfake.Attribute{
				"AWS.SNS.SMS.SMSType":   text("Transactional"),
				"AWS.SNS.SMS.SenderID":  text("Acme-1"),
				"AWS.SNS.SMS.MaxPrice":  {Type: "Number", Value: "0.50"},
				"AWS.MM.SMS.EntityId":   text("1701165718168578728"),
				"AWS.MM.SMS.TemplateId": text("1707166375278247471"),
			}},
		"the ids of India, elsewhere": {
			Config{EntityID: "1701165718168578728", TemplateID: "1707166375278247471"}, "US",
			map[string]awsfake.Attribute{"AWS.SNS.SMS.SMSType": text("Transactional")}},
	} {
		t.Run(name, func(t *testing.T) {
			stub, s := start(t, c.config)
			for range 2 { // the second shares the attributes with the first
				m := sendertest.Message()
				m.Region = c.region
				if d, _, err := s.Send(t.Context(), m); d != otp.Accepted || err != nil {
					t.Fatalf("Send = %v, %v, want Accepted", d, err)
				}
			}
			for _, r := range stub.Requests() {
				if r.PhoneNumber != sendertest.Number || r.Message != sendertest.Text {
					t.Errorf("sent %q to %q", r.Message, r.PhoneNumber)
				}
				if !reflect.DeepEqual(r.Attributes, c.want) {
					t.Errorf("attributes %v, want %v", r.Attributes, c.want)
				}
				// Action, Version, PhoneNumber, Message, and three fields an attribute.
				if want := 4 + 3*len(c.want); len(r.Form) != want {
					t.Errorf("%d fields, want %d: %v", len(r.Form), want, r.Form)
				}
			}
		})
	}
}

// A name of the client's own goes with its message and with no other; one that
// SNS would not take is left out.
func TestFrom(t *testing.T) {
	for _, c := range []struct{ config, from, want string }{
		{"", "", ""},
		{"", "Shop", "Shop"},
		{"Acme", "", "Acme"},
		{"Acme", "Shop", "Shop"},
		{"Acme", "1A-", "1A-"},
		{"Acme", "Acme Shop", "Acme"},
		{"Acme", "ABCDEFGHIJKL", "Acme"},
		{"Acme", "12345", "Acme"},
		{"Acme", "Shop\n", "Acme"},
		{"Acme", "店", "Acme"},
		{"", "店", ""},
	} {
		stub, s := start(t, Config{SenderID: c.config, MaxPrice: "0.50"})
		m := sendertest.Message()
		m.Origin.Name = c.from
		for _, m := range []otp.Message{m, sendertest.Message()} {
			if d, _, err := s.Send(t.Context(), m); d != otp.Accepted || err != nil {
				t.Fatalf("%q: Send = %v, %v, want Accepted", c.from, d, err)
			}
		}
		sent := stub.Requests()
		for i, want := range []string{c.want, c.config} {
			got, ok := sent[i].Attributes["AWS.SNS.SMS.SenderID"]
			if got.Value != want || ok != (want != "") || ok && got.Type != "String" {
				t.Errorf("configured %q, message %d from %q: sent as %+v, want %q", c.config, i, c.from, got, want)
			}
			if sent[i].Attributes["AWS.SNS.SMS.SMSType"].Value != "Transactional" ||
				sent[i].Attributes["AWS.SNS.SMS.MaxPrice"].Value != "0.50" {
				t.Errorf("%q: the other attributes are gone: %v", c.from, sent[i].Attributes)
			}
		}
	}
}

// Messages under the configured name share its attributes.
func TestNoFromCostsNothing(t *testing.T) {
	_, s := start(t, Config{SenderID: "Acme"})
	if n := testing.AllocsPerRun(100, func() { s.attributesFor(otp.Message{}) }); n != 0 {
		t.Errorf("%v allocations a message, want none", n)
	}
}

func TestParallel(t *testing.T) {
	const n = 64
	stub, s := start(t, Config{SenderID: "Acme", MaxPrice: "0.50"})
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			to := fmt.Sprintf("+1555010%04d", i)
			m := otp.Message{To: otp.Phone(to), Text: "for " + to}
			if i%2 == 0 {
				m.Origin.Name = fmt.Sprintf("Shop%04d", i)
			}
			d, _, err := s.Send(context.Background(), m)
			if d != otp.Accepted || err != nil {
				t.Errorf("Send = %v, %v, want Accepted", d, err)
			}
		})
	}
	wg.Wait()
	seen := map[string]bool{}
	for _, r := range stub.Requests() {
		seen[r.PhoneNumber] = true
		if r.Message != "for "+r.PhoneNumber || len(r.Attributes) != 3 {
			t.Errorf("mixed up: %+v", r)
		}
		var i int
		fmt.Sscanf(r.PhoneNumber, "+1555010%d", &i)
		want := "Acme"
		if i%2 == 0 {
			want = fmt.Sprintf("Shop%04d", i)
		}
		if got := r.Attributes["AWS.SNS.SMS.SenderID"].Value; got != want {
			t.Errorf("message %d is from %s, want %s", i, got, want)
		}
	}
	if len(seen) != n || stub.Count() != n {
		t.Errorf("%d requests to %d numbers, want %d to %d", stub.Count(), len(seen), n, n)
	}
}
