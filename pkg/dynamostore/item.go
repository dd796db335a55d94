package dynamostore

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

// An attribute that is missing or has another type is an error, never a zero.

func text(s string) types.AttributeValue   { return &types.AttributeValueMemberS{Value: s} }
func binary(b []byte) types.AttributeValue { return &types.AttributeValueMemberB{Value: b} }
func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}
func millis(m otp.Millis) types.AttributeValue { return number(int64(m)) }
func list(of ...types.AttributeValue) types.AttributeValue {
	return &types.AttributeValueMemberL{Value: of}
}

func listOf[T any](of []T, value func(T) types.AttributeValue) types.AttributeValue {
	values := make([]types.AttributeValue, len(of))
	for i, v := range of {
		values[i] = value(v)
	}
	return list(values...)
}

func numbers(of []int) types.AttributeValue {
	return listOf(of, func(n int) types.AttributeValue { return number(int64(n)) })
}

// set returns a set of binary values, which must not be empty.
func set(of [][]byte) types.AttributeValue { return &types.AttributeValueMemberBS{Value: of} }

// since returns the instant that lies d before now.
func since(now otp.Millis, d time.Duration) otp.Millis { return now.Add(-d) }

// Constant values.
var (
	zero          = number(0)
	one           = number(1)
	empty         = text("")
	reservedState = text(string(otp.Reserved))
	unclearState  = text(string(otp.MaybeDelivered))
	sentState     = text(string(otp.Delivered))
)

func readLedger(item image) (*otp.Ledger, error) {
	r := reader{kind: "ledger", item: item}
	at, by := r.list("sends"), r.list("by")
	n := &otp.Ledger{
		Key:        r.text("pk"),
		Unanswered: r.int("unanswered"),
		TTL:        r.number("ttl"),
		Known:      r.set("known"),
		Answered:   otp.Millis(r.optional("answered")),
	}
	if len(at) != len(by) {
		r.fail("by", "a list as long as sends")
	} else if len(at) > 0 {
		n.Sends = make([]otp.Send, len(at))
	}
	for i := range n.Sends {
		n.Sends[i] = otp.Send{At: otp.Millis(r.asNumber("sends", at[i])), ID: r.asText("by", by[i])}
	}
	if r.err != nil {
		return nil, r.err
	}
	return n, nil
}

// reader reads the attributes of an item and keeps the first error.
type reader struct {
	kind string
	item image
	err  error
}

// fail keeps an error that names the attribute, and never its value.
func (r *reader) fail(name, want string) {
	if r.err == nil {
		r.err = fmt.Errorf("%s item: attribute %q is missing or not %s", r.kind, name, want)
	}
}

func (r *reader) text(name string) string  { return r.asText(name, r.item[name]) }
func (r *reader) number(name string) int64 { return r.asNumber(name, r.item[name]) }
func (r *reader) int(name string) int      { return int(r.number(name)) }

func (r *reader) asText(name string, v types.AttributeValue) string {
	s, ok := v.(*types.AttributeValueMemberS)
	if !ok {
		r.fail(name, "a string")
		return ""
	}
	return s.Value
}

func (r *reader) asNumber(name string, v types.AttributeValue) int64 {
	n, ok := v.(*types.AttributeValueMemberN)
	if !ok {
		r.fail(name, "a whole number")
		return 0
	}
	i, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		r.fail(name, "a whole number")
	}
	return i
}

// optional returns the number of an attribute that may be missing.
func (r *reader) optional(name string) int64 {
	if r.item[name] == nil {
		return 0
	}
	return r.number(name)
}

func (r *reader) binary(name string) []byte { return r.asBinary(name, r.item[name]) }

func (r *reader) asBinary(name string, v types.AttributeValue) []byte {
	b, ok := v.(*types.AttributeValueMemberB)
	if !ok {
		r.fail(name, "binary")
		return nil
	}
	return b.Value
}

// counts reads a list that has as many numbers as there is room in into.
func (r *reader) counts(name string, into []int) {
	values := r.list(name)
	if len(values) != len(into) {
		r.fail(name, fmt.Sprint("a list of ", len(into), " numbers"))
		return
	}
	for i, v := range values {
		into[i] = int(r.asNumber(name, v))
	}
}

// items returns the values of a list that may be missing.
func items[T any](r *reader, name string, value func(types.AttributeValue) T) (all []T) {
	if r.item[name] == nil {
		return nil
	}
	for _, v := range r.list(name) {
		all = append(all, value(v))
	}
	return all
}

// set returns the values of a set in the order of their bytes, nil where there is none: a
// set cannot be empty.
func (r *reader) set(name string) [][]byte {
	if r.item[name] == nil {
		return nil
	}
	s, ok := r.item[name].(*types.AttributeValueMemberBS)
	if !ok {
		r.fail(name, "a set of binary")
		return nil
	}
	return slices.SortedFunc(slices.Values(s.Value), bytes.Compare)
}

func (r *reader) list(name string) []types.AttributeValue {
	l, ok := r.item[name].(*types.AttributeValueMemberL)
	if !ok {
		r.fail(name, "a list")
		return nil
	}
	return l.Value
}
