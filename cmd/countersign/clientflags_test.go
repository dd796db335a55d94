package main

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/clients"
)

// TestFlagsOfClients: each field of a client's record has a flag, except those that have
// commands of their own.
func TestFlagsOfClients(t *testing.T) {
	var given clientFlags
	fill(reflect.ValueOf(&given).Elem())
	given.SendersFile, given.Sender = nil, []string{"MY=x"} // a country that exists
	var r clients.Record
	given.apply(&r)
	lacking := func(of reflect.Value, except ...string) {
		for i := range of.NumField() {
			if name := of.Type().Field(i).Name; of.Field(i).IsZero() && !slices.Contains(except, name) {
				t.Errorf("no flag sets %s of a client: add it to clientFlags and to its method apply", name)
			}
		}
	}
	lacking(reflect.ValueOf(r), "ID", "Status", "Added", "Keys", "AccessKeys", "Secrets", "TestNumbers", "DLT",
		"Guard")
	lacking(reflect.ValueOf(r.Limits))
	for i, name := range recordMembers() {
		if !reflect.ValueOf(r).Field(i).IsZero() && !strings.Contains(everyField, `"`+name+`":`) {
			t.Errorf("everyFlag and everyField of client_test.go have no %s: add its flag and its value", name)
		}
	}
}

// fill gives every flag a value.
func fill(flags reflect.Value) {
	for i := range flags.NumField() {
		switch f := flags.Field(i).Addr().Interface().(type) {
		case **string:
			*f = new("x")
		case **bool:
			*f = new(true)
		case **int:
			*f = new(1)
		case *[]string:
			*f = []string{"x=x"}
		case *[]byte:
			*f = []byte("{}")
		case *number:
			*f = number{given: true, value: new(1)}
		case *duration:
			*f = duration{given: true, value: new(clients.Duration(1))}
		}
	}
}

// TestClientFlags: an error names the flag that is wrong, and what it must be.
func TestClientFlags(t *testing.T) {
	c := onFolder(t, newFolder(t))
	c.ok("client", "add", "acme")
	for flags, want := range map[string]string{
		"--country us": `--country: "us" has no phone numbers, if it is a country at all: give upper-case ` +
			`ISO 3166-1 codes`,
		"--country MY,XX":     `"XX" has no phone numbers`,
		"--country UK":        `--country: "UK" is no ISO 3166-1 code: the United Kingdom is "GB"`,
		"--unimatrix md5":     `unimatrix is "md5", must be simple, hmac`,
		"--api sms":           `must be ams, unimatrix, or the name of one of their APIs`,
		"--network 1.2.3.4/8": `without host bits`,
		"--numbers sure":      `must be possible, valid or mobile`,
		"--line fax":          `must be ordinary, premium, satellite`,
		"--time-window 10":    `--time-window: "10" must be whole seconds with their unit`,
		"--time-window 25h":   `window is 25h0m0s, must be 0s (off) to 24h`,
		"--per-minute -1":     `per-minute`,
		"--per-minute=-1":     `perMinute is -1, must be 0`,
		"--digits six":        `--digits: must be a whole number`,
		"--digits 9":          `limits.digits is 9, must be 4 to 8`,
		"--attempts 6":        `limits.attempts`,
		"--per-day 2":         `limits.perDay`,
		"--validity 1ms":      `whole seconds`,
		"--sender-id 1234":    `at least one letter`,
		"--language xx":       `language "xx" has no text: use one of ar, bg, bn`,
		"--brand Acme-2026":   `brand has a number of 4 digits`,
		"--text de":           `--text: "de" must be LANGUAGE=TEXT`,
		"--text xx={code}":    `texts[xx]: language "xx" has no text`,
		"--text de=Hallo":     `texts[de] has no {code}`,
		"--unknown":           `unknown flag --unknown`,
		"--generate-keys":     `--generate-key`,
		"--store redis":       `sqlite`,
		"--store dynamodb": `set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give an endpoint; for those ` +
			`of a profile or SSO: eval "$(aws configure export-credentials --format env)"`,
		"--dynamodb-endpoint x": `--store dynamodb`,
	} {
		c.no(want, append([]string{"client", "add", "other"}, strings.Fields(flags)...)...)
		if flags != "--generate-keys" {
			c.no(want, append([]string{"client", "set", "acme"}, strings.Fields(flags)...)...)
		}
	}
	c.env = append(c.env, "COUNTERSIGN_DIGITS=9")
	c.no(`COUNTERSIGN_DIGITS is 9`, "client", "list")
}
