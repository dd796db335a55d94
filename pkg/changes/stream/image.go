package stream

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/aws/aws-lambda-go/events"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
)

// item is a challenge as a record has it, see package dynamostore.
type item map[string]events.DynamoDBAttributeValue

// image reads an item, nil for none. What is missing or mistyped is an error and
// not a zero: a fact must not be made up.
func image(i item) (*changes.Image, error) {
	if len(i) == 0 {
		return nil, nil
	}
	r := reader{item: i}
	out := &changes.Image{
		Key:       r.text("pk"),
		AuthID:    r.text("authId"),
		Seed:      r.binary("seed"),
		State:     otp.State(r.text("state")),
		Result:    otp.Outcome(r.text("result")),
		Passed:    bytes.Equal(r.binary("guess"), r.binary("code")),
		Op:        r.text("op"),
		Attempts:  int(r.number("attempts")),
		Max:       int(r.number("max")),
		SentAt:    otp.Millis(r.number("sentAt")),
		ExpiresAt: otp.Millis(r.number("expiresAt")),
		Ledger:    r.text("ledger"),
		Mask:      r.text("mask"),
		Client:    r.text("client"),
		Region:    r.text("region"),
	}
	if out.Attempts < 0 || out.Attempts > out.Max || out.Max > most {
		r.fail("attempts", fmt.Sprintf("from 0 to max, which is at most %d", most))
	}
	return out, r.err
}

// most is more guesses than any policy allows.
const most = 100

// reader keeps the first thing that is wrong. It names the attribute, never its
// value.
type reader struct {
	item item
	err  error
}

func (r *reader) is(name string, want events.DynamoDBDataType, called string) bool {
	v, ok := r.item[name]
	if ok && v.DataType() == want {
		return true
	}
	r.fail(name, called)
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
