package clients_test

import (
	"fmt"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/guard"
	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// fullRecord has a value in each field of a record, except for those that the registry fills: the status, the dates,
// and the secret.
func fullRecord() clients.Record {
	return clients.Record{
		ID: "acme", Unsigned: true, APIs: []string{"ams", "otp.verify"},
		Keys: []clients.Key{{Version: "9", PEM: clientstest.Public(clientstest.Key1())},
			{Version: "10", PEM: clientstest.Public(clientstest.Key2())},
			{Version: "0", PEM: clientstest.Public(clientstest.Key1())}},
		Unimatrix: "hmac", Networks: []string{"192.0.2.7", "2001:db8::/32"}, Countries: []string{"MY", "GB"},
		Numbers: "mobile", Lines: []string{"premium", "satellite"},
		Limits: clients.Limits{
			Digits: new(8), Validity: new(clients.Duration(time.Minute)), Attempts: new(3),
			Cooldown: new(clients.Duration(0)), PerHour: new(3), PerDay: new(4),
			Unanswered: new(10), Pause: new(clients.Duration(48 * time.Hour)), Memory: new(clients.Duration(time.Hour)),
		},
		Window: new(clients.Duration(0)), Once: true, PerMinute: 600, MessagesPerDay: 700,
		Brand: "Acme", SenderID: "ACME-1", Language: "de",
		Senders: map[string]clients.Sender{"GB": {Identity: "ACME", Registered: true}, "*": {Via: clients.SNS}},
		Texts:   map[string]string{"de": "{code} von {brand}"},
		Site:    "example.com", AndroidHash: "FA+9qCX9VSu",
		DLT: []clients.Registration{
			{Language: "hi", Form: "site", Payment: true, Template: "1107166375278247471", Digest: "2NWkcNLBdDo"},
		},
		ClearPasswords: new(true), CustomCodes: new(true),
		SenderNames: []string{"Acme GmbH"}, Templates: []string{"login"},
		Sources: []string{"env.clientIp", "header:X-End-User", "metadata:device"},
		Guard: clients.Guard{Mode: guard.Enforce, NewCountries: 300, Rules: []clients.GuardRule{
			{Countries: []string{"MY", "SG"}, Verdict: clients.Block},
			{Prefix: "+60123", Verdict: clients.Allow, Until: clientstest.Start.Add(time.Hour)},
		}},
	}
}

// addFull adds the client of [fullRecord], with a test number.
func addFull(t *testing.T, r *clientstest.Rig) *clients.Client {
	t.Helper()
	r.MustAdd(t, fullRecord(), clientstest.Secret)
	n := phone.Number{E164: "+12025550123", Mask: "+1******0123"}
	if err := r.AddTestNumber(t.Context(), "acme", n, "424242", clientstest.Start.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	return r.MustFind(t, "acme")
}

// A client has the values of its record. [TestEachFieldReachesTheClient] proves that no field is left out.
func TestClientOfRecord(t *testing.T) {
	r := clientstest.New(t)
	got := addFull(t, r)
	pub1, pub2 := &clientstest.Key1().PublicKey, &clientstest.Key2().PublicKey
	if len(got.Keys) != 3 || !pub1.Equal(got.Keys["9"]) || !pub2.Equal(got.Keys["10"]) || !pub1.Equal(got.Keys["0"]) {
		t.Error("the keys are not those of the record")
	}
	want := clients.Client{
		ID: "acme", Unsigned: true, AddedUnsigned: true, APIs: []string{"ams", "otp.verify"},
		Keys: got.Keys, LatestKey: "10",
		Unimatrix: "hmac", Secrets: [][]byte{[]byte(clientstest.Secret)},
		Networks:  []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32"), netip.MustParsePrefix("2001:db8::/32")},
		Countries: []string{"MY", "GB"}, Numbers: phone.Mobile, Lines: []phone.Kind{phone.Premium, phone.Satellite},
		Policy: otp.Policy{Digits: 8, Validity: time.Minute, Attempts: 3, Cooldown: 0, PerHour: 3, PerDay: 4,
			Unanswered: 10, Pause: 48 * time.Hour, Memory: time.Hour},
		Bounds: clients.Bounds{Validity: time.Minute, Digits: 8},
		Window: 0, Skew: 10 * time.Minute, Once: true, PerMinute: 600, MessagesPerDay: 700,
		Brand: "Acme", SenderID: "ACME-1", Language: "de", DefaultLanguage: "en", CustomCodes: true,
		ClearPasswords: true,
		Senders:        map[string]clients.Sender{"GB": {Identity: "ACME", Registered: true}, "*": {Via: clients.SNS}},
		Texts:          map[string]string{"de": "{code} von {brand}"},
		Autofill:       message.Autofill{Site: "example.com", AndroidHash: "FA+9qCX9VSu"},
		Registrations: []message.Registration{
			{Language: "hi", Form: message.WithSite, Payment: true, ID: "1107166375278247471"},
		},
		SenderNames: []string{"Acme GmbH"}, Templates: []string{"login"},
		Guard: guard.Policy{Mode: guard.Enforce, Young: 300, Shards: 1}, GuardRules: fullRecord().Guard.Rules,
		Sources: clients.Sources{Env: "clientIp", Header: "x-end-user", Metadata: "device"},
		TestNumbers: map[otp.Phone]otp.Test{
			"+12025550123": {Code: "424242", Until: otp.MillisOf(clientstest.Start.Add(time.Hour))},
		},
	}
	if !reflect.DeepEqual(*got, want) {
		for i := range reflect.TypeFor[clients.Client]().NumField() {
			g, w := reflect.ValueOf(*got).Field(i).Interface(), reflect.ValueOf(want).Field(i).Interface()
			if !reflect.DeepEqual(g, w) {
				t.Errorf("%s: %v, want %v", reflect.TypeFor[clients.Client]().Field(i).Name, g, w)
			}
		}
	}
}

// A field that a record leaves out has the deployment's value, or the default of the
// contract.
func TestDefaults(t *testing.T) {
	r := clientstest.New(t)
	r.Defaults.Policy.Digits, r.Defaults.Brand, r.Defaults.Language = 7, "Ours", "fr"
	got := r.MustAdd(t, clients.Record{ID: "acme"}, "")
	want := clients.Client{ID: "acme", Keys: got.Keys, Numbers: phone.Possible, Policy: r.Defaults.Policy,
		Window: 10 * time.Minute, Skew: 5 * time.Minute, Brand: "Ours", Language: "fr",
		DefaultLanguage: "fr", Guard: guard.Policy{Mode: guard.Enforce, Young: 150, Shards: 2}}
	if !reflect.DeepEqual(*got, want) || len(got.Keys) != 0 {
		t.Errorf("%#v\nwant %#v", *got, want)
	}
	if !got.Allows("otp.send") || !got.From("192.0.2.1") || got.MaySendTo("MY") {
		t.Error("a new client may use all APIs from everywhere, and send to no country")
	}
}

// No client may send beyond the deployment's countries.
func TestCeiling(t *testing.T) {
	r := clientstest.New(t)
	for i, c := range []struct{ own, ceiling, want []string }{
		{[]string{"MY", "GB"}, []string{"*"}, []string{"MY", "GB"}},
		{[]string{"*"}, []string{"*"}, []string{"*"}},
		{[]string{"MY", "GB"}, []string{"GB", "US"}, []string{"GB"}},
		{[]string{"*"}, []string{"GB", "US"}, []string{"GB", "US"}},
		{[]string{"MY"}, []string{"GB"}, nil},
		{[]string{"*"}, nil, nil},
		{[]string{"MY"}, nil, nil},
		{nil, []string{"*"}, nil},
	} {
		r.Defaults.Countries = c.ceiling
		got := r.MustAdd(t, clients.Record{ID: fmt.Sprint(i), Countries: c.own}, "").Countries
		if !slices.Equal(got, c.want) {
			t.Errorf("%q under %q: %q, want %q", c.own, c.ceiling, got, c.want)
		}
	}
}

// The deployment's hourly limit is lowered to the client's daily limit. An hourly limit of
// the client's own must be within the daily one.
func TestHourlyLimit(t *testing.T) {
	r := clientstest.New(t)
	p := r.MustAdd(t, clients.Record{ID: "a", Limits: clients.Limits{PerDay: new(3)}}, "").Policy
	if p.PerHour != 3 || p.PerDay != 3 {
		t.Errorf("%d in an hour and %d in a day, want 3 and 3", p.PerHour, p.PerDay)
	}
	err := r.Add(t.Context(), clients.Record{ID: "b", Limits: clients.Limits{PerDay: new(3), PerHour: new(4)}}, nil)
	clientstest.WantError(t, err, "limits.perHour is 4, must be 1 to 3")
	r.Defaults.Policy.PerDay = 4
	clientstest.WantError(t, r.Add(t.Context(), clients.Record{ID: "b", Limits: clients.Limits{PerHour: new(5)}}, nil),
		"limits.perHour is 5, must be 1 to 4")
}

// A record in the table is read completely or not at all.
func TestStrictRecords(t *testing.T) {
	r := clientstest.New(t)
	const begin = `{"id":"acme","status":"active","added":"2026-11-22T02:25:27Z"`
	const whole = begin + `}`
	for _, c := range []struct{ name, text, want string }{
		{"whole", whole, ""},
		{"white space", " " + whole + "\n", ""},
		{"an unknown member", begin + `,"unsinged":true}`, "unsinged"},
		{"a member in another case", begin + `,"Unsigned":true}`, "Unsigned"},
		{"an unknown member further in", begin + `,"limits":{"perYear":1}}`, "perYear"},
		{"a member twice", `{"id":"acme","status":"disabled","status":"active","added":"2026-11-22T02:25:27Z"}`,
			"duplicate"},
		{"a number for a text", begin + `,"window":600}`, "window"},
		{"parts of a second", begin + `,"window":"1.5s"}`, "whole seconds"},
		{"no unit", begin + `,"window":"600"}`, "whole seconds"},
		{"a list for a text", `{"id":["acme"]}`, "id"},
		{"no status", `{"id":"acme"}`, `status is ""`},
		{"of another client", `{"id":"other","status":"active","added":"2026-11-22T02:25:27Z"}`,
			`the record under this id is of client "other"`},
		{"empty", ``, "cannot be read"},
		{"null", `null`, `the record under this id is of client ""`},
		{"two values", whole + whole, "cannot be read"},
		{"a bad key", begin + `,"keys":[{"version":"1","pem":"x","added":"2026-11-22T02:25:27Z"}]}`, "keys[0].pem"},
		{"a secret that nobody sealed", begin + `,"secrets":[{"sealed":"plain","added":"2026-11-22T02:25:27Z"}]}`,
			"secrets[0] cannot be opened"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r.Put(t, "client#acme", c.text)
			got, err := r.Lookup().Find(t.Context(), "acme")
			if c.want != "" {
				clientstest.WantError(t, err, `client "acme": `, c.want)
			}
			if (got != nil) != (c.want == "") || (err == nil) != (c.want == "") {
				t.Errorf("%v, %v", got, err)
			}
		})
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0s", 90 * time.Second: "1m30s", 30 * time.Second: "30s", 5 * time.Minute: "5m", 24 * time.Hour: "24h",
		time.Hour + 30*time.Minute: "1h30m", time.Hour + time.Second: "1h0m1s", 10 * time.Hour: "10h",
		100 * time.Minute: "1h40m",
	} {
		text, err := clients.Duration(d).MarshalText()
		var back clients.Duration
		if err != nil || string(text) != want || back.UnmarshalText(text) != nil || time.Duration(back) != d {
			t.Errorf("%v: %s and back %v, want %s", d, text, back, want)
		}
	}
}
