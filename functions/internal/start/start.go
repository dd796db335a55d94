// Package start wires the part that all functions that serve requests share, once per process: settings, tables and
// keys in AWS.
package start

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"countersign/pkg/config"
	"countersign/pkg/dynamostore"
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
	// Challenges is the store of the table of challenges. It is no port, so that a function which reads no receipts
	// does not link how they are read.
	Challenges *dynamostore.Store
}

// Open reads the settings, and begins to read the keyring. Its error names the setting that is wrong. It makes no
// request to a table.
//
// Work that waits for AWS overlaps: the keyring is read while the process goes on, and the first request that needs a
// key waits for it; the connections of the first request are opened meanwhile. Where the keyring cannot be read, fail
// is called: it must end the process, since no request can be served. atOnce is how many requests to the tables the
// first event makes at the same time.
func Open(
	getenv func(string) string,
	now func() time.Time,
	random io.Reader,
	log *slog.Logger,
	fail func(error),
	atOnce int,
) (*Service, error) {
	cfg, err := config.Load(getenv)
	if err != nil {
		return nil, err
	}
	region := getenv("AWS_REGION")
	secret, err := secretsmanager.New(secretsmanager.Config{
		Secret: cfg.Keys, Region: region, Endpoint: getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
	})
	if err != nil {
		return nil, fmt.Errorf("%sKEYS: %w", config.Prefix, err)
	}
	keys := readKeys(secret, now, log, fail)
	client, err := dynamostore.NewClient(dynamostore.Config{
		Region: region, Endpoint: getenv("AWS_ENDPOINT_URL_DYNAMODB"), OpenAhead: atOnce,
	})
	if err != nil {
		return nil, err
	}
	store := dynamostore.New(client, cfg.Table)
	return &Service{Config: cfg, Challenges: store, Service: service.New(service.Ports{
		Store:      store,
		Table:      dynamostore.NewDocuments(client, cfg.ClientsTable),
		Keys:       keys,
		Defaults:   cfg.Defaults(),
		ClientAge:  clientAge,
		UnknownAge: unknownAge,
		Now:        now,
		Rand:       random,
		Log:        log,
		Lines:      &telemetry.Lines{Stack: config.Get(getenv, "STACK"), Every: telemetry.SampleEvery},

		NumberPerDay: cfg.NumberPerDay,
	})}, nil
}
