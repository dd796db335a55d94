package clients_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/clientstest"
	"countersign/pkg/clients/profile"
	"countersign/pkg/message/languages"
	"countersign/pkg/otp"
)

// field is a field of a record, or of the limits of a record.
type field struct {
	name string // in Go, such as "Limits.Digits"
	json string // in errors, such as "limits.digits"
	of   func(*clients.Record) reflect.Value
}

// fieldsOfRecord returns the fields of a record, and those of its limits and of its guard in place of these themselves.
func fieldsOfRecord() (all []field) {
	jsonName := func(f reflect.StructField) string {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		return name
	}
	for i, f := range slices.Collect(reflect.TypeFor[clients.Record]().Fields()) {
		if f.Type != reflect.TypeFor[clients.Limits]() && f.Type != reflect.TypeFor[clients.Guard]() {
			all = append(all, field{f.Name, jsonName(f), func(r *clients.Record) reflect.Value {
				return reflect.ValueOf(r).Elem().Field(i)
			}})
			continue
		}
		for j, limit := range slices.Collect(f.Type.Fields()) {
			all = append(all, field{f.Name + "." + limit.Name, jsonName(f) + "." + jsonName(limit),
				func(r *clients.Record) reflect.Value { return reflect.ValueOf(r).Elem().Field(i).Field(j) }})
		}
	}
	return all
}

// Every field of a record reaches the client: without it, the client is another one. Requests need neither the status,
// because they do not find a disabled client, nor the date, nor the access keys, by which they have found it.
func TestEachFieldReachesTheClient(t *testing.T) {
	rig := clientstest.New(t)
	full := addFull(t, rig)
	for _, f := range fieldsOfRecord() {
		if f.name == "Status" || f.name == "Added" || f.name == "AccessKeys" {
			continue
		}
		r, err := clients.ParseRecord([]byte(rig.Raw(t, clients.DocumentKey("acme"))))
		if err != nil {
			t.Fatal(err)
		}
		if f.of(&r).IsZero() {
			t.Errorf("the sample record has no %[1]s: give fullRecord in pkg/clients/record_test.go a value for %[1]s "+
				"that is not the default, and want it in the Client of TestClientOfRecord", f.name)
			continue
		}
		f.of(&r).SetZero()
		without, err := r.Client(t.Context(), rig.Defaults, rig.Sealer)
		if err == nil && reflect.DeepEqual(without, full) {
			t.Errorf("the client is the same without Record.%s: hand the field on to Client, in Record.parse of "+
				"pkg/clients/parse.go (a limit: in Limits.over of pkg/clients/limits.go)", f.name)
		}
	}
}

// Every field of a client is wanted in the tests: none has its zero value but those whose default is another value.
func TestEachFieldOfClientHasASample(t *testing.T) {
	rig := clientstest.New(t)
	full := reflect.ValueOf(addFull(t, rig)).Elem()
	for i, f := range slices.Collect(full.Type().Fields()) {
		if f.Name != "Window" && f.Name != "IDIsKey" && f.Name != "Uncounted" && full.Field(i).IsZero() {
			t.Errorf("Client.%s is zero for the sample record: set it in Record.parse of pkg/clients/parse.go", f.Name)
		}
	}
}

// Every field of a record changes a fact, which client show and the console tell an operator.
func TestEachFieldIsAFact(t *testing.T) {
	rig := clientstest.New(t)
	addFull(t, rig)
	record := func() clients.Record {
		r, err := clients.ParseRecord([]byte(rig.Raw(t, clients.DocumentKey("acme"))))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	full := profile.Of(record(), "", rig.Clock.Now())
	for _, f := range fieldsOfRecord() {
		r := record()
		f.of(&r).SetZero()
		if slices.Equal(profile.Of(r, "", rig.Clock.Now()), full) {
			t.Errorf("no fact tells Record.%s: add a line to settings in pkg/clients/profile/fact.go", f.name)
		}
	}
}

// Every field of a record is checked: some record is refused for it. Any boolean and any date is right.
func TestEachFieldIsChecked(t *testing.T) {
	defaults := clients.Defaults{
		Policy: otp.DefaultPolicy(), Countries: []string{"*"}, Brand: "Acme", CheckWords: languages.Check,
	}
	refused := ""
	for _, c := range wrongRecords() {
		if err := c.record.Check(defaults, clients.Writing); err != nil && c.want != "" {
			refused += "\n" + err.Error()
		}
	}
	for _, f := range fieldsOfRecord() {
		switch f.of(new(clients.Record)).Interface().(type) {
		case bool, *bool, time.Time:
			continue
		}
		if !strings.Contains(refused, "\n"+f.json+" ") && !strings.Contains(refused, "\n"+f.json+"[") {
			t.Errorf("no test has a wrong %s: check Record.%s in pkg/clients/parse.go, with an error that begins with "+
				"%[1]s, and add a wrong value to wrongReach, or to another list, in pkg/clients/check_test.go",
				f.json, f.name)
		}
	}
}
