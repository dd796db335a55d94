package standin_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/changes"
	"countersign/pkg/clients"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/eventbus"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/secretsmanager"
	"countersign/pkg/otp"
	"countersign/pkg/snssender"
	"countersign/pkg/standin"
)

func services(t *testing.T, o standin.Options) *standin.Services {
	t.Helper()
	o.Now = time.Now
	s, err := standin.StartServices(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// The stand-ins speak to the clients that the functions have.
func TestServices(t *testing.T) {
	for name, value := range map[string]string{"AWS_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local"} {
		t.Setenv(name, value)
	}
	table := func(kind string) string { return "standin-" + kind + "-" + fmt.Sprint(os.Getpid()) }
	o := standin.Options{
		Data: t.TempDir(), DynamoDB: dynamotest.Endpoint(t),
		Given: map[string]string{"COUNTERSIGN_TABLE": table("challenges"), "COUNTERSIGN_CLIENTS_TABLE": table("clients")},
	}
	var told []string
	o.Sent = func(to, message string) { told = append(told, to+" "+message) }
	o.Put = func(kind, detail string) { told = append(told, kind+" "+detail) }
	s := services(t, o)

	secret, err := secretsmanager.New(secretsmanager.Config{Secret: "any", Endpoint: s.Environment["AWS_ENDPOINT_URL_SECRETS_MANAGER"]})
	if err != nil {
		t.Fatal(err)
	}
	text, err := secret.Read(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if d, err := keyring.Parse(text); err != nil || len(d.List(time.Now())) != len(keyring.Kinds()) {
		t.Error(err, d)
	}
	if err := secret.Edit(t.Context(), func(d *keyring.Document) error { return d.Retire(keyring.Code, 1, time.Now()) }); err == nil {
		t.Error("the stand-in takes edits")
	}
	sender, err := snssender.New(snssender.FromEnvironment(os.Getenv), snssender.Config{Endpoint: s.Environment["AWS_ENDPOINT_URL_SNS"]})
	if err != nil {
		t.Fatal(err)
	}
	if d, err := sender.Send(t.Context(), otp.Message{To: "+606543216353", Text: "123456 is your code"}); d != otp.Accepted || err != nil {
		t.Error(d, err)
	}
	bus, err := eventbus.New(eventbus.Config{Endpoint: s.Environment["AWS_ENDPOINT_URL_EVENTBRIDGE"]})
	if err != nil {
		t.Fatal(err)
	}
	fact := changes.NewUnreadable("arn", "1", "why", time.Unix(0, 0))
	if n, err := bus.Publish(t.Context(), []changes.Fact{fact}); n != 1 || err != nil {
		t.Error(n, err)
	}
	detail, err := json.Marshal(fact)
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"+606543216353 123456 is your code", string(fact.Kind) + " " + string(detail)}; !slices.Equal(told, want) {
		t.Errorf("told of %q, want %q", told, want)
	}
	client, err := dynamostore.NewClient(dynamostore.Config{Endpoint: s.Environment["AWS_ENDPOINT_URL_DYNAMODB"]})
	if err != nil {
		t.Fatal(err)
	}
	registry := clients.Registry{Table: dynamostore.NewDocuments(client, table("clients")), Now: time.Now}
	if r, err := registry.Get(t.Context(), standin.DemoClient); err != nil || !r.Unsigned || r.Unimatrix != "simple" || !slices.Equal(r.Countries, []string{"*"}) {
		t.Errorf("%v %+v", err, r)
	}
	services(t, o) // finds what there is
}

// What has an endpoint is left alone.
func TestGiven(t *testing.T) {
	s := services(t, standin.Options{Data: t.TempDir(), Given: map[string]string{"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_SNS": "http://127.0.0.1:1"}})
	if len(s.Environment) != 2 || s.Environment["AWS_ENDPOINT_URL_SECRETS_MANAGER"] == "" || s.Environment["AWS_ENDPOINT_URL_EVENTBRIDGE"] == "" || len(s.Names) != 2 {
		t.Errorf("%v %v", s.Environment, s.Names)
	}
}

// The engine's tables are in the folder, and are there the next time.
func TestEngine(t *testing.T) {
	root, err := standin.ModuleRoot()
	if err != nil {
		t.Fatal(err)
	}
	engine, err := standin.EnginePath(root)
	if err != nil {
		if os.Getenv("DYNAMODB_ENDPOINT") == "" && os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skipf("SKIPPED: %v", err)
	}
	data := t.TempDir()
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	for range 2 {
		s := services(t, standin.Options{Data: data, Engine: engine})
		if len(s.Names) != 4 || !strings.Contains(s.Names[0], data) {
			t.Error(s.Names)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(data + "/dynamodb.db"); err != nil {
		t.Error(err)
	}
	if _, err := standin.StartServices(t.Context(), standin.Options{Data: data, Engine: "/bin/false", Now: time.Now}); err == nil || !strings.Contains(err.Error(), "before it listened") {
		t.Error(err)
	}
	if _, err := standin.EnginePath(data); err == nil || !strings.Contains(err.Error(), "make tools") {
		t.Error(err)
	}
}
