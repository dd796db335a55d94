package clients_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/phone"
	"countersign/pkg/users"
)

func TestAllows(t *testing.T) {
	for _, c := range []struct {
		apis []string
		api  string
		want bool
	}{
		{nil, "otp.send", true},
		{nil, "users/verifyAuthentication", true},
		{[]string{"ams"}, "users/verifyAuthentication", true},
		{[]string{"ams"}, "otp.verify", false},
		{[]string{"unimatrix"}, "otp.verify", true},
		{[]string{"unimatrix"}, "customers/initAuthentication", false},
		{[]string{"otp.verify", "security/triggerChallenge"}, "otp.verify", true},
		{[]string{"otp.verify", "security/triggerChallenge"}, "security/triggerChallenge", true},
		{[]string{"otp.verify", "security/triggerChallenge"}, "otp.send", false},
		{[]string{"ams", "unimatrix"}, "sms.message.send", false}, // in no group
		{[]string{"ams"}, "", false},
	} {
		if got := (&clients.Client{APIs: c.apis}).Allows(c.api); got != c.want {
			t.Errorf("%q with %q: %v, want %v", c.api, c.apis, got, c.want)
		}
	}
}

func TestFrom(t *testing.T) {
	some := &clients.Client{Networks: []netip.Prefix{
		netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("198.51.100.7/32"),
		netip.MustParsePrefix("2001:db8::/32"),
	}}
	for ip, want := range map[string]bool{
		"192.0.2.0": true, "192.0.2.255": true, "192.0.3.0": false, "198.51.100.7": true, "198.51.100.8": false,
		"::ffff:192.0.2.1": true, "2001:db8:1::1": true, "2001:db9::1": false, "fe80::1%eth0": false,
		"2001:db8::1%eth0": true,
		"":                 false, "192.0.2.1:443": false, "192.0.2.1, 10.0.0.1": false, "unknown": false,
	} {
		if got := some.From(ip); got != want {
			t.Errorf("%q: %v, want %v", ip, got, want)
		}
	}
	if !(&clients.Client{}).From("") {
		t.Error("a client without networks may call from anywhere")
	}
}

func TestMay(t *testing.T) {
	all, two, none := &clients.Client{Countries: []string{"*"}}, &clients.Client{Countries: []string{"MY",
		"GB"}}, &clients.Client{}
	for _, c := range []struct {
		client *clients.Client
		region string
		want   bool
	}{
		{all, "MY", true}, {all, "", true}, {two, "GB", true}, {two, "US", false}, {two, "", false},
		{none, "MY", false}, {none, "", false}, {&clients.Client{Countries: []string{""}}, "", false},
	} {
		if got := c.client.MaySendTo(c.region); got != c.want {
			t.Errorf("%q with %q: %v, want %v", c.region, c.client.Countries, got, c.want)
		}
	}
	dear := &clients.Client{Lines: []phone.Kind{phone.Premium}}
	if !none.MayReach(phone.Ordinary) || none.MayReach(phone.Premium) || !dear.MayReach(phone.Ordinary) ||
		!dear.MayReach(phone.Premium) || dear.MayReach(phone.Satellite) {
		t.Error("a client may call ordinary lines and those it names, and no others")
	}
}

func TestStatic(t *testing.T) {
	acme := &clients.Client{ID: "acme"}
	d := clients.Static{"acme": acme}
	if c, err := d.Find(t.Context(), "acme"); c != acme || err != nil {
		t.Error(c, err)
	}
	if c, err := d.Find(t.Context(), "other"); c != nil || err != nil {
		t.Error(c, err)
	}
}

func TestIDs(t *testing.T) {
	for _, c := range []struct {
		id         string
		any, ofAMS bool
	}{
		{"TEST_5X00000000000000", true, true},
		{strings.Repeat("a", 64), true, true},
		{strings.Repeat("a", 65), false, false},
		{"", false, false},
		{"ak h+m/a:c,0", true, false},
		{"café", true, false},
		{strings.Repeat("é", 64), true, false},
		{strings.Repeat("\U0001F600", 64), true, false},
		{strings.Repeat("é", 65), false, false},
		{"a\x00b", false, false},
		{"a\nb", false, false},
		{"a\x7fb", false, false},
		{"a\u0085b", false, false},
		{"a\xffb", false, false},
	} {
		if any, ofAMS := clients.ValidID(c.id), clients.ValidAMSID(c.id); any != c.any || ofAMS != c.ofAMS {
			t.Errorf("%q: %v, %v, want %v, %v", c.id, any, ofAMS, c.any, c.ofAMS)
		}
	}
}

// Clients, records, users and persons that are printed by mistake show no secret, no
// number and no sealed value.
func TestPrintedWithoutSecrets(t *testing.T) {
	r := clientstest.New(t)
	client := r.MustAdd(t, clients.Record{ID: "acme", Unimatrix: "hmac"}, clientstest.Secret)
	if err := r.Users.Add(t.Context(), "acme", "u1", "60-6543216353"); err != nil {
		t.Fatal(err)
	}
	if err := r.Users.AddToken(t.Context(), "acme", "u1", "wallet-token-canary",
		clientstest.Start.AddDate(1, 0, 0)); err != nil {
		t.Fatal(err)
	}
	record, err := r.Get(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	listed, err := r.Users.List(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	person, standing, err := r.Users.Resolve(t.Context(), "acme", "wallet-token-canary")
	if err != nil || standing != users.Good || person.Number != "60-6543216353" ||
		string(client.Secrets[0]) != clientstest.Secret {
		t.Fatal(standing, err, "the fixture holds none of the things to be hidden")
	}
	secret := []byte(clientstest.Secret)
	hidden := []string{
		clientstest.Secret, fmt.Sprint(secret), fmt.Sprintf("%x", secret), base64.StdEncoding.EncodeToString(secret),
		strings.TrimPrefix(fmt.Sprintf("%#v", secret), "[]byte{"), string(record.Secrets[0].Sealed),
		"6543216353", "wallet-token-canary", string(listed[0].Number),
	}
	for _, v := range []any{
		client, *client, []*clients.Client{client}, map[string]clients.Client{"c": *client},
		record, &record, record.Secrets[0].Sealed, listed, listed[0].Number,
		person, &person, struct{ P users.Person }{person},
	} {
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("m", "v", v)
		slog.New(slog.NewTextHandler(&log, nil)).Info("m", "v", v)
		marshalled, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range []string{log.String(), string(marshalled),
			fmt.Sprintf("%v %+v %#v %s %q %x %d", v, v, v, v, v, v, v)} {
			for _, h := range hidden {
				if strings.Contains(text, h) {
					t.Errorf("%T shows %q: %s", v, h, text)
				}
			}
		}
	}
	if got := fmt.Sprint(client, person); got != "client acme person +60******6353" {
		t.Error(got)
	}
}
