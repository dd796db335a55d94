// Package starttest sets up the environment of a function for tests: new tables with a client, a keyring in a fake of
// Secrets Manager, and a fake of SNS.
package starttest

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"countersign/pkg/awsfake"
	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyringtest"
	"countersign/pkg/otp"
)

// Function has the services that a function calls.
type Function struct {
	SNS   *awsfake.SNS
	Keys  *keyring.Ring      // the same keys as the function's
	Store *dynamostore.Store // the table of challenges
}

// Environment sets the variables that Lambda and the template set. There is one
// client, "demo": unsigned, in Malaysia, with a simple Unimatrix credential.
func Environment(t testing.TB) *Function {
	t.Helper()
	challenges, documents := dynamotest.Table(t), dynamotest.ClientsTable(t)
	sns := awsfake.StartSNS(t)
	ring, secret := keys(t)
	for name, value := range map[string]string{
		"AWS_REGION": "ap-southeast-1", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
		"AWS_SECRET_ACCESS_KEY": "not-a-secret", "AWS_SESSION_TOKEN": "",
		"AWS_ENDPOINT_URL_DYNAMODB": dynamotest.Endpoint(t), "AWS_ENDPOINT_URL_SNS": sns.URL,
		"AWS_ENDPOINT_URL_SECRETS_MANAGER": secret.URL,

		"COUNTERSIGN_TABLE": challenges, "COUNTERSIGN_CLIENTS_TABLE": documents, "COUNTERSIGN_KEYS": "keyring",
		"COUNTERSIGN_COUNTRIES": "MY", "COUNTERSIGN_BRAND": "Acme", "COUNTERSIGN_SENDER_ID": "ACME",
		"COUNTERSIGN_UNSIGNED_CLIENTS": "yes",
	} {
		t.Setenv(name, value)
	}
	registry := registry.Registry{
		Table:    dynamostore.NewDocuments(dynamotest.Client(t, nil), documents),
		Sealer:   ring,
		Defaults: clients.Defaults{Policy: otp.DefaultPolicy(), Countries: []string{"*"}, Brand: "Acme"},
		Now:      time.Now,
		Rand:     rand.Reader,
	}
	demo := clients.Record{ID: "demo", Unsigned: true, Unimatrix: "simple", Countries: []string{"*"}}
	if err := registry.Add(t.Context(), demo, nil, "demo"); err != nil {
		t.Fatal(err)
	}
	return &Function{SNS: sns, Keys: ring, Store: dynamostore.New(dynamotest.Client(t, nil), challenges)}
}

// Ignore ignores the error of a keyring that cannot be read: a test may end before the read does.
func Ignore(error) {}

// keys makes a keyring with a key of each kind, and a Secrets Manager that has it.
func keys(t testing.TB) (*keyring.Ring, *awsfake.Server) {
	t.Helper()
	ring, err := keyring.New(text(keyringtest.AtRest()), time.Now, time.Hour, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ring, awsfake.Start(t, awsfake.NewSecret(keyringtest.AtRest()))
}

// text is a source of keys.
type text []byte

func (s text) Read(context.Context, time.Time) ([]byte, error) { return s, nil }
