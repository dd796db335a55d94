package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"

	"countersign/pkg/clients/registry"
	"countersign/pkg/config"
	"countersign/pkg/documents"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/secretsmanager"
	"countersign/pkg/openstore"
	"countersign/pkg/users"
)

// where are the flags that every administration command has: which clients, users
// and keys it works on, and how it answers. Their defaults are those of serve,
// which may run meanwhile.
type where struct {
	Data             string `default:".countersign" env:"COUNTERSIGN_DATA" type:"path" help:"Folder of keys and store, the same as of serve (${default})."`
	Store            string `default:"sqlite" enum:"sqlite,dynamodb" env:"COUNTERSIGN_STORE" help:"Where clients and users are kept: sqlite or dynamodb (${default})."`
	DynamoDBEndpoint string `name:"dynamodb-endpoint" env:"COUNTERSIGN_DYNAMODB_ENDPOINT" placeholder:"URL" help:"A DynamoDB engine on this machine; its table is made if missing, and the keys are in the folder. Without it: AWS, by the usual environment."`
	KeysSecret       string `env:"COUNTERSIGN_KEYS" placeholder:"NAME" help:"Name or ARN of the keyring's secret in AWS Secrets Manager, for DynamoDB in AWS."`
	JSON             bool   `help:"Answer in JSON, in one line."`
}

// books are what a command reads and writes.
type books struct {
	clients registry.Registry
	users   users.Directory
	ring    ringer
}

// Validate refuses flags that speak of two places; kong calls it before the command.
// Whoever has just rotated the keys of a folder must not take them for those of a
// deployment.
func (w where) Validate() error {
	if err := w.at().Check(); err != nil {
		return err
	}
	if w.Store != openstore.DynamoDB && w.KeysSecret != "" {
		return fmt.Errorf("--keys-secret or %[1]sKEYS names the keyring of a deployment, and the store is %[2]s: "+
			"give --store dynamodb (or %[1]sSTORE=dynamodb) to work on the deployment, or unset %[1]sKEYS to work on the folder %[3]s",
			config.Prefix, w.Store, w.Data)
	}
	return nil
}

// on opens the books for work and closes them after it.
func (w where) on(ctx context.Context, work func(*books) error) (err error) {
	cfg, err := config.Load(os.Getenv)
	if err != nil {
		return err
	}
	if err := w.makeFolder(); err != nil {
		return err
	}
	table, shut, err := w.at().OpenDocuments(ctx, cfg.ClientsTable)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, shut()) }()
	ring := ringer(sync.OnceValues(w.ring))
	err = work(&books{
		clients: registry.Registry{Table: table, Sealer: ring, Defaults: cfg.Defaults(), Now: time.Now},
		users:   users.Directory{Table: table, Sealer: ring, Now: time.Now},
		ring:    ring,
	})
	if errors.Is(err, documents.ErrNotFound) {
		err = fmt.Errorf("%w in %s: client list, client show and user list show what is there", err, w.at().Name(cfg.ClientsTable))
	}
	return err
}

// at is the place that the flags name.
func (w where) at() openstore.Place {
	return openstore.Place{Folder: w.Data, Kind: w.Store, Engine: w.DynamoDBEndpoint, Getenv: os.Getenv}
}

// makeFolder makes the data folder, which a deployment does not need.
func (w where) makeFolder() error {
	if w.at().Deployed() {
		return nil
	}
	return w.at().MakeFolder()
}

// keeper is where a keyring is kept.
type keeper interface {
	keyring.Source
	Edit(ctx context.Context, edit func(*keyring.Document) error) error
}

var _ keeper = (*secretsmanager.Secret)(nil)

// keys returns the keeper of the keyring.
func (w where) keys() (keeper, error) {
	if !w.at().Deployed() {
		path := w.at().KeysFile()
		return keyFolder{keyring.File(path), path}, w.makeFolder()
	}
	secret, err := secretsmanager.New(secretsmanager.Config{Secret: w.KeysSecret, Region: os.Getenv("AWS_REGION"), Endpoint: os.Getenv("AWS_ENDPOINT_URL_SECRETS_MANAGER")})
	if err != nil && w.KeysSecret != "" {
		err = openstore.WithProfile(err)
	}
	if err != nil {
		return nil, fmt.Errorf("--keys-secret or %sKEYS: %w", config.Prefix, err)
	}
	return secret, nil
}

// keyFolder keeps the keyring in the folder of the data.
type keyFolder struct {
	keyring.Source
	path string
}

func (k keyFolder) Edit(ctx context.Context, edit func(*keyring.Document) error) error {
	if _, err := k.Read(ctx, time.Now()); err != nil { // which makes one if there is none
		return err
	}
	return keyring.Edit(ctx, k.path, edit)
}

func (w where) ring() (*keyring.Ring, error) {
	keys, err := w.keys()
	if err != nil {
		return nil, err
	}
	return keyring.New(keys, time.Now, time.Hour, slog.New(slog.DiscardHandler))
}

// ringer opens the keyring once it is needed: who disables a client need not be
// able to read keys.
type ringer func() (*keyring.Ring, error)

var _ documents.Sealer = ringer(nil)

func (r ringer) Seal(ctx context.Context, plain []byte, bound string) (string, error) {
	ring, err := r()
	if err != nil {
		return "", err
	}
	return ring.Seal(ctx, plain, bound)
}

func (r ringer) Open(ctx context.Context, sealed, bound string) ([]byte, error) {
	ring, err := r()
	if err != nil {
		return nil, err
	}
	return ring.Open(ctx, sealed, bound)
}

// tell answers: value in JSON, or the text.
func (w where) tell(value any, text string) error {
	if w.JSON {
		b, err := json.Marshal(value)
		if err != nil {
			return err
		}
		text = string(b)
	}
	_, err := fmt.Println(strings.TrimSuffix(text, "\n"))
	return err
}

// warn tells what is not part of the answer.
func warn(format string, args ...any) { fmt.Fprintf(os.Stderr, "countersign: "+format+"\n", args...) }

// columns lays rows out, each a line.
func columns(rows ...[]string) string {
	var b strings.Builder
	out := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(out, strings.Join(row, "\t"))
	}
	out.Flush()
	return b.String()
}
