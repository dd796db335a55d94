package stream

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/otp"
)

// item is a challenge or a receipt in a record, see package dynamostore.
type item map[string]events.DynamoDBAttributeValue

// image reads the followed fields of a challenge; it is nil if there is none.
func image(i item) (*otp.Challenge, error) {
	c, err := followed(i, otp.ChallengeFields)
	if err == nil && c != nil && (c.Attempts < 0 || c.Attempts > c.Max || c.Max > maxGuesses) {
		r := reader{item: i}
		r.fail("attempts", fmt.Sprintf("from 0 to max, which is at most %d", maxGuesses))
		err = r.err
	}
	return c, err
}

// receipt reads the followed fields of a receipt; it is nil if there is none.
func receipt(i item) (*otp.Receipt, error) {
	got, err := followed(i, otp.ReceiptFields)
	if err != nil || got == nil {
		return nil, err
	}
	got.MessageID = strings.TrimPrefix(got.MessageID, otp.ReceiptPrefix)
	if got.State() == "" {
		return nil, errors.New(`attribute "reason" is not a reason that this release knows`)
	}
	return got, nil
}

// followed reads the followed fields of an item; it is nil if there is none. An attribute
// that is missing or has another type is an error, never a zero: a zero would give wrong
// facts.
func followed[T any](i item, fields []otp.FieldOf[T]) (*T, error) {
	if len(i) == 0 {
		return nil, nil
	}
	r, of := reader{item: i}, new(T)
	for _, f := range fields {
		if _, there := i[f.Name]; !f.Followed || f.Optional && !there {
			continue
		}
		switch p := f.Pointer(of).(type) {
		case *string:
			*p = r.text(f.Name)
		case *[]byte:
			*p = r.binary(f.Name)
		case *int:
			*p = int(r.number(f.Name))
		case *int64:
			*p = r.number(f.Name)
		case *bool:
			*p = r.number(f.Name) == 1
		}
	}
	return of, r.err
}

// maxGuesses is more than any policy allows.
const maxGuesses = 100

// reader reads attributes and keeps the first error, which names the attribute and never its
// value.
type reader struct {
	item item
	err  error
}

func (r *reader) is(name string, want events.DynamoDBDataType, typeName string) bool {
	v, ok := r.item[name]
	if ok && v.DataType() == want {
		return true
	}
	r.fail(name, typeName)
	return false
}

func (r *reader) fail(name, want string) {
	if r.err == nil {
		r.err = fmt.Errorf("attribute %q is missing or not %s", name, want)
	}
}

func (r *reader) text(name string) string {
	if !r.is(name, events.DataTypeString, "a string") {
		return ""
	}
	return r.item[name].String()
}

func (r *reader) binary(name string) []byte {
	if !r.is(name, events.DataTypeBinary, "binary") {
		return nil
	}
	return r.item[name].Binary()
}

func (r *reader) number(name string) int64 {
	if !r.is(name, events.DataTypeNumber, "a whole number") {
		return 0
	}
	n, err := strconv.ParseInt(r.item[name].Number(), 10, 64)
	if err != nil {
		r.fail(name, "a whole number")
	}
	return n
}
