package snssender

import (
	"maps"
	"testing"

	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"
)

// What the origin of a message has goes before the configuration, and only with that message. An identity takes the
// place of both the sender id and the number of the configuration.
func TestOrigin(t *testing.T) {
	config := Config{
		SenderID: "Acme", OriginationNumber: "+12065550100", MaxPrice: "0.50", EntityID: "E1", TemplateID: "T1",
	}
	const kind, id, number, price, entity, template = "AWS.SNS.SMS.SMSType", nameOfSenderID, nameOfNumber, nameOfPrice,
		nameOfEntity, nameOfTemplate
	for name, c := range map[string]struct {
		region string
		origin otp.Origin
		want   map[string]string
	}{
		"none":        {"GB", otp.Origin{}, map[string]string{id: "Acme", price: "0.50"}},
		"a sender id": {"GB", otp.Origin{Identity: "Shop"}, map[string]string{id: "Shop", price: "0.50"}},
		"a number":    {"GB", otp.Origin{Identity: "62345"}, map[string]string{number: "62345", price: "0.50"}},
		"a pool": {"GB", otp.Origin{Identity: "pool-0123456789"},
			map[string]string{id: "Acme", price: "0.50"}},
		"a price": {"GB", otp.Origin{MaxPrice: "1"},
			map[string]string{id: "Acme", price: "1"}},
		"ids": {"GB", otp.Origin{Identity: "S", EntityID: "E2", TemplateID: "T2"},
			map[string]string{id: "S", price: "0.50"}},
		"ids in India": {"IN", otp.Origin{Identity: "S", EntityID: "E2", TemplateID: "T2"},
			map[string]string{id: "S", price: "0.50", entity: "E2", template: "T2"}},
		"an entity of its own": {"IN", otp.Origin{Identity: "S", EntityID: "E2"},
			map[string]string{id: "S", price: "0.50", entity: "E2"}},
		"a template": {"IN", otp.Origin{Identity: "S", TemplateID: "T2"},
			map[string]string{id: "S", price: "0.50", entity: "E1", template: "T2"}},
		"none in India": {"IN", otp.Origin{},
			map[string]string{id: "Acme", price: "0.50", entity: "E1", template: "T1"}},
		"a name": {"GB", otp.Origin{Identity: "62345", Name: "Shop"}, map[string]string{id: "Shop", price: "0.50"}},
		"a name that none shows": {
			"US", otp.Origin{Identity: "62345", Name: "Shop"}, map[string]string{number: "62345", price: "0.50"}},
		"a name and the configured number, where none shows": {
			"MY", otp.Origin{Name: "Shop"}, map[string]string{number: "+12065550100", price: "0.50"}},
		"none, where phones show no names": {
			"US", otp.Origin{}, map[string]string{number: "+12065550100", price: "0.50"}},
		"none, in a country that is not known": {
			"", otp.Origin{}, map[string]string{number: "+12065550100", price: "0.50"}},
		"a hyphen in France": {
			"FR", otp.Origin{Name: "AC-ME"}, map[string]string{number: "+12065550100", price: "0.50"}},
	} {
		stub, s := start(t, config)
		m := sendertest.Message()
		m.Region, m.Origin = c.region, c.origin
		for i, want := range []map[string]string{c.want, {id: "Acme", price: "0.50"}} {
			if d, _, err := s.Send(t.Context(), m); d != otp.Accepted || err != nil {
				t.Fatalf("%s: Send = %v, %v, want Accepted", name, d, err)
			}
			want[kind] = "Transactional"
			got := map[string]string{}
			for name, a := range stub.Requests()[i].Attributes {
				got[name] = a.Value
			}
			if !maps.Equal(got, want) {
				t.Errorf("%s, message %d: %v, want %v", name, i, got, want)
			}
			m.Region, m.Origin = "GB", otp.Origin{}
		}
	}
}

// A sender id without a number goes with every message, but not one with a hyphen to France, which takes none.
func TestSenderIDAlone(t *testing.T) {
	for _, c := range []struct {
		id, region string
		want       bool
	}{
		{"Acme", "GB", true}, {"Acme", "US", true}, {"Acme", "", true}, {"Acme", "FR", true},
		{"AC-ME", "GB", true}, {"AC-ME", "US", true}, {"AC-ME", "FR", false},
	} {
		stub, s := start(t, Config{SenderID: c.id})
		m := sendertest.Message()
		m.Region = c.region
		if d, _, err := s.Send(t.Context(), m); d != otp.Accepted || err != nil {
			t.Fatalf("Send = %v, %v, want Accepted", d, err)
		}
		if _, got := stub.Requests()[0].Attributes[nameOfSenderID]; got != c.want {
			t.Errorf("%s to %s has the sender id: %v, want %v", c.id, c.region, got, c.want)
		}
	}
}
