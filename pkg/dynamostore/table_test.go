package dynamostore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
)

// The tables of a laptop have the definitions of template.yaml.
func TestDefinitionIsTheTemplates(t *testing.T) {
	template, err := dynamotest.Template()
	if err != nil {
		t.Fatal(err)
	}
	stream := template.Challenges.Table.StreamSpecification
	if stream == nil || stream.StreamViewType != types.StreamViewTypeNewAndOldImages {
		t.Errorf("template.yaml has the stream %+v, want one with new and old images", stream)
	}
	template.Challenges.Table.StreamSpecification = nil // see CreateTable
	for name, table := range map[string]struct {
		template   dynamotest.Definition
		timeToLive *types.TimeToLiveSpecification
	}{
		"ChallengesTable": {template.Challenges, dynamostore.TimeToLive()},
		"ClientsTable":    {template.Clients, nil},
	} {
		table.template.Table.TableName = aws.String("table")
		if got, want := dynamostore.Definition("table"), &table.template.Table; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: table.go has\n%+v\ntemplate.yaml has\n%+v", name, got, want)
		}
		if got, want := table.timeToLive, table.template.TimeToLive; !reflect.DeepEqual(got, want) {
			t.Errorf("%s: table.go has TTL %+v, template.yaml has %+v", name, got, want)
		}
	}
}

// named returns a name for a table. The end of the test deletes the table.
func named(t testing.TB, client *dynamodb.Client) string {
	t.Helper()
	name := "countersign-test-" + rand.Text()
	t.Cleanup(func() {
		_, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: &name})
		if err != nil {
			t.Error(err)
		}
	})
	return name
}

func TestCreateTable(t *testing.T) {
	client := dynamotest.Client(t, nil)
	name := named(t, client)
	errs := make(chan error)
	for range 4 { // several processes start at once
		go func() { errs <- dynamostore.CreateTable(t.Context(), client, name) }()
	}
	for range 4 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	ttl, err := client.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	if err != nil {
		t.Fatal(err)
	}
	got := ttl.TimeToLiveDescription
	if aws.ToString(got.AttributeName) != "ttl" || got.TimeToLiveStatus == types.TimeToLiveStatusDisabled {
		t.Errorf("the table's TTL is %+v, want the attribute ttl", got)
	}
	if w, err := dynamostore.New(client, name).Reserve(t.Context(), canary, nil, now); err != nil || !w.Applied {
		t.Errorf("a write on the new table: applied %v, %v", w.Applied, err)
	}
	if err := dynamostore.CreateTable(t.Context(), client, name); err != nil {
		t.Errorf("a second start: %v", err)
	}
	if n := item(t, client, name, canary.Key); n == nil {
		t.Error("a second start lost an item of the first")
	}
}

// The table of documents has no TTL.
func TestCreateClientsTable(t *testing.T) {
	client := dynamotest.Client(t, nil)
	name := named(t, client)
	for range 2 {
		if err := dynamostore.CreateClientsTable(t.Context(), client, name); err != nil {
			t.Fatal(err)
		}
	}
	documents := dynamostore.NewDocuments(client, name)
	if ok, err := documents.Put(t.Context(), "client#demo", []byte("{}"), 0); err != nil || !ok {
		t.Errorf("a write on the new table: ok %v, %v", ok, err)
	}
	ttl, err := client.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: &name})
	if err != nil {
		t.Fatal(err)
	}
	if got := ttl.TimeToLiveDescription; got != nil {
		switch got.TimeToLiveStatus {
		case "", types.TimeToLiveStatusDisabled:
		default:
			t.Errorf("the table's TTL is %+v, want none", got)
		}
	}
}

func TestCreateTableOverAnother(t *testing.T) {
	client := dynamotest.Client(t, nil)
	name := named(t, client)
	other := dynamostore.Definition(name)
	other.AttributeDefinitions[0].AttributeName, other.KeySchema[0].AttributeName = aws.String("id"), aws.String("id")
	if _, err := client.CreateTable(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	err := dynamostore.CreateTable(t.Context(), client, name)
	if err == nil || !strings.Contains(err.Error(), "partition key pk") {
		t.Errorf("error %v, want one that names the key", err)
	}
}

func TestCreateTableGivesUp(t *testing.T) {
	hung := dynamotest.NewWire(dynamotest.Always(dynamotest.Hung))
	client, err := dynamostore.NewClient(dynamostore.Config{Endpoint: "http://table.invalid", Transport: hung})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := dynamostore.CreateTable(ctx, client, "table"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that the call was cancelled", err)
	}
}
