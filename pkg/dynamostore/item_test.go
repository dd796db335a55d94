package dynamostore_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/dynamostore"
	"countersign/pkg/otp"
	"countersign/pkg/otp/storetest"
)

type image = map[string]types.AttributeValue

func TestEveryFieldIsKept(t *testing.T) {
	want := storetest.Filled(1)
	got, err := dynamostore.ReadChallenge(dynamostore.WriteChallenge(want))
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("%v, read\n%+v\nwant\n%+v", err, got, want)
	}
}

// An item that is older than an optional field reads as if the field were zero. A zero is
// not written. An attribute of another type is an error.
func TestOptionalField(t *testing.T) {
	for n, f := range otp.ChallengeFields {
		fields := slices.Clone(otp.ChallengeFields)
		fields[n].Optional = true
		codec := dynamostore.Codec(fields)
		want := storetest.Filled(1)
		item := codec.Write(&want)
		if got, err := codec.Read(item); err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: %v, read\n%+v\nwant\n%+v", f.Name, err, got, want)
		}
		_, err := codec.Read(with(item, f.Name, &types.AttributeValueMemberBOOL{Value: true}))
		names(t, "challenge", f.Name, err)

		reflect.ValueOf(f.Pointer(&want)).Elem().SetZero()
		before := codec.Write(&want)
		if _, there := before[f.Name]; there {
			t.Errorf("%s: a zero is written", f.Name)
		}
		if got, err := codec.Read(before); err != nil || !reflect.DeepEqual(*got, want) {
			t.Errorf("%s: an item without it: %v, read\n%+v\nwant\n%+v", f.Name, err, got, want)
		}
	}
}

// The release before this one demands an attribute that this one does not read.
func TestRetiredAttribute(t *testing.T) {
	item := dynamostore.WriteChallenge(storetest.Filled(1))
	if s, ok := item["block"].(*types.AttributeValueMemberS); !ok || s.Value != "" {
		t.Errorf("block is %v, want an empty string", item["block"])
	}
	for _, old := range []image{
		with(item, "block", &types.AttributeValueMemberS{Value: "Zm9vYmFy"}), without(item, "block"),
	} {
		if _, err := dynamostore.ReadChallenge(old); err != nil {
			t.Error(err)
		}
	}
}

// An item with an attribute of another release is readable.
func TestUnknownAttribute(t *testing.T) {
	item := with(dynamostore.WriteChallenge(storetest.Filled(1)), "other", &types.AttributeValueMemberS{Value: "x"})
	if _, err := dynamostore.ReadChallenge(item); err != nil {
		t.Error(err)
	}
}

func TestUnreadableItem(t *testing.T) {
	challenges := dynamostore.WriteChallenge(storetest.Filled(1))
	for _, f := range otp.ChallengeFields {
		if f.Optional {
			continue // see TestOptionalField
		}
		unreadable(t, "challenge", challenges, f.Name, readChallenge)
	}
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	num := func(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }
	list := func(v ...types.AttributeValue) types.AttributeValue { return &types.AttributeValueMemberL{Value: v} }
	ledger := image{
		"pk":         text("canary"),
		"sends":      list(num("9001")),
		"by":         list(text("canary")),
		"unanswered": num("9002"),
		"ttl":        num("9003"),
	}
	if err := readLedger(ledger); err != nil {
		t.Fatal(err)
	}
	for name := range ledger {
		unreadable(t, "ledger", ledger, name, readLedger)
	}
	for name, wrong := range map[string]types.AttributeValue{
		"by":         list(text("canary"), text("canary")), // longer than sends
		"sends":      list(text("canary")),
		"unanswered": num("9000.5"),
		"answered":   text("canary"), // which may be missing
	} {
		names(t, "ledger", name, readLedger(with(ledger, name, wrong)))
	}
}

func readChallenge(i image) error {
	_, err := dynamostore.ReadChallenge(i)
	return err
}

func readLedger(i image) error {
	_, err := dynamostore.ReadLedger(i)
	return err
}

// unreadable checks that read refuses item without an attribute, and with another type of it.
func unreadable(t *testing.T, kind string, item image, name string, read func(image) error) {
	t.Helper()
	names(t, kind, name, read(without(item, name)))
	names(t, kind, name, read(with(item, name, &types.AttributeValueMemberBOOL{Value: true})))
}

func without(item image, name string) image {
	item = maps.Clone(item)
	delete(item, name)
	return item
}

func with(item image, name string, v types.AttributeValue) image {
	item = maps.Clone(item)
	item[name] = v
	return item
}

// names checks that an error names the kind of the item and the attribute, and no value.
// An error about sends may name by, the list that must be as long.
func names(t *testing.T, kind, name string, err error) {
	t.Helper()
	if err == nil {
		t.Errorf("%s: no error about %q", kind, name)
		return
	}
	text := err.Error()
	named := strings.Contains(text, `"`+name+`"`) || name == "sends" && strings.Contains(text, `"by"`)
	if !named || !strings.Contains(text, kind) {
		t.Errorf("%s %q: the error does not name both: %v", kind, name, err)
	}
	quiet(t, err, "900")
}
