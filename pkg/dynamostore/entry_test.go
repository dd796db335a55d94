package dynamostore_test

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/guard"
)

// thisHour is that of [now].
const thisHour = int64(now) / 3_600_000

// fullEntry has a value in each field, and counts of so many messages in each hour.
func fullEntry(kind guard.Kind, count int) guard.Entry {
	n := guard.Numbers{
		Client: plainID, Region: "MY", Shard: 31,
		Block: bytes.Repeat([]byte{0xfe}, guard.DigestSize), Source: bytes.Repeat([]byte{0xff}, guard.DigestSize),
	}
	key := map[guard.Kind]string{
		guard.Block: n.BlockKey(), guard.Source: n.SourceKey(),
		guard.Country: n.CountryKey(), guard.Young: n.YoungKey(),
	}[kind]
	e := guard.Fresh(key, kind, thisHour)
	for i := range e.Unanswered {
		e.Unanswered[i], e.Answered[i], e.Known[i], e.Refused[i] = count, count+1, count+2, count%2
	}
	e.Left, e.Base, e.Usual, e.Beyond, e.AnsweredAt, e.Since = -123_456, 2_000, 345, 99, thisHour, thisHour-3
	e.TTL = (thisHour + 720) * 3600
	for n := range 16 {
		e.Seen = append(e.Seen, guard.Mark{From: sequence(n), To: sequence(n + 1)})
	}
	switch kind {
	case guard.Country:
		e.Days = slices.Repeat([]int{133}, 14)
	case guard.Source:
		e.Regions = []string{"MY", "TH", "AQ"}
	case guard.Block:
		e.Label = bytes.Repeat([]byte{0xfe}, 12+len("+6012345")+16)
	}
	return e
}

// sequence returns a sequence number of a stream, as DynamoDB's are: decimal numbers of up to 28 digits.
func sequence(n int) string { return fmt.Sprint("44215845000000000174504", 10_000+n) }

var kinds = []guard.Kind{guard.Block, guard.Country, guard.Young, guard.Source}

func TestEveryFieldOfAnEntryIsKept(t *testing.T) {
	for _, kind := range kinds {
		full := fullEntry(kind, 12)
		full.Worst = [][]byte{{1, 2}, {}, bytes.Repeat([]byte{3}, 8)}
		marked := guard.Fresh(full.Key, kind, thisHour)
		long, longer := strings.Repeat("9", 40), strings.Repeat("x", 300)
		for _, text := range []string{"", "0", "7", "0012", "-5", "+5", "a", long, longer} {
			marked.Seen = append(marked.Seen, guard.Mark{From: text, To: "1" + text})
		}
		for _, want := range []guard.Entry{full, guard.Fresh(full.Key, kind, thisHour), marked} {
			want.Rev = 3
			item := dynamostore.WriteEntry(want, 3)
			got, err := dynamostore.ReadEntry(item)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%v, read\n%+v\nwant\n%+v", err, got, want)
			}
			if rev, ok := item["rev"].(*types.AttributeValueMemberN); !ok || rev.Value != "3" {
				t.Errorf("rev is %v, want 3", item["rev"])
			}
		}
	}
}

func TestUnreadableEntry(t *testing.T) {
	e := fullEntry(guard.Country, 7)
	e.Worst, e.Regions, e.Label = [][]byte{{1}}, []string{"MY"}, []byte{2}
	item := dynamostore.WriteEntry(e, 1)
	read := func(i image) error { _, err := dynamostore.ReadEntry(i); return err }
	optional := []string{"base", "usual", "at", "since", "days", "regions", "worst", "label", "seen"}
	for name := range item {
		if !slices.Contains(optional, name) {
			unreadable(t, "entry", item, name, read)
			continue
		}
		names(t, "entry", name, read(with(item, name, &types.AttributeValueMemberBOOL{Value: true})))
		if err := read(without(item, name)); err != nil {
			t.Errorf("without %s: %v", name, err)
		}
	}
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	for name, wrong := range map[string]types.AttributeValue{
		"pk":    text("N#canary"),
		"u":     &types.AttributeValueMemberL{},
		"k":     &types.AttributeValueMemberL{Value: slices.Repeat([]types.AttributeValue{text("canary")}, 24)},
		"days":  &types.AttributeValueMemberL{Value: []types.AttributeValue{text("canary")}},
		"worst": &types.AttributeValueMemberL{Value: []types.AttributeValue{text("canary")}},
		"seen":  &types.AttributeValueMemberB{Value: []byte{200}},
	} {
		names(t, "entry", name, read(with(item, name, wrong)))
	}
	if err := read(without(item, "hour")); !strings.Contains(err.Error(), "pk "+e.Key+": ") {
		t.Errorf("%v, want an error that names the item %s", err, e.Key)
	}
}

// The usual entries take one write unit, with all marks of a stream: a block with two digits in each hour, and the
// others with 999 messages in each. A country whose blocks are refused shows them, and takes a second unit meanwhile.
func TestFullestEntryIsOneUnit(t *testing.T) {
	for _, kind := range kinds {
		count := 999
		if kind == guard.Block || kind == guard.Source {
			count = 97
		}
		e := fullEntry(kind, count)
		got := size(dynamostore.WriteEntry(e, 1_000_000))
		t.Logf("%c: %d bytes", kind, got)
		if got > unit {
			t.Errorf("%c: the fullest usual entry has %d bytes, more than %d", kind, got, unit)
		}
		e.Worst = slices.Repeat([][]byte{make([]byte, guard.DigestSize)}, 16)
		t.Logf("%c with refused blocks: %d bytes", kind, size(dynamostore.WriteEntry(e, 1_000_000)))
	}
}

func TestEntries(t *testing.T) {
	table, wire := dynamotest.Table(t), dynamotest.NewWire(dynamotest.Always(dynamotest.Through))
	s, client := storeOn(t, table, wire), dynamotest.Client(t, nil)
	var keys []string
	var want []guard.Entry
	for n := range 230 {
		e := guard.Fresh(guard.Numbers{Client: "demo", Region: "MY", Shard: n}.CountryKey(), guard.Country, thisHour)
		e.Left, e.TTL = n, now.Seconds()
		keys = append(keys, e.Key)
		if n%3 == 0 {
			continue // there is none
		}
		e.Rev = 1
		want = append(want, e)
		put := &dynamodb.PutItemInput{TableName: &table, Item: dynamostore.WriteEntry(e, 1)}
		if _, err := client.PutItem(t.Context(), put); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Entries(t.Context(), append(slices.Clone(keys), keys[1], keys[0]))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%v: %d entries, want %d", err, len(got), len(want))
	}
	if calls := wire.Counts(); !maps.Equal(calls, map[string]int{"BatchGetItem": 3}) {
		t.Errorf("%v, want 3 calls for 230 keys", calls)
	}
	if got, err := s.Entries(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("no keys: %v, %v", got, err)
	}
	one, err := s.Entry(t.Context(), keys[1])
	if err != nil || one == nil || !reflect.DeepEqual(*one, want[0]) {
		t.Errorf("%+v, %v", one, err)
	}
	if none, err := s.Entry(t.Context(), keys[0]); err != nil || none != nil {
		t.Errorf("%+v, %v, want none", none, err)
	}
}
