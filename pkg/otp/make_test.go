package otp

import (
	"bytes"
	"reflect"
	"testing"
	"time"
)

// unstored are the fields of a Start that decide about the message, the limits or the answer, and that no challenge
// keeps.
var unstored = map[string]bool{
	"Text": true, "Origins": true, "Template": true, "PerDay": true, "Guard": true, "StatedValidity": true,
	"Remembers": true, "RefusalWait": true,
}

// Every other field of a Start, and every field of an Ask, changes the challenge that is made.
func TestEveryFieldReachesTheChallenge(t *testing.T) {
	started := func(r Start) Challenge {
		c, err := making(t, r).challenge()
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	asked := func(r Ask) Challenge {
		c, err := making(t, Start{Client: r.Client, ID: r.ID, Policy: r.Policy}).question(r)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	var start Start
	for field, value := range reflect.ValueOf(&start).Elem().Fields() {
		if unstored[field.Name] {
			continue
		}
		start = Start{Policy: DefaultPolicy(), To: "+606543216353"}
		before := started(start)
		change(t, field.Name, value)
		if reflect.DeepEqual(started(start), before) {
			t.Errorf("Start.%s changes nothing in the challenge: store it in pkg/otp/make.go, or, if the challenge "+
				"does not keep it, add it to unstored in pkg/otp/make_test.go", field.Name)
		}
	}
	var ask Ask
	for field, value := range reflect.ValueOf(&ask).Elem().Fields() {
		ask = Ask{Policy: DefaultPolicy()}
		before := asked(ask)
		change(t, field.Name, value)
		if reflect.DeepEqual(asked(ask), before) {
			t.Errorf("Ask.%s changes nothing in the challenge: store it in pkg/otp/ask.go", field.Name)
		}
	}
}

// making is a call whose random bytes and time are always the same.
func making(t *testing.T, r Start) *sending {
	random := bytes.NewReader(bytes.Repeat([]byte{7}, 64))
	now := func() time.Time { return time.UnixMilli(1_795_317_208_457) }
	return Issuer{Keys: testKeys(t, 1), Now: now, Rand: random}.begin(t.Context(), r)
}

// change gives a field of a Start or an Ask another value.
func change(t *testing.T, name string, v reflect.Value) {
	t.Helper()
	switch to := v.Addr().Interface().(type) {
	case *Policy:
		to.Attempts, to.Validity = to.Attempts+1, to.Validity+time.Minute
	case *Payment:
		*to = Payment{Amount: "1.00", Currency: "EUR", Payee: "Acme"}
	case *Test:
		*to = Test{Code: "123456", Until: 1}
	case *[]string:
		*to = []string{"changed"}
	case *Phone:
		*to = "+606543216354"
	case *Code:
		*to = "123456"
	default:
		switch v.Kind() {
		case reflect.String:
			v.SetString("changed")
		case reflect.Bool:
			v.SetBool(true)
		case reflect.Int, reflect.Int64:
			v.SetInt(8)
		default:
			t.Fatalf("%s is a %s: give it another value in change of pkg/otp/make_test.go", name, v.Type())
		}
	}
}
