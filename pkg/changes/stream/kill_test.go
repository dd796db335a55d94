package stream_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/awsfake"
	"countersign/pkg/changes"
	"countersign/pkg/changes/changestest"
	"countersign/pkg/changes/stream"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/eventbus"
)

type item = map[string]types.AttributeValue

// crowd is a table of challenges that are all there, and its stream.
type crowd struct {
	records []json.RawMessage
	ledgers []item
	passed  map[string]bool // ledgers whose person typed a right code
	facts   map[string]bool // ids of all facts
}

func newCrowd(t *testing.T) crowd {
	t.Helper()
	table := dynamotest.StreamTable(t)
	changestest.NewLife(t, dynamostore.New(dynamotest.Client(t, nil), table), "demo").Crowd()
	c := crowd{records: dynamotest.Records(t, table), passed: map[string]bool{}, facts: map[string]bool{}}
	want, got := map[changes.Kind]int64{}, map[changes.Kind]int64{}
	for _, i := range scan(t, table) {
		if strings.HasPrefix(text(i["pk"]), "N#") {
			c.ledgers = append(c.ledgers, i)
			continue
		}
		guess, code := i["guess"].(*types.AttributeValueMemberB).Value, i["code"].(*types.AttributeValueMemberB).Value
		attempts := number(i["attempts"])
		switch {
		case bytes.Equal(guess, code):
			want[changes.Passed]++
			attempts--
			c.passed[text(i["ledger"])] = true
		case attempts == number(i["max"]):
			want[changes.Exhausted]++
			attempts--
		}
		want[changes.Failed] += attempts
		switch text(i["state"]) {
		case "sent":
			want[changes.Sent]++
		case "failed":
			want[changes.Refused]++
		}
	}
	b := &bus{}
	deliver(t, func() stream.Handler { return handler(&memory{}, b, nil) }, c.records, 100)
	for _, f := range b.facts {
		c.facts[f.ID] = true
		got[f.Kind]++
	}
	if !maps.Equal(got, want) || len(c.facts) != len(b.facts) || len(c.facts) < 40 || len(c.passed) < 5 {
		t.Fatalf(
			"%d facts by kind %v, want %v as the table has it; %d numbers passed",
			len(c.facts),
			got,
			want,
			len(c.passed),
		)
	}
	return c
}

func text(v types.AttributeValue) string { return v.(*types.AttributeValueMemberS).Value }
func number(v types.AttributeValue) int64 {
	n, _ := strconv.ParseInt(v.(*types.AttributeValueMemberN).Value, 10, 64)
	return n
}

func scan(t *testing.T, table string) (items []item) {
	t.Helper()
	pages := dynamodb.NewScanPaginator(
		dynamotest.Client(t, nil),
		&dynamodb.ScanInput{TableName: aws.String(table), ConsistentRead: aws.Bool(true)},
	)
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, page.Items...)
	}
	return items
}

// world is where the consumer writes to, on the wire.
type world struct {
	table string
	stub  *awsfake.EventBridge
}

func newWorld(t *testing.T, c crowd) world {
	t.Helper()
	w := world{dynamotest.Table(t), awsfake.StartEventBridge(t)}
	var writes []types.WriteRequest
	for _, ledger := range c.ledgers {
		writes = append(writes, types.WriteRequest{PutRequest: &types.PutRequest{Item: ledger}})
	}
	out, err := dynamotest.Client(t, nil).BatchWriteItem(t.Context(), &dynamodb.BatchWriteItemInput{
		RequestItems: map[string][]types.WriteRequest{w.table: writes},
	})
	if err != nil || len(out.UnprocessedItems) > 0 {
		t.Fatal(out, err)
	}
	return w
}

// start makes the function anew, as a process that begins.
func (w world) start(t *testing.T, tables, events http.RoundTripper) stream.Handler {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	b, err := eventbus.New(eventbus.Config{Endpoint: w.stub.URL, Transport: events})
	if err != nil {
		t.Fatal(err)
	}
	s := dynamostore.New(dynamotest.Client(t, tables), w.table)
	return stream.Handler{
		Consumer: changes.Consumer{Numbers: s, Events: b},
		Now:      time.Now,
		Log:      slog.New(slog.DiscardHandler),
	}
}

// check wants every fact at the far side, once by id, and the numbers that answered
// cleared, and no others.
func (w world) check(t *testing.T, c crowd) {
	t.Helper()
	far := map[string]bool{}
	for _, e := range w.stub.Taken() {
		var detail struct{ ID string }
		if err := json.Unmarshal([]byte(e.Detail), &detail); err != nil {
			t.Fatal(err)
		}
		far[detail.ID] = true
	}
	if !maps.Equal(far, c.facts) {
		t.Errorf("%d facts at the far side, %d happened", len(far), len(c.facts))
	}
	for _, i := range scan(t, w.table) {
		pk, unanswered := text(i["pk"]), number(i["unanswered"])
		if (unanswered == 0) != c.passed[pk] {
			t.Errorf("a ledger has %d unanswered messages; its person typed a right code: %v", unanswered, c.passed[pk])
		}
	}
}

// killer ends the process at the n-th request, before or after it is applied.
type killer struct {
	next  http.RoundTripper
	n     *int
	at    int
	after bool
}

func (k killer) RoundTrip(r *http.Request) (*http.Response, error) {
	*k.n++
	if *k.n != k.at {
		return k.next.RoundTrip(r)
	}
	if k.after {
		if resp, err := k.next.RoundTrip(r); err == nil {
			resp.Body.Close()
		}
	}
	panic(errKilled)
}

// Killed between any two requests, however the stream was cut into batches, and
// started anew: every fact once by id, and every number that answered cleared.
func TestKilledAnywhere(t *testing.T) {
	c := newCrowd(t)
	for _, size := range []int{9, 100} {
		requests := 0
		for at := 0; at <= requests; at++ { // 0 kills nothing, and says how many requests there are
			for _, after := range []bool{false, true} {
				w, n := newWorld(t, c), 0
				deliver(t, func() stream.Handler {
					k := killer{next: http.DefaultTransport, n: &n, at: at, after: after}
					return w.start(t, k, k)
				}, c.records, size)
				if at == 0 {
					requests = n
				} else if n < at {
					t.Fatalf("request %d never came", at)
				}
				if w.check(t, c); t.Failed() {
					t.Fatalf(
						"killed at request %d of %d, after it: %v, %d records at a time",
						at,
						requests,
						after,
						size,
					)
				}
			}
		}
		if requests < 10 {
			t.Errorf("only %d requests", requests)
		}
	}
}

// Whatever fails on the way, in whatever order and how often records come.
func TestFaultsAnywhere(t *testing.T) {
	c := newCrowd(t)
	faults := []dynamotest.Fault{
		dynamotest.Lost,
		dynamotest.AnswerLost,
		dynamotest.AnswerCut,
		dynamotest.Throttled,
		dynamotest.Failed,
	}
	answers := []awsfake.Answer{
		awsfake.Fail(
			http.StatusBadRequest,
			"ThrottlingException",
		),
		awsfake.Fail(http.StatusInternalServerError, "InternalException"),
		awsfake.Drop(),
		awsfake.DropAfter(),
		awsfake.Half(),
		awsfake.RefuseEntries("InternalFailure", 0),
		awsfake.RefuseEntries("InternalFailure", 1, 3),
	}
	for seed := range int64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			random := rand.New(rand.NewSource(seed))
			records := append(append([]json.RawMessage(nil), c.records...), c.records...)
			random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
			w := newWorld(t, c)
			deliver(t, func() stream.Handler {
				for range 6 {
					if random.Intn(2) == 0 {
						w.stub.Next(answers[random.Intn(len(answers))])
					} else {
						w.stub.Next(awsfake.Serve())
					}
				}
				return w.start(t, dynamotest.NewWire(func(int, string) dynamotest.Fault {
					if random.Intn(3) == 0 {
						return faults[random.Intn(len(faults))]
					}
					return dynamotest.Through
				}), nil)
			}, records, 1+random.Intn(100))
			w.check(t, c)
		})
	}
}
