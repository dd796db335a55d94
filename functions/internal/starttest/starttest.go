// Package starttest is the environment of a function in tests: fresh tables with
// a client in them, a keyring on a stub of Secrets Manager's wire, and SNS's.
package starttest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/dynamotest"
	"countersign/pkg/keyring"
	"countersign/pkg/otp"
	"countersign/pkg/snssender/snstest"
)

// Function is what a test knows of a function's surroundings.
type Function struct {
	SNS  *snstest.Server
	Keys *keyring.Ring // the function has the same
	// Store is the table of challenges.
	Store *dynamostore.Store
}

// Environment sets the variables that Lambda and the template set. There is one
// client, "demo": unsigned, in Malaysia, with a simple Unimatrix credential.
func Environment(t testing.TB) *Function {
	t.Helper()
	challenges, documents := dynamotest.Table(t), dynamotest.ClientsTable(t)
	sns := snstest.Start(t)
	secret := secrets(t)
	for name, value := range map[string]string{
		"AWS_REGION": "ap-southeast-1", "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "not-a-secret", "AWS_SESSION_TOKEN": "",
		"AWS_ENDPOINT_URL_DYNAMODB": dynamotest.Endpoint(t), "AWS_ENDPOINT_URL_SNS": sns.URL, "AWS_ENDPOINT_URL_SECRETS_MANAGER": secret.URL,
		"COUNTERSIGN_TABLE": challenges, "COUNTERSIGN_CLIENTS_TABLE": documents, "COUNTERSIGN_KEYS": "keyring",
		"COUNTERSIGN_COUNTRIES": "MY", "COUNTERSIGN_BRAND": "Acme", "COUNTERSIGN_SENDER_ID": "ACME",
	} {
		t.Setenv(name, value)
	}
	registry := registry.Registry{
		Table:    dynamostore.NewDocuments(dynamotest.Client(t, nil), documents),
		Sealer:   secret.keys,
		Defaults: clients.Defaults{Policy: otp.DefaultPolicy(), Countries: []string{"*"}, Brand: "Acme"},
		Now:      time.Now,
	}
	if err := registry.Add(t.Context(), clients.Record{ID: "demo", Unsigned: true, Unimatrix: "simple", Countries: []string{"*"}}, nil); err != nil {
		t.Fatal(err)
	}
	return &Function{SNS: sns, Keys: secret.keys, Store: dynamostore.New(dynamotest.Client(t, nil), challenges)}
}

// manager is a stub of Secrets Manager with one secret.
type manager struct {
	*httptest.Server
	keys *keyring.Ring
	text []byte
}

func secrets(t testing.TB) *manager {
	t.Helper()
	d := &keyring.Document{}
	for _, kind := range keyring.Kinds() {
		if _, err := d.Rotate(kind, time.Time{}, time.Now(), rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	m := &manager{text: d.AtRest()}
	var err error
	if m.keys, err = keyring.New(m, time.Now, time.Hour, nil); err != nil {
		t.Fatal(err)
	}
	m.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" {
			http.Error(w, `{"__type":"InvalidRequestException"}`, http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		json.NewEncoder(w).Encode(map[string]any{
			"ARN": "arn:aws:secretsmanager:ap-southeast-1:123456789012:secret:keyring", "Name": "keyring", "VersionId": "1",
			"VersionStages": []string{"AWSCURRENT"}, "SecretString": string(m.text),
		})
	}))
	t.Cleanup(m.Close)
	return m
}

// Read makes the stub a source of its own keys.
func (m *manager) Read(context.Context, time.Time) ([]byte, error) { return m.text, nil }
