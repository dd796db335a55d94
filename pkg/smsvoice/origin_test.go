package smsvoice

import (
	"testing"

	"countersign/pkg/otp"
	"countersign/pkg/otp/sendertest"
)

// What the origin of a message has goes before the configuration, and only with that message.
func TestOrigin(t *testing.T) {
	config := Config{OriginationIdentity: pool, MaxPrice: "0.50", EntityID: "E1", TemplateID: "T1"}
	type sent struct{ identity, price, entity, template string }
	for name, c := range map[string]struct {
		region string
		origin otp.Origin
		want   sent
	}{
		"none":        {"IN", otp.Origin{}, sent{pool, "0.50", "E1", "T1"}},
		"an identity": {"GB", otp.Origin{Identity: "pool-2"}, sent{"pool-2", "0.50", "", ""}},
		"a number":    {"US", otp.Origin{Identity: "62345"}, sent{"62345", "0.50", "", ""}},
		"a price":     {"US", otp.Origin{MaxPrice: "1"}, sent{pool, "1.0", "", ""}},
		"a name": {"GB", otp.Origin{Identity: "pool-2", Name: "Shop"},
			sent{"Shop", "0.50", "", ""}},
		"a name that none shows": {"US", otp.Origin{Identity: "pool-2", Name: "Shop"},
			sent{"pool-2", "0.50", "", ""}},
		"ids": {"IN", otp.Origin{Identity: "ACME", EntityID: "E2", TemplateID: "T2"},
			sent{"ACME", "0.50", "E2", "T2"}},
		"an entity of its own": {"IN", otp.Origin{EntityID: "E2"}, sent{pool, "0.50", "", ""}},
		"a template":           {"IN", otp.Origin{TemplateID: "T2"}, sent{pool, "0.50", "E1", "T2"}},
		"ids, elsewhere":       {"GB", otp.Origin{EntityID: "E2", TemplateID: "T2"}, sent{pool, "0.50", "", ""}},
	} {
		stub, s := start(t, config)
		m := sendertest.Message()
		m.Region, m.Origin = c.region, c.origin
		for i, want := range []sent{c.want, {pool, "0.50", "", ""}} {
			if d, _, err := s.Send(t.Context(), m); d != otp.Accepted || err != nil {
				t.Fatalf("%s: Send = %v, %v, want Accepted", name, d, err)
			}
			r := stub.Requests()[i]
			ids := r.DestinationCountryParameters
			got := sent{*r.OriginationIdentity, *r.MaxPrice, ids["IN_ENTITY_ID"], ids["IN_TEMPLATE_ID"]}
			if got != want {
				t.Errorf("%s, message %d: %+v, want %+v", name, i, got, want)
			}
			m.Region, m.Origin = "GB", otp.Origin{}
		}
	}
}
