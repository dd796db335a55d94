package storetest

import (
	"fmt"
	"reflect"
	"testing"

	"countersign/pkg/otp"
)

// Filled returns a challenge with a value in every field that no other field has,
// and no other n. A new field is filled without a change here.
func Filled(n int) otp.Challenge {
	var c otp.Challenge
	fill(reflect.ValueOf(&c).Elem(), n)
	return c
}

// FilledReceipt is [Filled] for receipts.
func FilledReceipt(n int) otp.Receipt {
	var r otp.Receipt
	fill(reflect.ValueOf(&r).Elem(), n)
	r.Reason = otp.Reasons()[n]
	return r
}

func fill(v reflect.Value, n int) {
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch f := v.Field(i); f.Kind() {
		case reflect.Struct:
			fill(f, n)
		case reflect.String:
			f.SetString(fmt.Sprint("canary-", name, n))
		case reflect.Slice:
			f.SetBytes(fmt.Append(nil, "canary-", name, n))
		case reflect.Bool:
			f.SetBool(n%2 == 1)
		default:
			f.SetInt(int64(9000 + 100*n + i))
		}
	}
}

// testEveryField writes challenges that differ in every field, each in the place of
// the one before, and reads them again.
func testEveryField(t *testing.T, o Opener) {
	s := o.Open(t)
	var before *otp.Challenge
	for n := range 4 {
		c := Filled(n)
		c.Key = "C#demo#1"
		now := otp.Millis(0)
		if n == 1 { // replaced as it was read
			now = before.Lease
		} else if n > 1 { // replaced since its TTL is over
			now, before = otp.Millis(before.TTL*1000), nil
		}
		w, err := s.Reserve(ctx, c, before, now)
		applied(t, w, err, true, nil)
		if got := stored(t, s, c.Key); !reflect.DeepEqual(got, &c) {
			t.Errorf("stored\n%+v\nwant\n%+v", got, c)
		}
		before = &c
	}
}
