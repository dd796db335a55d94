package origins

import (
	"strings"
	"testing"

	"countersign/pkg/clients"
)

// What is missing for the countries of a deployment is reported: an entry that its country refuses, and a country that
// needs one and has none.
func TestGaps(t *testing.T) {
	const (
		pool = "pool-0123456789abcdef"
		acme = "arn:aws:sms-voice:eu-west-1:123456789012:sender-id/ACME/GB"
	)
	from := func(via, identity string) Standard {
		return Standard{Sender: clients.Sender{Via: via, Identity: identity}}
	}
	india := from(clients.SNS, "ACME")
	india.EntityID = "1"
	wantGaps(t, []gapCase{
		{from(clients.SMSVoice, pool), "US,MY,GB,AE", "", ""},
		{from(clients.SMSVoice, pool), "DE,IN", "",
			"IN: a text must be registered there, and no entry has its entity and template"},
		{from(clients.SMSVoice, pool), "CN", "",
			"CN: a text must be registered there, and no entry states that it is"},
		{from(clients.SMSVoice, pool), "CN", "CN=" + pool + ",registered=yes", ""},
		{from(clients.SMSVoice, "+12065550100"), "US,MY", "", ""},
		{from(clients.SMSVoice, acme), "GB", "GB=max-price=0.10", ""},
		{from(clients.SMSVoice, acme), "IE,US", "",
			"IE, US: the sender id ACME is that of GB, and messages to other countries are refused"},
		{from(clients.SMSVoice, "ACME"), "DE,US,MY", "",
			"MY, US: phones there do not show the sender id ACME, and messages there are refused"},
		{from(clients.SMSVoice, "ACME"), "DE,US,MY", "MY=63001;US=+12065550100", ""},
		{from(clients.SMSVoice, "AC-ME"), "FR,DE", "",
			"FR: phones there do not show the sender id AC-ME, and messages there are refused"},
		{from(clients.SMSVoice, "AC-ME"), "FR,DE", "*=" + pool, ""},
		{from(clients.SNS, ""), "US,DE", "", ""},
		{from(clients.SNS, ""), "AE,GB,US", "",
			"AE, GB: a sender id must be registered there, and no entry names one"},
		{from(clients.SNS, ""), "AE,GB,US", "GB=ACME,registered=yes;AE=ACMEAE,registered=yes", ""},
		{from(clients.SNS, "ACME"), "MY,US,DE", "", ""},
		{from(clients.SNS, "ACME"), "SG,DE", "",
			"SG: a sender id must be registered there, and no entry states that ACME is"},
		{india, "IN", "", ""},
		{from(clients.SNS, "ACME"), "IN", "IN=ACMEIN,entity=1,template=2", ""},
		{from(clients.SNS, "ACME"), "DE", "MY=ACME",
			"MY: phones in MY show no sender ids, so messages from ACME are refused: name a short code, or a pool"},
		{from(clients.SNS, "ACME"), "DE", "*=62345",
			"*: a short code is of one country, and * is all others: give it to that country"},
		{from(clients.SNS, ""), "DE", "US=123;CA=123,via=sms-voice",
			"US: SNS takes a number of 5 to 14 digits, and the short code has fewer: give via=sms-voice"},
		{from(clients.SMSVoice, pool), "DE", "US=123", ""},
	})
}

// What the deployment's entries, which are not known, may fill is no gap of a client.
func TestGapsOfClient(t *testing.T) {
	client := Standard{Sender: clients.Sender{Identity: "ACME"}, OfClient: true}
	wantGaps(t, []gapCase{
		{client, "US,MY,DE", "US=123", ""},
		{client, "GB,IN,MY", "", "GB, IN: a sender id must be registered there, and no entry states that ACME is"},
		{client, "GB,MY", "GB=ACME,registered=yes", ""},
		{Standard{OfClient: true}, "GB,IN,CN,MY", "", ""},
		{Standard{OfClient: true}, "GB,MY", "*=SHOP",
			"GB: a sender id must be registered there, and no entry states that SHOP is"},
	})
}

// A gapCase is the countries of a deployment with its entries, and what is missing there.
type gapCase struct {
	standard           Standard
	countries, senders string
	want               string // lines, joined by " | "
}

func wantGaps(t *testing.T, cases []gapCase) {
	t.Helper()
	for _, c := range cases {
		all, err := ParseAll(c.senders)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(Gaps(strings.Split(c.countries, ","), all, c.standard), " | ")
		if got != c.want {
			t.Errorf("%s from %+v with %q:\n%q, want\n%q", c.countries, c.standard, c.senders, got, c.want)
		}
	}
}

// "*" stands for each country that has a rule.
func TestGapsEverywhere(t *testing.T) {
	standard := Standard{Sender: clients.Sender{Via: clients.SMSVoice, Identity: "AC-ME"}}
	got := strings.Join(Gaps([]string{"*"}, nil, standard), "\n")
	for _, want := range []string{
		"AR, BE, BR", "FR", "US, UY", "AE, AU, BY", "VN, ZM: a sender id", "IN: a text", "do not show",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s\nwant %q in it", got, want)
		}
	}
}

// The functions may send from the numbers and pools alone whose ARNs are in their parameters.
func TestPermissions(t *testing.T) {
	const arn = "arn:aws:sms-voice:eu-west-1:123456789012:pool/pool-0123456789abcdef"
	for _, c := range []struct{ via, identity, senders, want string }{
		{clients.SMSVoice, arn, "GB=ACME,registered=yes;DE=" + arn, ""},
		{clients.SMSVoice, arn, "*=pool-0123456789abcdef;US=max-price=1;KR=via=sns", ""},
		{clients.SMSVoice, "pool-0123456789abcdef", "*=pool-0123456789abcdef", ""},
		{clients.SMSVoice, arn, "MY=63001;US=+12065550100;CA=62345,via=sns;*=pool-1;DE=phone-1", "*, DE, MY, US: "},
		{clients.SNS, "", "MY=63001;US=62345,via=sms-voice;DE=pool-1", "DE, US: "},
		{clients.SNS, "ACME", "MY=63001", ""},
	} {
		all, err := ParseAll(c.senders)
		if err != nil {
			t.Fatal(err)
		}
		got := Permissions(all, Standard{Sender: clients.Sender{Via: c.via, Identity: c.identity}})
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s with %s %s: %q, want %q", c.senders, c.via, c.identity, got, c.want)
		}
	}
}
