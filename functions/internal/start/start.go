// Package start makes what the functions that serve requests have in common, once
// per process: the stores, the keys and the gate of their contracts.
package start

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"time"

	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/config"
	"countersign/pkg/dynamostore"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/secretsmanager"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// How long what is read once is used: changes in the clients table and in the
// keyring work within these times. Ids that are unknown are forgotten sooner, as
// a client that was just added is waited for.
const (
	clientAge  = 30 * time.Second
	unknownAge = 5 * time.Second
	keysAge    = 5 * time.Minute
	cacheSize  = 10_000
)

// Service is the common part of a function.
type Service struct {
	Config config.Config
	Store  telemetry.Store
	Keys   *keyring.Ring
	Users  clients.Users
	Gate   *ams.Gate
	Now    func() time.Time
	Rand   io.Reader
}

// Verifier checks codes of challenges that have no user.
func (s *Service) Verifier() otp.Verifier {
	return otp.Verifier{Challenges: s.Store, Keys: s.Keys, Now: s.Now, Rand: s.Rand}
}

// Open reads the environment and the keyring. The error says which setting is
// wrong. It makes no request to a table.
func Open(getenv func(string) string, now func() time.Time, random io.Reader, log *slog.Logger) (*Service, error) {
	cfg, err := config.Load(getenv)
	if err != nil {
		return nil, err
	}
	region := getenv("AWS_REGION")
	client, err := dynamostore.NewClient(dynamostore.Config{Region: region, Endpoint: getenv("AWS_ENDPOINT_URL_DYNAMODB")})
	if err != nil {
		return nil, err
	}
	secret, err := secretsmanager.New(secretsmanager.Config{Secret: cfg.Keys, Region: region, Endpoint: getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER")})
	if err != nil {
		return nil, fmt.Errorf("%sKEYS: %w", config.Prefix, err)
	}
	keys, err := keyring.New(secret, now, keysAge, log)
	if err != nil {
		return nil, fmt.Errorf("%sKEYS: %w", config.Prefix, err)
	}
	if _, _, ok := keys.Signing(context.Background()); !ok {
		return nil, fmt.Errorf("%sKEYS: the keyring has no key to sign answers with: make one with countersign keys rotate sign", config.Prefix)
	}
	store, documents := dynamostore.New(client, cfg.Table), dynamostore.NewDocuments(client, cfg.ClientsTable)
	registry := clients.Registry{Table: documents, Sealer: keys, Now: now, Defaults: cfg.Defaults()}
	return &Service{
		Config: cfg,
		Store:  telemetry.Store{Challenges: store, Ledgers: store, Now: now},
		Keys:   keys,
		Users:  clients.Users{Table: documents, Sealer: keys, Now: now},
		Gate: &ams.Gate{
			Clients: clients.NewCache(registry.Find, now, clientAge, unknownAge, cacheSize),
			Traffic: &clients.Meter{Table: store, Now: now},
			Answers: ams.NewAnswers(keys),
			Now:     now,
			Log:     log,
			Lines:   &telemetry.Lines{Stack: getenv(config.Prefix + "STACK"), Every: telemetry.SampleEvery},
		},
		Now:  now,
		Rand: random,
	}, nil
}
