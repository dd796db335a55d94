package admission_test

import (
	"testing"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/otp"
)

// senders makes senders by country.
type senders = map[string]clients.Sender

// The client's entry of the country comes first, then its entry of all others, then the sender id that it or its
// request chose, then the deployment's entries. What is missing in one is that of the next.
func TestOrigins(t *testing.T) {
	const pool, arn = "pool-0123456789abcdef", "arn:aws:sms-voice:eu-west-1:123456789012:pool/pool-1"
	india := clients.Sender{Identity: "ACMEIN", EntityID: "E", TemplateID: "T"}
	wantOrigins(t, map[string]originCase{
		"nothing":     {nil, nil, "", "GB", otp.Origin{}},
		"a sender id": {nil, nil, "ACME", "GB", otp.Origin{Name: "ACME"}},
		"the client's country": {senders{"GB": {Identity: "OWN"}, "*": {Identity: "+1206"}},
			senders{"GB": {Identity: "OURS"}}, "ACME", "GB", otp.Origin{Identity: "OWN"}},
		"the client's others": {senders{"MY": {Identity: "63001"}, "*": {Identity: "+1206"}},
			senders{"GB": {Identity: "OURS"}}, "ACME", "GB", otp.Origin{Identity: "+1206"}},
		"a name for all others": {senders{"*": {Identity: "OWN"}}, senders{"GB": {Identity: "+4420"}}, "ACME", "GB",
			otp.Origin{Name: "OWN", Identity: "+4420"}},
		"a sender id before the deployment's": {nil, senders{"GB": {Identity: "OURS"}}, "ACME", "GB",
			otp.Origin{Name: "ACME", Identity: "OURS"}},
		"the deployment's country": {nil, senders{"GB": {Identity: "OURS"}, "*": {Identity: pool}}, "", "GB",
			otp.Origin{Identity: "OURS"}},
		"the deployment's others": {nil, senders{"GB": {Identity: "OURS"}, "*": {Identity: pool}}, "", "US",
			otp.Origin{Identity: pool, Service: "sms-voice"}},
		"the deployment's name for all others": {nil, senders{"*": {Identity: "OURS"}}, "", "US",
			otp.Origin{Name: "OURS"}},
		"a country that is not known": {senders{"": {Identity: "NONE"}, "*": {Identity: pool}}, nil, "", "",
			otp.Origin{Identity: pool, Service: "sms-voice"}},
		"an ARN": {senders{"US": {Identity: arn}}, nil, "", "US", otp.Origin{Identity: arn, Service: "sms-voice"}},
		"a service": {senders{"US": {Identity: "62345", Via: "sns"}}, senders{"US": {Identity: arn}}, "", "US",
			otp.Origin{Identity: "62345", Service: "sns"}},
		"a service that chooses": {senders{"KR": {Via: "sns"}}, senders{"KR": {Identity: arn}}, "ACME", "KR",
			otp.Origin{Service: "sns", Name: "ACME"}},
		"a price of its own": {senders{"US": {MaxPrice: "1"}}, senders{"US": {Identity: arn, MaxPrice: "2"}}, "", "US",
			otp.Origin{Identity: arn, Service: "sms-voice", MaxPrice: "1"}},
		"a price of all others": {senders{"US": {Identity: "62345"}, "*": {MaxPrice: "1"}}, nil, "", "US",
			otp.Origin{Identity: "62345", MaxPrice: "1"}},
		"ids of India": {nil, senders{"IN": india}, "ACME", "IN",
			otp.Origin{Name: "ACME", Identity: "ACMEIN", EntityID: "E", TemplateID: "T"}},
		"ids of one's own": {
			senders{"IN": {Identity: "OWN", EntityID: "E2", TemplateID: "T2"}}, senders{"IN": india}, "", "IN",
			otp.Origin{Identity: "OWN", EntityID: "E2", TemplateID: "T2"}},
	})
}

// The deployment's sender of a country goes before a name where it is registered.
func TestRegisteredOrigins(t *testing.T) {
	const pool = "pool-0123456789abcdef"
	wantOrigins(t, map[string]originCase{
		"a registered sender before a name": {nil, senders{"GB": {Identity: "OURS", Registered: true}}, "ACME", "GB",
			otp.Origin{Identity: "OURS"}},
		"a registered pool before a name": {senders{"DE": {Identity: "ACME"}},
			senders{"SG": {Identity: pool, Registered: true}}, "ACME", "SG",
			otp.Origin{Identity: pool, Service: "sms-voice"}},
		"a registered sender before a name for all others": {senders{"*": {Identity: "OWN"}},
			senders{"GB": {Identity: "OURS", Registered: true}}, "", "GB", otp.Origin{Identity: "OURS"}},
		"a registered sender of another country": {nil, senders{"GB": {Identity: "OURS", Registered: true}},
			"ACME", "DE", otp.Origin{Name: "ACME"}},
		"a registered sender after the client's entry": {senders{"GB": {Identity: "OWN", Registered: true}},
			senders{"GB": {Identity: "OURS", Registered: true}}, "ACME", "GB", otp.Origin{Identity: "OWN"}},
		"a registered sender after the client's service": {senders{"*": {Via: "sns"}},
			senders{"GB": {Identity: "OURS", Registered: true}}, "ACME", "GB",
			otp.Origin{Service: "sns", Name: "ACME"}},
	})
}

// An originCase is the senders of a client and its deployment, and what a message comes from.
type originCase struct {
	own, deployment senders
	chosen, region  string
	want            otp.Origin
}

func wantOrigins(t *testing.T, cases map[string]originCase) {
	t.Helper()
	for name, c := range cases {
		m := admission.Messages{Senders: c.deployment}
		if got := m.Origins(&clients.Client{Senders: c.own}, c.chosen)(c.region); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
