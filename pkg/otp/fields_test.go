package otp

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A field of a challenge that is not in the list is stored nowhere.
func TestEveryFieldIsListed(t *testing.T) {
	var c Challenge
	listed, names := map[any]bool{}, map[string]bool{}
	for _, f := range ChallengeFields {
		at := f.Pointer(&c)
		address := reflect.ValueOf(at).Pointer()
		if listed[address] || names[f.Name] {
			t.Errorf("%s is listed twice", f.Name)
		}
		listed[address], names[f.Name] = true, true
		switch at.(type) {
		case *string, *[]byte, *int, *int64, *bool:
		default:
			t.Errorf("%s: the pointer is a %T, which no store knows", f.Name, at)
		}
		if f.Name == "" || strings.Trim(f.Name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			t.Errorf("%q: a name has ASCII letters only", f.Name)
		}
	}
	for _, of := range []any{&c, &c.Reported, &c.Marks} {
		for field, value := range reflect.ValueOf(of).Elem().Fields() {
			if !field.Anonymous && !listed[value.Addr().Pointer()] {
				t.Errorf("%s is missing from ChallengeFields in pkg/otp/fields.go", field.Name)
			}
		}
	}
	if ChallengeFields[0].Name != "pk" {
		t.Errorf("the first field is %s, want the primary key", ChallengeFields[0].Name)
	}
}

// Whoever follows a table reads the fields that events carry.
func TestReportedFieldsAreFollowed(t *testing.T) {
	c := Challenge{}
	for _, f := range ChallengeFields {
		reported, marks := c.Reported, c.Marks
		switch p := f.Pointer(&c).(type) {
		case *string:
			*p = "changed"
		case *bool:
			*p = true
		case *int:
			*p = 1
		case *int64:
			*p = 1
		}
		if (c.Reported != reported || c.Marks != marks) && !f.Followed {
			t.Errorf("%s is in Reported or in Marks: make it Followed in pkg/otp/fields.go", f.Name)
		}
	}
}

// ofFirstRelease are the fields that every item of a running deployment has.
var ofFirstRelease = strings.Fields(`pk authId print state result owner lease seed sealed chosen digits kv code guess op
	attempts max sentAt expiresAt ledger mask user client region ttl`)

// A table has items from before a field was added, so the stores must read items without it.
func TestYoungerFieldsAreOptional(t *testing.T) {
	for _, f := range ChallengeFields {
		switch inAllItems := slices.Contains(ofFirstRelease, f.Name); {
		case !inAllItems && !f.Optional:
			t.Errorf("%s is younger than the first release: make it Optional in pkg/otp/fields.go", f.Name)
		case inAllItems && f.Optional:
			t.Errorf("%s is of the first release: remove Optional in pkg/otp/fields.go", f.Name)
		}
	}
}
