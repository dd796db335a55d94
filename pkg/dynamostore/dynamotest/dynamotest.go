package dynamotest

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/engine"
)

// Endpoint returns the URL of an engine. Without one it skips the test, or fails it if
// CI=true.
func Endpoint(t testing.TB) string {
	t.Helper()
	if endpoint := os.Getenv("DYNAMODB_ENDPOINT"); endpoint != "" {
		return endpoint
	}
	e, err := started()
	switch {
	case errors.Is(err, os.ErrNotExist):
		missing(t, err)
	case err != nil:
		t.Fatal(err)
	}
	return e.URL
}

// started starts the engine once, and keeps it: an engine ends when nobody holds it.
var started = sync.OnceValues(func() (*engine.Engine, error) {
	root, err := engine.ModuleRoot()
	if err != nil {
		return nil, err
	}
	binary, err := engine.Path(root)
	if err != nil {
		return nil, err
	}
	return engine.Start(binary, "127.0.0.1", "")
})

func missing(t testing.TB, err error) {
	t.Helper()
	const format = "\n\n" +
		"  ***  NOT TESTED: %s needs something that speaks DynamoDB's protocol.\n" +
		"  ***  %v\n" +
		"  ***  Install it with `make tools`, or set DYNAMODB_ENDPOINT.\n\n"
	if os.Getenv("CI") == "true" {
		t.Fatalf(format, t.Name(), err)
	}
	t.Skipf(format, t.Name(), err)
}

// patience is the time limit of a test's requests. On a small machine, a thousand calls at
// once under the race detector take seconds.
const patience = time.Minute

// Client returns a client of the engine. The programs have the same, but with shorter time
// limits and with pauses between tries. If transport is not nil, such as a [Wire], it
// carries the requests.
func Client(t testing.TB, transport http.RoundTripper) *dynamodb.Client {
	t.Helper()
	client, err := dynamostore.NewClient(dynamostore.Config{
		Region: os.Getenv("AWS_REGION"), Endpoint: Endpoint(t), Transport: transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return dynamodb.New(client.Options(), func(o *dynamodb.Options) {
		impatient := o.HTTPClient.(*http.Client)
		o.HTTPClient = &http.Client{
			Transport: impatient.Transport, Timeout: patience, CheckRedirect: impatient.CheckRedirect,
		}
		o.Retryer = hasty{o.Retryer.(aws.RetryerV2)}
	})
}

// hasty repeats requests as the programs' client does, with pauses of a millisecond.
type hasty struct{ aws.RetryerV2 }

// RetryDelay implements [aws.Retryer].
func (hasty) RetryDelay(int, error) (time.Duration, error) { return time.Millisecond, nil }

// Table makes a fresh table of challenges from template.yaml, without its stream, and
// returns its name. The end of the test deletes it.
func Table(t testing.TB) string {
	t.Helper()
	d := deployed(t).Challenges
	d.Table.StreamSpecification = nil // the engine gets slower with each write that a stream has to remember
	return fresh(t, d)
}

// StreamTable makes a fresh table of challenges as [Table] does, with its stream.
func StreamTable(t testing.TB) string {
	t.Helper()
	return fresh(t, deployed(t).Challenges)
}

// ClientsTable makes a fresh table of documents as [Table] does.
func ClientsTable(t testing.TB) string {
	t.Helper()
	return fresh(t, deployed(t).Clients)
}

func deployed(t testing.TB) Deployed {
	t.Helper()
	d, err := Template()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func fresh(t testing.TB, d Definition) string {
	t.Helper()
	client, name := Client(t, nil), "countersign-test-"+rand.Text()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d.Table.TableName = aws.String(name)
	if _, err := client.CreateTable(ctx, &d.Table); err != nil {
		t.Fatalf("make a table from template.yaml: %v", err)
	}
	t.Cleanup(func() {
		_, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: aws.String(name)})
		if err != nil {
			t.Errorf("delete the table: %v", err)
		}
	})
	active := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay = 20 * time.Millisecond
	})
	if err := active.Wait(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name)}, time.Minute); err != nil {
		t.Fatalf("wait for the table: %v", err)
	}
	if d.TimeToLive == nil {
		return name
	}
	ttl := &dynamodb.UpdateTimeToLiveInput{TableName: aws.String(name), TimeToLiveSpecification: d.TimeToLive}
	if _, err := client.UpdateTimeToLive(ctx, ttl); err != nil {
		t.Fatalf("set the table's TTL from template.yaml: %v", err)
	}
	return name
}

// Store returns a store on a fresh table. If transport is not nil, it carries the store's
// requests, but not those that make and delete the table.
func Store(t testing.TB, transport http.RoundTripper) *dynamostore.Store {
	t.Helper()
	return dynamostore.New(Client(t, transport), Table(t))
}
