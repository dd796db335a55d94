package dynamotest

import (
	"context"
	"crypto/rand"
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

// Endpoint returns the address of an engine. It skips the test when there is
// none, or fails it with CI=true.
func Endpoint(t testing.TB) string {
	t.Helper()
	if endpoint := os.Getenv("DYNAMODB_ENDPOINT"); endpoint != "" {
		return endpoint
	}
	root, err := engine.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	binary, err := engine.Path(root)
	if err != nil {
		missing(t, err)
	}
	e, err := started(binary)
	if err != nil {
		t.Fatal(err)
	}
	return e.URL
}

// started starts the engine, once, and holds on to it.
var started = func() func(binary string) (*engine.Engine, error) {
	var once sync.Once
	var e *engine.Engine
	var err error
	return func(binary string) (*engine.Engine, error) {
		once.Do(func() { e, err = engine.Start(binary, "127.0.0.1", "") })
		return e, err
	}
}()

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

// patience of a test's client. A thousand calls at once under the race detector
// take seconds on a small machine, and that is no fault of the table.
const patience = time.Minute

// Client returns a client of the engine, as the programs make it but patient. Its
// requests go through transport, such as a [Wire], where that is not nil.
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

// hasty repeats requests as the client does, almost without the pauses between them.
type hasty struct{ aws.RetryerV2 }

// RetryDelay implements [aws.Retryer].
func (hasty) RetryDelay(int, error) (time.Duration, error) { return time.Millisecond, nil }

// Table makes a fresh table of challenges from template.yaml, without its stream,
// and returns its name. It is deleted when the test ends.
func Table(t testing.TB) string {
	t.Helper()
	return fresh(t, deployed(t).Challenges)
}

// ClientsTable makes a fresh table of documents as [Table] does.
func ClientsTable(t testing.TB) string {
	t.Helper()
	return fresh(t, deployed(t).Clients)
}

func deployed(t testing.TB) *Deployed {
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
	d.Table.StreamSpecification = nil // the engine gets slower with each write that a stream has to remember
	if _, err := client.CreateTable(ctx, &d.Table); err != nil {
		t.Fatalf("make a table from template.yaml: %v", err)
	}
	t.Cleanup(func() {
		_, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: aws.String(name)})
		if err != nil {
			t.Errorf("delete the table: %v", err)
		}
	})
	described := &dynamodb.DescribeTableInput{TableName: aws.String(name)}
	active := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay = 20 * time.Millisecond
	})
	if err := active.Wait(ctx, described, time.Minute); err != nil {
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

// Store returns a store on a fresh table. Its requests go through transport where
// that is not nil; those that make and delete the table do not.
func Store(t testing.TB, transport http.RoundTripper) *dynamostore.Store {
	t.Helper()
	return dynamostore.New(Client(t, transport), Table(t))
}
