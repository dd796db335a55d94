package stream_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/changes/stream"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
)

// lived is a life on DynamoDB's protocol and the stream that it left.
type lived struct {
	*changestest.Life
	table   string
	records []json.RawMessage
}

// life leads a life once for all tests: they only read.
var life = func() func(t *testing.T) lived {
	var once sync.Once
	var l lived
	return func(t *testing.T) lived {
		t.Helper()
		once.Do(func() { l = lead(t) })
		if l.records == nil {
			t.Skip(
				"NOT TESTED: there is no engine; install it with make tools (the first of these tests fails with " +
					"CI=true)",
			)
		}
		return l
	}
}()

func lead(t *testing.T) lived {
	client := dynamotest.Client(t, nil)
	table := dynamotest.StreamTable(t)
	l := changestest.NewLife(t, dynamostore.New(client, table), "demo")
	l.Lead()
	for _, key := range l.Keys { // as TTL does, which no engine does in time
		if _, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
			TableName: aws.String(
				table,
			),
			Key: map[string]types.AttributeValue{"pk": &types.AttributeValueMemberS{Value: key}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	out := lived{Life: l, table: table}
	for _, text := range dynamotest.Records(t, table) {
		if strings.Contains(string(text), `"eventName":"REMOVE"`) {
			text = json.RawMessage(
				strings.Replace(
					string(text),
					`"eventName"`,
					`"userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"},"eventName"`,
					1,
				),
			)
		}
		out.records = append(out.records, text)
	}
	return out
}

// bus keeps what it is handed, and is the far side: what it has survives all that
// happens here. It fails when fail says so.
type bus struct {
	mu    sync.Mutex
	facts []changes.Fact
	fail  func(facts []changes.Fact) (taken int, err error)
}

func (b *bus) Publish(_ context.Context, facts []changes.Fact) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	taken, err := len(facts), error(nil)
	if b.fail != nil {
		taken, err = b.fail(facts)
	}
	b.facts = append(b.facts, facts[:taken]...)
	return taken, err
}

// memory keeps the ledgers that were answered.
type memory struct {
	mu       sync.Mutex
	answered []string
	fail     error // of everything
}

func (m *memory) Answered(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.answered = append(m.answered, key)
	return nil
}

func handler(m changes.Numbers, b changes.Events, log *slog.Logger) stream.Handler {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return stream.Handler{Consumer: changes.Consumer{Numbers: m, Events: b}, Now: time.Now, Log: log}
}

// deliver does what Lambda does with a stream: batches of at most size, each again
// from the record that is reported until there is none. what may make a delivery
// end in a panic, which is a process that is killed. It gives up after many.
func deliver(t testing.TB, h func() stream.Handler, records []json.RawMessage, size int) {
	t.Helper()
	for tries := 0; len(records) > 0; tries++ {
		if tries > 1000 {
			t.Fatal("the stream does not get on")
		}
		batch := records[:min(size, len(records))]
		done, alive := invoke(t, h(), batch)
		if alive {
			records = records[done:]
		}
	}
}

// invoke returns how many records are done with, or that the process was killed.
func invoke(t testing.TB, h stream.Handler, batch []json.RawMessage) (done int, alive bool) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil && r != errKilled {
			panic(r)
		}
	}()
	got, err := h.Handle(t.Context(), stream.Batch{Records: batch})
	switch {
	case err != nil:
		return 0, true
	case len(got.BatchItemFailures) == 0:
		return len(batch), true
	}
	for n, text := range batch {
		if sequence(text) == got.BatchItemFailures[0].ItemIdentifier {
			return n, true
		}
	}
	t.Fatalf("record %q was reported, and is not in the batch", got.BatchItemFailures[0].ItemIdentifier)
	return 0, true
}

var errKilled = errors.New("killed")

func sequence(text json.RawMessage) string {
	var r struct {
		Change struct{ SequenceNumber string } `json:"dynamodb"`
	}
	json.Unmarshal(text, &r)
	return r.Change.SequenceNumber
}
