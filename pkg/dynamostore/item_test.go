package dynamostore_test

import (
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/dynamostore"
	"countersign/pkg/otp"
)

type image = map[string]types.AttributeValue

// filled returns a challenge with another value in every field, so that none can
// be left out or taken for another.
func filled() otp.Challenge {
	var c otp.Challenge
	v := reflect.ValueOf(&c).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Kind() {
		case reflect.String:
			f.SetString("canary-" + v.Type().Field(i).Name)
		case reflect.Slice:
			f.SetBytes([]byte("canary-" + v.Type().Field(i).Name))
		case reflect.Bool:
			f.SetBool(true)
		default:
			f.SetInt(int64(9000 + i))
		}
	}
	return c
}

func TestEveryFieldIsKept(t *testing.T) {
	want := filled()
	got, err := dynamostore.ReadChallenge(dynamostore.WriteChallenge(want))
	if err != nil || !reflect.DeepEqual(*got, want) {
		t.Errorf("%v, read\n%+v\nwant\n%+v", err, got, want)
	}
}

func TestUnreadableItem(t *testing.T) {
	challenges := dynamostore.WriteChallenge(filled())
	for name := range challenges {
		unreadable(t, "challenge", challenges, name, func(i image) error { _, err := dynamostore.ReadChallenge(i); return err })
	}
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	num := func(s string) types.AttributeValue { return &types.AttributeValueMemberN{Value: s} }
	list := func(v ...types.AttributeValue) types.AttributeValue { return &types.AttributeValueMemberL{Value: v} }
	ledger := image{"pk": text("canary"), "sends": list(num("9001")), "by": list(text("canary")), "unanswered": num("9002"), "ttl": num("9003")}
	read := func(i image) error { _, err := dynamostore.ReadNumber(i); return err }
	if err := read(ledger); err != nil {
		t.Fatal(err)
	}
	for name := range ledger {
		unreadable(t, "ledger", ledger, name, read)
	}
	for name, wrong := range map[string]types.AttributeValue{
		"by":         list(text("canary"), text("canary")), // longer than sends
		"sends":      list(text("canary")),
		"unanswered": num("9000.5"),
	} {
		names(t, "ledger", name, read(with(ledger, name, wrong)))
	}
}

// unreadable reads item without the attribute and with one of another type.
func unreadable(t *testing.T, kind string, item image, name string, read func(image) error) {
	t.Helper()
	missing := maps.Clone(item)
	delete(missing, name)
	names(t, kind, name, read(missing))
	names(t, kind, name, read(with(item, name, &types.AttributeValueMemberBOOL{Value: true})))
}

func with(item image, name string, v types.AttributeValue) image {
	item = maps.Clone(item)
	item[name] = v
	return item
}

// names checks that an error names the attribute and no value.
func names(t *testing.T, kind, name string, err error) {
	t.Helper()
	switch {
	case err == nil:
		t.Errorf("%s: no error about %q", kind, name)
	case !strings.Contains(err.Error(), kind) || !strings.Contains(err.Error(), `"`+name+`"`) && !(name == "sends" && strings.Contains(err.Error(), `"by"`)):
		t.Errorf("%s %q: the error names neither or one only: %v", kind, name, err)
	}
	if err != nil {
		quiet(t, err, "900")
	}
}
