package main

import (
	"reflect"
	"slices"
	"testing"

	"countersign/pkg/clients"
)

// Each field of a client's record has a flag, but for those that have commands of their
// own.
func TestFlagsOfClients(t *testing.T) {
	var given clientFlags
	fill(reflect.ValueOf(&given).Elem())
	var r clients.Record
	given.apply(&r)
	lacking := func(of reflect.Value, except ...string) {
		for i := range of.NumField() {
			if name := of.Type().Field(i).Name; of.Field(i).IsZero() && !slices.Contains(except, name) {
				t.Errorf("no flag sets %s of a client: add it to clientFlags and to its method apply", name)
			}
		}
	}
	lacking(reflect.ValueOf(r), "ID", "Status", "Added", "Keys", "Secrets")
	lacking(reflect.ValueOf(r.Limits))
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
			*f = []string{"x"}
		case *number:
			*f = number{given: true, value: new(1)}
		case *duration:
			*f = duration{given: true, value: new(clients.Duration(1))}
		}
	}
}
