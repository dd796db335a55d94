package stream_test

import (
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
	"countersign/pkg/otp"
)

type item = map[string]types.AttributeValue

// crowd is the stream of a table of many challenges, and what must follow from it.
type crowd struct {
	records []json.RawMessage
	ledgers []item
	passed  map[string]bool // keys of the ledgers with a right code
	facts   map[string]bool // ids of all facts
}

func newCrowd(t *testing.T) crowd {
	t.Helper()
	table := dynamotest.StreamTable(t)
	changestest.NewLife(t, dynamostore.New(dynamotest.Client(t, nil), table), "demo").Crowd()
	c := crowd{records: dynamotest.Records(t, table), passed: map[string]bool{}, facts: map[string]bool{}}
	want, got := map[changes.Kind]int{}, map[changes.Kind]int{}
	for _, i := range scan(t, table) {
		if strings.HasPrefix(text(i["pk"]), "N#") {
			c.ledgers = append(c.ledgers, i)
			continue
		}
		challenge, err := dynamostore.ReadChallenge(i)
		if err != nil {
			t.Fatal(err)
		}
		count(challenge, want)
		if challenge.Passed() {
			c.passed[challenge.LedgerKey] = true
		}
	}
	b := &bus{}
	deliver(t, func() stream.Handler { return handler(&memory{}, b, nil) }, c.records, 100)
	for _, f := range b.facts {
		c.facts[f.ID] = true
		got[f.Kind]++
	}
	if !maps.Equal(got, want) || len(c.facts) != len(b.facts) || len(c.facts) < 40 || len(c.passed) < 5 {
		t.Fatalf("%d facts by kind %v, want %v as in the table; %d passes", len(c.facts), got, want, len(c.passed))
	}
	return c
}

// count adds the facts of a challenge, by kind, as its item has them at the end.
func count(c *otp.Challenge, facts map[changes.Kind]int) {
	wrong := c.Attempts
	switch {
	case c.Passed():
		facts[changes.Passed]++
		wrong--
	case c.Attempts == c.Max:
		facts[changes.Exhausted]++
		wrong--
	}
	facts[changes.Failed] += wrong
	switch c.State {
	case otp.Delivered:
		facts[changes.Sent]++
	case otp.Failed:
		facts[changes.Refused]++
	}
}

func text(v types.AttributeValue) string { return v.(*types.AttributeValueMemberS).Value }
func number(v types.AttributeValue) int64 {
	n, _ := strconv.ParseInt(v.(*types.AttributeValueMemberN).Value, 10, 64)
	return n
}

func scan(t *testing.T, table string) (items []item) {
	t.Helper()
	in := &dynamodb.ScanInput{TableName: &table, ConsistentRead: aws.Bool(true)}
	for pages := dynamodb.NewScanPaginator(dynamotest.Client(t, nil), in); pages.HasMorePages(); {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		items = append(items, page.Items...)
	}
	return items
}

// world is the services that the consumer writes to.
type world struct {
	table string
	bus   *awsfake.EventBridge
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

// setCredentials sets the credentials of this process. Subtests that need them can run in
// parallel, which a test that sets them cannot.
func setCredentials(t *testing.T) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
}

// start makes the function again, as a new process does.
func (w world) start(t *testing.T, tables, events http.RoundTripper) stream.Handler {
	t.Helper()
	b, err := eventbus.New(eventbus.Config{Endpoint: w.bus.URL, Transport: events})
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

// check fails the test unless the bus has every fact, and the ledgers with a right code are
// answered, and no others.
func (w world) check(t *testing.T, c crowd) {
	t.Helper()
	taken := map[string]bool{}
	for _, e := range w.bus.Taken() {
		var detail struct{ ID string }
		if err := json.Unmarshal([]byte(e.Detail), &detail); err != nil {
			t.Fatal(err)
		}
		taken[detail.ID] = true
	}
	if !maps.Equal(taken, c.facts) {
		t.Errorf("the bus has %d facts, want the %d of the stream", len(taken), len(c.facts))
	}
	for _, i := range scan(t, w.table) {
		pk, unanswered := text(i["pk"]), number(i["unanswered"])
		if (unanswered == 0) != c.passed[pk] {
			t.Errorf("a ledger has %d unanswered messages; it has a right code: %v", unanswered, c.passed[pk])
		}
	}
}

// killer ends the process at a request, before or after the request is applied.
type killer struct {
	next  http.RoundTripper
	n     *int // requests of all processes so far
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

// If the process is killed at any request and started again, no fact and no answered
// ledger is lost, with large batches and with small ones.
func TestKilledAnywhere(t *testing.T) {
	setCredentials(t)
	c := newCrowd(t)
	for _, size := range []int{9, 100} {
		requests := c.kill(t, size, 0, false)
		if requests < 10 {
			t.Errorf("%d requests in batches of %d, want at least 10", requests, size)
		}
		for at := 1; at <= requests; at++ {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("at request %d, after it %v, batches of %d", at, after, size), func(t *testing.T) {
					t.Parallel()
					if n := c.kill(t, size, at, after); n < at {
						t.Errorf("%d requests, want one that is number %d", n, at)
					}
				})
			}
		}
	}
}

// kill delivers the stream and kills the process at a request; 0 kills nothing. It checks
// the result and returns the number of requests.
func (c crowd) kill(t *testing.T, size, at int, after bool) (requests int) {
	t.Helper()
	w := newWorld(t, c)
	deliver(t, func() stream.Handler {
		k := killer{next: http.DefaultTransport, n: &requests, at: at, after: after}
		return w.start(t, k, k)
	}, c.records, size)
	w.check(t, c)
	return requests
}

// No fact is lost when requests fail at random, and records come twice and in any order.
func TestFaultsAnywhere(t *testing.T) {
	setCredentials(t)
	c := newCrowd(t)
	faults := []dynamotest.Fault{
		dynamotest.Lost, dynamotest.AnswerLost, dynamotest.AnswerCut, dynamotest.Throttled, dynamotest.Failed,
	}
	answers := []awsfake.Answer{
		awsfake.Fail(http.StatusBadRequest, "ThrottlingException"),
		awsfake.Fail(http.StatusInternalServerError, "InternalException"),
		awsfake.Drop(),
		awsfake.DropAfter(),
		awsfake.Half(),
		awsfake.RefuseEntries("InternalFailure", 0),
		awsfake.RefuseEntries("InternalFailure", 1, 3),
	}
	for seed := range int64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel() // the pauses between tries are real
			random := rand.New(rand.NewSource(seed))
			records := append(append([]json.RawMessage(nil), c.records...), c.records...)
			random.Shuffle(len(records), func(i, j int) { records[i], records[j] = records[j], records[i] })
			w := newWorld(t, c)
			deliver(t, func() stream.Handler {
				for range 6 {
					if random.Intn(2) == 0 {
						w.bus.Next(answers[random.Intn(len(answers))])
					} else {
						w.bus.Next(awsfake.Serve())
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
