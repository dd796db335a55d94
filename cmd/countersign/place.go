package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/origins"
	"countersign/pkg/clients/registry"
	"countersign/pkg/config"
	"countersign/pkg/config/inforce"
	"countersign/pkg/documents"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/keyring/secretsmanager"
	"countersign/pkg/localserver"
	"countersign/pkg/message/languages"
	"countersign/pkg/openstore"
	"countersign/pkg/users"
)

var placeHelp = texts{
	"data":        "Folder of keys, store and outbox.",
	"store":       "Store of challenges, clients and users: sqlite or dynamodb.",
	"engine":      "A DynamoDB engine on this machine, with keys in --data; missing tables are made. Without it: AWS.",
	"keys_secret": "Name or ARN of the keyring's secret in AWS Secrets Manager, for a deployment in AWS.",
	"json":        "Answer in JSON, in one line.",
}

// storeFlags are the flags of serve and of every administration command that name the store.
// Both may run at the same time.
type storeFlags struct {
	Data   string `default:".countersign" env:"COUNTERSIGN_DATA" type:"path" help:"data"`
	Store  string `default:"sqlite" enum:"sqlite,dynamodb" env:"COUNTERSIGN_STORE" help:"store"`
	Engine string `name:"dynamodb-endpoint" env:"COUNTERSIGN_DYNAMODB_ENDPOINT" placeholder:"URL" help:"engine"`
}

// at returns the place of the store.
func (f storeFlags) at() openstore.Place {
	return openstore.Place{Folder: f.Data, Kind: f.Store, Engine: f.Engine, Getenv: os.Getenv}
}

// process has the settings of a command. A folder and an engine have those of the local server, as no other process
// uses them.
func (f storeFlags) process() inforce.Process {
	process := inforce.Process{Getenv: os.Getenv}
	if !f.at().Deployed() {
		process.Own = localserver.Own()
	}
	return process
}

// place has the flags of every administration command: the store and the keyring that
// it works on, and the form of its answer.
type place struct {
	storeFlags
	KeysSecret string `env:"COUNTERSIGN_KEYS" placeholder:"NAME" help:"keys_secret"`
	JSON       bool   `help:"json"`
}

// books are the records that a command reads and writes.
type books struct {
	clients registry.Registry
	users   registry.Users
	ring    lazyRing
}

// Validate refuses flags that name two places. Kong calls it before the command. A
// person who rotates keys must not work on a folder by mistake, and believe that the
// keys of a deployment are rotated.
func (p place) Validate() error {
	if err := p.at().Check(); err != nil {
		return err
	}
	if p.Store != openstore.DynamoDB && p.KeysSecret != "" {
		return fmt.Errorf("--keys-secret or %[1]sKEYS names the keyring of a deployment, and the store is %[2]s: "+
			"give --store dynamodb (or %[1]sSTORE=dynamodb) to work on the deployment, "+
			"or unset %[1]sKEYS to work on the folder %[3]s",
			config.Prefix, p.Store, p.Data)
	}
	return nil
}

// on opens the books, does the work, and closes them.
func (p place) on(ctx context.Context, work func(*books) error) (err error) {
	cfg, err := config.Load(os.Getenv)
	if err != nil {
		return err
	}
	if err := p.makeFolder(); err != nil {
		return err
	}
	table, shut, err := p.at().OpenDocuments(ctx, cfg.ClientsTable)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shut()) }()
	ring := lazyRing(sync.OnceValues(p.ring))
	defaults := cfg.Defaults()
	defaults.CheckWords, defaults.CheckSender = languages.Check, origins.Check
	err = work(&books{
		clients: registry.Registry{Table: table, Sealer: ring, Defaults: defaults, Now: time.Now, Rand: rand.Reader},
		users:   registry.Users{Directory: users.Directory{Table: table, Sealer: ring, Now: time.Now}},
		ring:    ring,
	})
	if errors.Is(err, documents.ErrNotFound) {
		err = fmt.Errorf("%w in %s: client list, client show and user list print what exists",
			err, p.at().Name(cfg.ClientsTable))
	}
	return err
}

// store opens the store with all its tables.
func (p place) store(ctx context.Context) (store openstore.Store, cfg config.Config, err error) {
	if cfg, err = config.Load(p.process().Value); err != nil {
		return nil, cfg, err
	}
	if err = p.makeFolder(); err != nil {
		return nil, cfg, err
	}
	store, err = p.at().Open(ctx, cfg.Table, cfg.ClientsTable)
	return store, cfg, err
}

// record returns the record of a client.
func (p place) record(
	ctx context.Context, store openstore.Store, cfg config.Config, id string,
) (clients.Record, error) {
	r, err := registry.Registry{Table: store.Documents()}.Get(ctx, id)
	if errors.Is(err, documents.ErrNotFound) {
		err = fmt.Errorf("%w in %s: client list prints what exists", err, p.at().Name(cfg.ClientsTable))
	}
	return r, err
}

// makeFolder makes the data folder. A deployment needs none.
func (p place) makeFolder() error {
	if p.at().Deployed() {
		return nil
	}
	return p.at().MakeFolder()
}

// keeper keeps a keyring, which commands edit.
type keeper interface {
	keyring.Source
	Edit(ctx context.Context, edit func(*keyring.Document) error) error
}

var _ keeper = (*secretsmanager.Secret)(nil)

// keys returns the keeper of the keyring.
func (p place) keys() (keeper, error) {
	if !p.at().Deployed() {
		path := p.at().KeysFile()
		return keysFile{keyfile.New(path), path}, p.makeFolder()
	}
	secret, err := secretsmanager.New(secretsmanager.Config{
		Secret: p.KeysSecret, Region: os.Getenv("AWS_REGION"), Endpoint: os.Getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER"),
	})
	if err != nil && p.KeysSecret != "" {
		err = openstore.WithProfile(err)
	}
	if err != nil {
		return nil, fmt.Errorf("--keys-secret or %sKEYS: %w", config.Prefix, err)
	}
	return secret, nil
}

// keysFile is the keyring in the data folder.
type keysFile struct {
	keyring.Source
	path string
}

// Edit implements [keeper].
func (k keysFile) Edit(ctx context.Context, edit func(*keyring.Document) error) error {
	if _, err := k.Read(ctx, time.Now()); err != nil { // the first read makes the file
		return err
	}
	return keyfile.Edit(ctx, k.path, edit)
}

// ring returns the keyring.
func (p place) ring() (*keyring.Ring, error) {
	keys, err := p.keys()
	if err != nil {
		return nil, err
	}
	return keyring.New(keys, time.Now, time.Hour, slog.New(slog.DiscardHandler))
}

// lazyRing opens the keyring at its first use, so that a person who disables a client
// needs no permission to read keys.
type lazyRing func() (*keyring.Ring, error)

var _ documents.Sealer = lazyRing(nil)

// Seal implements [documents.Sealer].
func (r lazyRing) Seal(ctx context.Context, plain []byte, bound string) (string, error) {
	ring, err := r()
	if err != nil {
		return "", err
	}
	return ring.Seal(ctx, plain, bound)
}

// Open implements [documents.Sealer].
func (r lazyRing) Open(ctx context.Context, sealed, bound string) ([]byte, error) {
	ring, err := r()
	if err != nil {
		return nil, err
	}
	return ring.Open(ctx, sealed, bound)
}
