// Package start wires the part that all functions that serve requests share, once per process: settings, tables and
// keys in AWS.
package start

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"countersign/pkg/config"
	"countersign/pkg/dynamostore"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/secretsmanager"
	"countersign/pkg/service"
	"countersign/pkg/telemetry"
)

// How long a process uses what it has read. A change in the clients table or in the keyring works within this time.
// An unknown id is forgotten sooner, because an operator who has just added a client waits for it.
const (
	clientAge  = 30 * time.Second
	unknownAge = 5 * time.Second
	keysAge    = 5 * time.Minute
)

// Service is a [service.Service] in AWS, with the settings that it was made from.
type Service struct {
	*service.Service
	Config config.Config
}

// Open reads the settings and the keyring. Its error names the setting that is wrong. It makes no request to a table.
func Open(getenv func(string) string, now func() time.Time, random io.Reader, log *slog.Logger) (*Service, error) {
	cfg, err := config.Load(getenv)
	if err != nil {
		return nil, err
	}
	region := getenv("AWS_REGION")
	client, err := dynamostore.NewClient(dynamostore.Config{
		Region: region, Endpoint: getenv("AWS_ENDPOINT_URL_DYNAMODB"),
	})
	if err != nil {
		return nil, err
	}
	keys, err := openKeys(cfg.Keys, region, getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER"), now, log)
	if err != nil {
		return nil, fmt.Errorf("%sKEYS: %w", config.Prefix, err)
	}
	return &Service{Config: cfg, Service: service.New(service.Ports{
		Store:      dynamostore.New(client, cfg.Table),
		Table:      dynamostore.NewDocuments(client, cfg.ClientsTable),
		Keys:       keys,
		Defaults:   cfg.Defaults(),
		ClientAge:  clientAge,
		UnknownAge: unknownAge,
		Now:        now,
		Rand:       random,
		Log:        log,
		Lines:      &telemetry.Lines{Stack: config.Get(getenv, "STACK"), Every: telemetry.SampleEvery},
	})}, nil
}

// openKeys reads the keyring from its secret. A keyring without a key that signs answers is an error.
func openKeys(name, region, endpoint string, now func() time.Time, log *slog.Logger) (*keyring.Ring, error) {
	secret, err := secretsmanager.New(secretsmanager.Config{Secret: name, Region: region, Endpoint: endpoint})
	if err != nil {
		return nil, err
	}
	keys, err := keyring.New(secret, now, keysAge, log)
	if err != nil {
		return nil, err
	}
	if _, _, ok := keys.Signing(context.Background()); !ok {
		return nil, fmt.Errorf("the keyring has no key that signs answers: make one with countersign keys rotate sign")
	}
	return keys, nil
}
