package stream

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
)

// attribute returns a field as Lambda delivers it.
func attribute(t *testing.T, field any) events.DynamoDBAttributeValue {
	t.Helper()
	switch p := field.(type) {
	case *string:
		return events.NewStringAttribute(*p)
	case *[]byte:
		return events.NewBinaryAttribute(*p)
	case *int:
		return events.NewNumberAttribute(strconv.Itoa(*p))
	case *int64:
		return events.NewNumberAttribute(fmt.Sprint(*p))
	case *bool:
		return events.NewNumberAttribute(map[bool]string{false: "0", true: "1"}[*p])
	}
	t.Fatalf("no attribute for a %T", field)
	panic("unreachable")
}

// The reader loses no followed field, needs no other, and demands each that is not
// optional.
func TestImageHasEveryFollowedField(t *testing.T) {
	c, record := storetest.Filled(1), item{}
	c.Attempts, c.Max = 2, 5
	for _, f := range otp.ChallengeFields {
		if f.Followed {
			record[f.Name] = attribute(t, f.Pointer(&c))
		} else {
			reflect.ValueOf(f.Pointer(&c)).Elem().SetZero()
		}
	}
	got, err := image(record)
	if err != nil || !reflect.DeepEqual(*got, c) {
		t.Errorf("%v, read\n%+v\nwant\n%+v", err, got, c)
	}
	for _, f := range otp.ChallengeFields {
		v, there := record[f.Name]
		delete(record, f.Name)
		if _, err := image(record); (err != nil) != (f.Followed && !f.Optional) {
			t.Errorf("without %s: %v", f.Name, err)
		}
		if there {
			record[f.Name] = v
		}
	}
}

// A receipt loses no followed field. One without an attribute that all have, or with a reason that this release does
// not know, cannot be read.
func TestReceiptHasEveryFollowedField(t *testing.T) {
	r, record := storetest.FilledReceipt(1), item{}
	for _, f := range otp.ReceiptFields {
		if f.Followed {
			record[f.Name] = attribute(t, f.Pointer(&r))
		} else {
			reflect.ValueOf(f.Pointer(&r)).Elem().SetZero()
		}
	}
	record["pk"] = events.NewStringAttribute(otp.ReceiptKey(r.MessageID))
	got, err := receipt(record)
	if err != nil || !reflect.DeepEqual(*got, r) {
		t.Errorf("%v, read\n%+v\nwant\n%+v", err, got, r)
	}
	for _, f := range otp.ReceiptFields {
		v, there := record[f.Name]
		delete(record, f.Name)
		if _, err := receipt(record); (err != nil) != (f.Followed && !f.Optional) {
			t.Errorf("without %s: %v", f.Name, err)
		}
		if there {
			record[f.Name] = v
		}
	}
	record["reason"] = events.NewStringAttribute("canary")
	if _, err := receipt(record); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("%v, want an error without the value", err)
	}
}
