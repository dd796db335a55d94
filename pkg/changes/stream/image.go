package stream

import (
	"fmt"
	"strconv"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/otp"
)

// item is a challenge in a record, see package dynamostore.
type item map[string]events.DynamoDBAttributeValue

// image reads the followed fields of a challenge; it is nil if there is none. An attribute
// that is missing or has another type is an error, never a zero: a zero would give wrong
// facts.
func image(i item) (*otp.Challenge, error) {
	if len(i) == 0 {
		return nil, nil
	}
	r, c := reader{item: i}, new(otp.Challenge)
	for _, f := range otp.ChallengeFields {
		if _, there := i[f.Name]; !f.Followed || f.Optional && !there {
			continue
		}
		switch p := f.Pointer(c).(type) {
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
	if c.Attempts < 0 || c.Attempts > c.Max || c.Max > maxGuesses {
		r.fail("attempts", fmt.Sprintf("from 0 to max, which is at most %d", maxGuesses))
	}
	return c, r.err
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
