package clients_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/clients/origins"
	"countersign/pkg/documents"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
)

// check checks a record that an operator writes, under the policy's own defaults.
func check(r clients.Record) error {
	return r.Check(clients.Defaults{
		Policy: otp.DefaultPolicy(), Countries: []string{"*"}, Brand: "Acme", CheckWords: languages.Check,
		CheckSender: origins.Check,
	}, clients.Writing)
}

// recordCase is a record and the error that it causes.
type recordCase struct {
	name   string
	record clients.Record
	want   string // "" means none
}

// goodRecords have no mistake.
func goodRecords() []recordCase {
	return []recordCase{
		{"as little as can be", clients.Record{}, ""},
		{"an id of Unimatrix", clients.Record{ID: "ak h+m/a:c,0", Unimatrix: "simple"}, ""},
		{"all groups", clients.Record{APIs: []string{"ams", "unimatrix", "otp.send"}}, ""},
		{"unsigned", clients.Record{Unsigned: true}, ""},
		{"a window of a day", clients.Record{Window: new(clients.Duration(24 * time.Hour))}, ""},
		{"everywhere", clients.Record{Networks: []string{"0.0.0.0/0", "::/0"}}, ""},
	}
}

// wrongIDs have a wrong id, status or API.
func wrongIDs() []recordCase {
	key := clients.Key{Version: "1", PEM: clientstest.Public(clientstest.Key1())}
	return []recordCase{
		{"no id", clients.Record{ID: "-"}, `id is "", must be 1 to 64 characters`},
		{"a long id", clients.Record{ID: strings.Repeat("a", 65)}, "must be 1 to 64 characters"},
		{"an id with a line feed", clients.Record{ID: "a\nb"}, `id is "a\nb", must be`},
		{"an id that AMS has not, with a key", clients.Record{ID: "a b", Keys: []clients.Key{key}},
			`id is "a b", must be 1 to 64 letters, digits, _ or -`},
		{"an id that AMS has not, unsigned", clients.Record{ID: "a b", Unsigned: true}, "must be 1 to 64 letters"},
		{"no status", clients.Record{Status: "-"}, `status is "", must be active or disabled`},
		{"another status", clients.Record{Status: "blocked"}, `status is "blocked", must be active or disabled`},
		{"an API that is none", clients.Record{APIs: []string{"ams", "otp"}},
			`apis[1] is "otp", must be ams, unimatrix, or the name`},
	}
}

// wrongKeys have a wrong key or secret.
func wrongKeys() []recordCase {
	key := clients.Key{Version: "1", PEM: clientstest.Public(clientstest.Key1())}
	return []recordCase{
		{"a version with a zero", clients.Record{Keys: []clients.Key{{Version: "01", PEM: key.PEM}}},
			`keys[0].version is "01", must be a whole number from 0`},
		{"a version with a sign", clients.Record{Keys: []clients.Key{{Version: "+1", PEM: key.PEM}}},
			`keys[0].version is "+1"`},
		{"no version", clients.Record{Keys: []clients.Key{{PEM: key.PEM}}}, `keys[0].version is ""`},
		{"a version twice", clients.Record{Keys: []clients.Key{key, key}},
			`keys[1].version is "1", must be given once`},
		{"a key that is none",
			clients.Record{Keys: []clients.Key{key, {Version: "2", PEM: "-----BEGIN PUBLIC KEY-----\ncanary\n"}}},
			"keys[1].pem: public key: "},
		{"a short key",
			clients.Record{Keys: []clients.Key{{Version: "1", PEM: clientstest.Public(clientstest.Short())}}},
			"keys[0].pem: public key: RSA key of 1024 bits, must have at least 2048"},
		{"a private key",
			clients.Record{Keys: []clients.Key{{Version: "1", PEM: clientstest.Private(clientstest.Key1())}}},
			"keys[0].pem: public key: this is a private key"},
		{"too many keys", clients.Record{Keys: slices.Repeat([]clients.Key{key}, 11)},
			"keys has 11 entries, must have at most 10: remove some"},
		{"another mode", clients.Record{Unimatrix: "HMAC"}, `unimatrix is "HMAC", must be simple, hmac or left out`},
		{"HMAC without a secret", clients.Record{Unimatrix: "hmac"},
			`unimatrix is "hmac", must be simple, or with a secret`},
		{"a digest out of a listing", clients.Record{AccessKeys: []clients.AccessKey{{Digest: "0a1b2c3d"}}},
			"accessKeys[0].digest is 0a1b2c3d, must be 64 hexadecimal digits"},
		{"six access keys", clients.Record{AccessKeys: make([]clients.AccessKey, 6)},
			"accessKeys has 6 entries, must have at most 5: remove some"},
		{"three secrets", clients.Record{Secrets: []clients.Secret{{Sealed: "1.a"}, {Sealed: "1.b"}, {Sealed: "1.c"}}},
			"secrets has 3 entries, must have at most 2"},
		{"a secret out of a listing", clients.Record{Secrets: []clients.Secret{{Sealed: "sealed"}}},
			"secrets[0] is sealed, must be a value that the registry has sealed"},
		{"21 test numbers", clients.Record{TestNumbers: make([]clients.TestNumber, 21)},
			"testNumbers has 21 entries, must have at most 20: remove some"},
		{"a test number out of a listing", clients.Record{TestNumbers: []clients.TestNumber{{Sealed: "sealed"}}},
			"testNumbers[0] is sealed, must be a value that the registry has sealed"},
		{"a test number without end", clients.Record{TestNumbers: []clients.TestNumber{{Sealed: "1.a"}}},
			"testNumbers[0].until is"},
		{"an empty secret", clients.Record{Secrets: []clients.Secret{{}}}, "secrets[0] is sealed, must be"},
	}
}

// wrongReach have a wrong network, country or kind of number.
func wrongReach() []recordCase {
	return []recordCase{
		{"a network that is none", clients.Record{Networks: []string{"::1", "localhost"}},
			`networks[1] is "localhost", must be an address`},
		{"host bits", clients.Record{Networks: []string{"192.0.2.1/24"}},
			`networks[0] is "192.0.2.1/24", must be an address such as "192.0.2.7" or a prefix without host bits`},
		{"IPv4 in IPv6", clients.Record{Networks: []string{"::ffff:192.0.2.1", "::ffff:192.0.2.0/120"}},
			`networks[1] is`},
		{"a zone", clients.Record{Networks: []string{"fe80::1%eth0"}}, "networks[0] is"},
		{"too many networks", clients.Record{Networks: slices.Repeat([]string{"192.0.2.7"}, 51)},
			"networks has 51 entries, must have at most 50"},
		{"a form that is none", clients.Record{DLT: []clients.Registration{
			{Language: "hi", Form: "sms", Template: "1"},
		}}, `dlt[0].form is "sms", must be plain, site, hash or both`},
		{"a text without a language", clients.Record{DLT: []clients.Registration{{Template: "1"}}},
			"dlt[0].language is"},
		{"a template with a space", clients.Record{DLT: []clients.Registration{{Language: "hi", Template: "1 2"}}},
			`dlt[0].template is "1 2", must be 1 to 50 letters, digits, hyphens and underscores`},
		{"two ids of a text", clients.Record{DLT: []clients.Registration{
			{Language: "hi", Template: "1"}, {Language: "hi", Form: "plain", Template: "2"},
		}}, "dlt[0] and dlt[1] are of one text: keep one"},
		{"a country in lower case", clients.Record{Countries: []string{"my"}},
			`countries[0] is "my", must be an upper-case ISO 3166-1 code`},
		{"a country of three", clients.Record{Countries: []string{"MYS"}}, `countries[0] is "MYS"`},
		{"another strictness", clients.Record{Numbers: "any"}, `numbers is "any", must be possible, valid or mobile`},
		{"another line type", clients.Record{Lines: []string{"fax"}},
			`lines[0] is "fax", must be ordinary, premium, satellite, shared-cost`},
	}
}

// wrongLimits have a limit outside its range.
func wrongLimits() []recordCase {
	return []recordCase{
		{"too few digits", clients.Record{Limits: clients.Limits{Digits: new(3)}},
			"limits.digits is 3, must be 4 to 8"},
		{"a long validity", clients.Record{Limits: clients.Limits{Validity: new(clients.Duration(time.Hour))}},
			"limits.validity is 1h0m0s, must be 1m0s to 10m0s"},
		{"no attempts", clients.Record{Limits: clients.Limits{Attempts: new(0)}},
			"limits.attempts is 0, must be 1 to 5"},
		{"a long cooldown", clients.Record{Limits: clients.Limits{Cooldown: new(clients.Duration(2 * time.Hour))}},
			"limits.cooldown is 2h0m0s"},
		{"too few a day", clients.Record{Limits: clients.Limits{PerDay: new(2)}},
			"limits.perDay is 2, must be 3 to 20"},
		{"too many an hour", clients.Record{Limits: clients.Limits{PerHour: new(11)}},
			"limits.perHour is 11, must be 1 to 10"},
		{"unanswered", clients.Record{Limits: clients.Limits{Unanswered: new(101)}}, "limits.unanswered is 101"},
		{"a short pause", clients.Record{Limits: clients.Limits{Pause: new(clients.Duration(time.Minute))}},
			"limits.pause is 1m0s"},
		{"a short memory", clients.Record{Limits: clients.Limits{Memory: new(clients.Duration(time.Minute))}},
			"limits.memory is 1m0s"},
		{"a window beyond a day", clients.Record{Window: new(clients.Duration(25 * time.Hour))},
			"window is 25h0m0s, must be 0s (off) to 24h"},
		{"a window below none", clients.Record{Window: new(clients.Duration(-time.Second))}, "window is -1s"},
		{"a rate below none", clients.Record{PerMinute: -1},
			"perMinute is -1, must be 0 (the deployment's) to 1000000"},
		{"messages below none", clients.Record{MessagesPerDay: -1},
			"messagesPerDay is -1, must be 0 (the deployment's) to 100000000"},
		{"a rate without end", clients.Record{PerMinute: 1_000_001}, "perMinute is 1000001"},
	}
}

// The record of a client is read at requests: texts of its own in all languages, each of the most bytes, leave it
// small.
func TestTextsAreSmall(t *testing.T) {
	r := fullRecord()
	for _, tag := range languages.All() {
		r.Texts[tag] = "{code} " + strings.Repeat("ß", 151)
	}
	r.Status, r.Unimatrix, r.Secrets, r.Site, r.AndroidHash = clients.StatusActive, "", nil, "", ""
	if err := check(r); err != nil {
		t.Fatal(err)
	}
	text, err := documents.Encode(r)
	if err != nil || len(text) > 20_000 {
		t.Errorf("the record has %d bytes, want 20,000 at most: %v", len(text), err)
	}
	r.Texts["de"] += "ß"
	clientstest.WantError(t, check(r), "texts[de] makes a message", "take out 1")
}

// wrongTexts have a wrong brand, language or name.
func wrongTexts() []recordCase {
	return []recordCase{
		{"a brand with a mark of direction", clients.Record{Brand: "Acme\u202e"}, "brand has the character U+202E"},
		{"a brand in another alphabet", clients.Record{Brand: "Acme ☃", Language: "en"}, ""},
		{"the longest brand", clients.Record{Brand: strings.Repeat("b", 107), Language: "en"}, ""},
		{"a brand that is too long", clients.Record{Brand: strings.Repeat("b", 108), Language: "en"}, "take out 1"},
		{"a brand that is too long in its language",
			clients.Record{Brand: strings.Repeat("b", 98), Language: "id"}, "take out 1"},
		{"letters that count twice", clients.Record{Brand: strings.Repeat("€", 54), Language: "en"}, "take out 1"},
		{"a text of its own", clients.Record{Texts: map[string]string{"de": "{code} von {brand}"}}, ""},
		{"a text without a code", clients.Record{Texts: map[string]string{"de": "Hallo {brand}"}}, "has no {code}"},
		{"a text in a language for no text", clients.Record{Texts: map[string]string{"de-AT": "{code}"}},
			`texts[de-AT]: language "de-AT" has no text`},
		{"a language for no text", clients.Record{Language: "tlh"}, `language "tlh" has no text`},
		{"a site", clients.Record{Site: "example.com", Language: "ta"}, ""},
		{"a URL as the site", clients.Record{Site: "https://example.com/"},
			`site is "https://example.com/", must be a host`},
		{"a site and a hash that are too long together",
			clients.Record{Site: "accounts.example.com", AndroidHash: "FA+9qCX9VSu", Language: "ta"},
			"brand in the language ta with the lines of the Android hash and of the site (44 characters) makes"},
		{"a text that is too long with a site",
			clients.Record{Site: "example.com", Texts: map[string]string{"de": "{code} " + strings.Repeat("a", 140)}},
			"texts[de] with the line of the site (23 characters) makes a message longer than one SMS of 160 " +
				"characters: take out 12"},
		{"a short hash", clients.Record{AndroidHash: "FA+9qCX9VS"}, `androidHash is "FA+9qCX9VS", has 10 characters`},
		{"a long sender id", clients.Record{SenderID: "Countersign1"},
			`senderID is "Countersign1", must be 1 to 11 letters`},
		{"a sender id of digits", clients.Record{SenderID: "12345"}, "with at least one letter"},
		{"a sender of a country in lower case", clients.Record{Senders: map[string]clients.Sender{"my": {}}},
			`senders[my] is "my", must be an upper-case ISO 3166-1 code`},
		{"a sender that a country shows not",
			clients.Record{Senders: map[string]clients.Sender{"MY": {Identity: "ACME"}}},
			`senders[MY]: phones in MY show no sender ids`},
		{"an empty sender name", clients.Record{SenderNames: []string{""}},
			`senderNames[0] is "", must be 1 to 64 characters`},
		{"the source in an unknown member", clients.Record{Sources: []string{"env.sessionId"}},
			`sources[0] is "env.sessionId", must be env.clientIp, env.deviceTokenId, header:NAME or metadata:NAME`},
		{"a source without a place", clients.Record{Sources: []string{"clientIp"}}, `sources[0] is "clientIp"`},
		{"a source in no header", clients.Record{Sources: []string{"header:"}}, `sources[0] is "header:"`},
		{"a source in a header with a long name",
			clients.Record{Sources: []string{"header:" + strings.Repeat("a", 65)}}, "sources[0] is"},
		{"a source in a header of two words", clients.Record{Sources: []string{"header:End User"}}, "sources[0] is"},
		{"a source in the name for a re-send", clients.Record{Sources: []string{"metadata:action"}}, "sources[0] is"},
		{"two sources in one contract", clients.Record{Sources: []string{"header:A", "env.clientIp", "header:B"}},
			`sources[2] is "header:B", must be the only one of its contract`},
		{"a template with a line feed", clients.Record{Templates: []string{"a", "b\n"}}, `templates[1] is "b\n"`},
	}
}

// wrongRecords have one mistake each.
func wrongRecords() []recordCase {
	return slices.Concat(wrongIDs(), wrongKeys(), wrongReach(), wrongLimits(), wrongGuards(), wrongTexts())
}

func TestCheck(t *testing.T) {
	for _, c := range slices.Concat(goodRecords(), wrongRecords()) {
		t.Run(c.name, func(t *testing.T) {
			r := c.record
			for field, otherwise := range map[*string]string{&r.ID: "acme", &r.Status: "active"} {
				switch *field {
				case "":
					*field = otherwise
				case "-":
					*field = ""
				}
			}
			err := check(r)
			if c.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			clientstest.WantError(t, err, c.want)
			for _, material := range []string{"canary", "MII"} {
				if err != nil && strings.Contains(err.Error(), material) {
					t.Errorf("the error has key material: %v", err)
				}
			}
		})
	}
}

// The error lists everything that is wrong.
func TestCheckListsAll(t *testing.T) {
	err := check(clients.Record{ID: "a b", Status: "off", APIs: []string{"x"},
		Keys: []clients.Key{{Version: "x", PEM: "y"}}, Networks: []string{"z"},
		Countries: []string{"uk"}, PerMinute: -1, Limits: clients.Limits{Digits: new(3), PerDay: new(99)}})
	clientstest.WantError(t, err, "id is", "status is", "apis[0] is", "keys[0].version is", "keys[0].pem: ",
		"networks[0] is", "countries[0] is", "perMinute is", "limits.digits is", "limits.perDay is")
	if err != nil && strings.Count(err.Error(), "\n") != 9 {
		t.Errorf("%v\nwant 10 lines", err)
	}
}
