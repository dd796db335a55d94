package stream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/changes/stream"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/otp"
)

// lived is a life on DynamoDB's protocol, and its stream.
type lived struct {
	*changestest.Life
	records []json.RawMessage
}

// life returns one life for all tests, which only read it.
var life = func() func(t *testing.T) lived {
	var once sync.Once
	var l lived
	return func(t *testing.T) lived {
		t.Helper()
		once.Do(func() { l = lead(t) })
		if l.records == nil {
			t.Skip("NOT TESTED: there is no engine, install it with make tools; with CI=true the first such test fails")
		}
		return l
	}
}()

func lead(t *testing.T) lived {
	client := dynamotest.Client(t, nil)
	table := dynamotest.StreamTable(t)
	l := changestest.NewLife(t, dynamostore.New(client, table), "demo")
	l.Lead()
	for _, key := range l.Keys { // as TTL deletion does, for which no test can wait
		_, err := client.DeleteItem(t.Context(), &dynamodb.DeleteItemInput{
			TableName: &table, Key: item{"pk": &types.AttributeValueMemberS{Value: key}},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	out := lived{Life: l}
	for _, text := range dynamotest.Records(t, table) {
		out.records = append(out.records, bytes.ReplaceAll(text, []byte(removed), []byte(swept)))
	}
	return out
}

// removed is in the record of a deletion, and swept in that of a deletion by TTL.
const (
	removed = `"eventName":"REMOVE"`
	swept   = removed + `,"userIdentity":{"type":"Service","principalId":"dynamodb.amazonaws.com"}`
)

// bus keeps the facts that it takes. If fail is set, it decides how many.
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

// memory keeps the keys of the ledgers that were answered.
type memory struct {
	mu       sync.Mutex
	answered []string
	fail     error // of every call
}

func (m *memory) Answered(_ context.Context, a otp.Answer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.answered = append(m.answered, a.Ledger)
	return nil
}

func handler(m changes.Numbers, b changes.Events, log *slog.Logger) stream.Handler {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return stream.Handler{Consumer: changes.Consumer{Numbers: m, Events: b}, Now: time.Now, Log: log}
}

// deliver delivers records as Lambda does, in batches of at most size. After a failure
// it delivers again from the reported record on. A panic with errKilled stands for a
// process that is killed. It gives up after many tries.
func deliver(t testing.TB, h func() stream.Handler, records []json.RawMessage, size int) {
	t.Helper()
	for tries := 0; len(records) > 0; tries++ {
		if tries > 1000 {
			t.Fatalf("after %d tries, %d records are not done", tries, len(records))
		}
		batch := records[:min(size, len(records))]
		done, alive := invoke(t, h(), batch)
		if alive {
			records = records[done:]
		}
	}
}

// invoke delivers one batch. It returns how many records are done; alive is false if the
// process was killed.
func invoke(t testing.TB, h stream.Handler, batch []json.RawMessage) (done int, alive bool) {
	t.Helper()
	defer func() {
		if r := recover(); r != nil && r != errKilled {
			panic(r)
		}
	}()
	got, err := h.Handle(t.Context(), stream.Batch{Records: batch})
	if err != nil {
		return 0, true
	}
	return doneBefore(t, batch, got.BatchItemFailures), true
}

// doneBefore returns how many records of a batch come before the one that is reported.
func doneBefore(t testing.TB, batch []json.RawMessage, failed []events.DynamoDBBatchItemFailure) int {
	t.Helper()
	if len(failed) == 0 {
		return len(batch)
	}
	for n, text := range batch {
		if sequence(text) == failed[0].ItemIdentifier {
			return n
		}
	}
	t.Fatalf("the reported record %q is not in the batch", failed[0].ItemIdentifier)
	return 0
}

var errKilled = errors.New("killed")

func sequence(text json.RawMessage) string {
	var r struct {
		Change struct{ SequenceNumber string } `json:"dynamodb"`
	}
	json.Unmarshal(text, &r)
	return r.Change.SequenceNumber
}
