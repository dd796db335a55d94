// Package openstore opens the stores of the local server and of the commands, so
// that both work on the same one. A store is a SQLite file in the data folder, the
// tables of a DynamoDB engine on this machine, or the tables of a deployment in AWS.
package openstore

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"countersign/pkg/awsclient"
	"countersign/pkg/clients"
	"countersign/pkg/documents"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/streams"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
)

// Kinds of stores, as the flag --store names them.
const (
	SQLite   = "sqlite"
	DynamoDB = "dynamodb"
)

// Place names a store.
type Place struct {
	Folder string // data folder: it has the keyring too, except for a deployment
	Kind   string // SQLite or DynamoDB
	Engine string // URL of a DynamoDB engine on this machine; "" means AWS
	// Getenv returns AWS_REGION and AWS_ENDPOINT_URL_DYNAMODB. Credentials come from the
	// process's own environment.
	Getenv func(string) string
}

// Store is an open store of challenges, clients and users: a [sqlitestore.Store] or [Tables].
type Store interface {
	otp.Challenges
	otp.Ledgers
	otp.Receipts
	clients.Counter
	guard.Reader
	Documents() documents.Table
	// Ledger reads a ledger, nil for none, and ClearLedger forgets its messages and keeps
	// its known sources.
	Ledger(ctx context.Context, key string) (*otp.Ledger, error)
	ClearLedger(ctx context.Context, key string) error
	// Challenge reads a challenge, nil for none, and ChallengesOf those of the numbers with
	// these ledgers, in no order. ChallengesOf reads the whole table.
	Challenge(ctx context.Context, key string) (*otp.Challenge, error)
	ChallengesOf(ctx context.Context, ledgers []string) ([]*otp.Challenge, error)
	Close() error
}

// Check returns an error if the fields of p contradict each other.
func (p Place) Check() error {
	if p.Engine != "" && p.Kind != DynamoDB {
		return fmt.Errorf("--dynamodb-endpoint goes with --store dynamodb, and the store is %s", p.Kind)
	}
	return nil
}

// Deployed reports whether the store is that of a deployment in AWS.
func (p Place) Deployed() bool { return p.Kind == DynamoDB && p.Engine == "" }

// KeysFile is the path of the keyring. A deployment has its keyring in Secrets
// Manager instead.
func (p Place) KeysFile() string { return filepath.Join(p.Folder, "keys.json") }

// KeysLost reports whether the folder has a database and no keyring. What the database has
// under the lost keys is of no use: live codes, counts of numbers, sealed secrets.
func (p Place) KeysLost() bool {
	_, database := os.Stat(p.databaseFile())
	_, keys := os.Stat(p.KeysFile())
	return database == nil && errors.Is(keys, fs.ErrNotExist)
}

func (p Place) databaseFile() string { return filepath.Join(p.Folder, "countersign.db") }

// Name names the store of clients and users in messages. table is the name of their
// table in DynamoDB.
func (p Place) Name(table string) string {
	if p.Kind == DynamoDB {
		return "table " + table
	}
	return p.databaseFile()
}

// MakeFolder makes the data folder, which only its owner can read.
func (p Place) MakeFolder() error {
	if err := os.MkdirAll(p.Folder, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	return nil
}

// Tables are the store in DynamoDB.
type Tables struct {
	*dynamostore.Store
	// Stream has the changes of an engine's table of challenges. It is nil for a
	// deployment, whose function changes reads them, and for an engine without streams.
	Stream *streams.Stream
	// NoStream is the reason why an engine has no stream.
	NoStream error

	documents *dynamostore.Documents
}

// Documents returns the table of clients and users.
func (t Tables) Documents() documents.Table { return t.documents }

// Close implements [Store]. There is nothing to close.
func (t Tables) Close() error { return nil }

// Open opens the whole store. The names are those of the tables in DynamoDB. Tables
// that an engine does not have are made.
func (p Place) Open(ctx context.Context, challenges, documents string) (Store, error) {
	if p.Kind != DynamoDB {
		db, err := sqlitestore.Open(p.databaseFile())
		if err != nil {
			return nil, err // not db, which would be a Store that is not nil
		}
		return db, nil
	}
	client, err := p.client(false)
	if err != nil {
		return nil, err
	}
	if !p.Deployed() {
		if err := dynamostore.CreateTable(ctx, client, challenges); err != nil {
			return nil, unreached(p.Engine, err)
		}
	}
	t := Tables{Store: dynamostore.New(client, challenges)}
	if t.documents, err = p.openTable(ctx, client, documents); err != nil {
		return nil, err
	}
	if !p.Deployed() {
		t.Stream, t.NoStream = streams.New(ctx, client, challenges)
	}
	return t, nil
}

// View opens the whole store for a process that only reads: nothing is made that is missing, and each write fails. It
// asks the tables nothing, so that those which the process may not read are found out when they are needed.
func (p Place) View(challenges, documents string) (Store, error) {
	if p.Kind != DynamoDB {
		db, err := sqlitestore.OpenReadOnly(p.databaseFile())
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w: countersign serve makes one there; --data takes another folder", err)
		}
		if err != nil {
			return nil, err
		}
		return db, nil
	}
	client, err := p.client(true)
	if err != nil {
		return nil, err
	}
	return Tables{
		Store: dynamostore.New(client, challenges), documents: dynamostore.NewDocuments(client, documents),
	}, nil
}

// OpenDocuments opens the table of clients and users, without the challenges. The
// caller closes it by calling shut.
func (p Place) OpenDocuments(ctx context.Context, name string) (table documents.Table, shut func() error, err error) {
	if p.Kind != DynamoDB {
		db, err := sqlitestore.Open(p.databaseFile())
		if err != nil {
			return nil, nil, err
		}
		return db.Documents(), db.Close, nil
	}
	client, err := p.client(false)
	if err != nil {
		return nil, nil, err
	}
	if table, err = p.openTable(ctx, client, name); err != nil {
		return nil, nil, err
	}
	return table, func() error { return nil }, nil
}

// openTable opens the table of clients and users. template.yaml makes that of a
// deployment.
func (p Place) openTable(ctx context.Context, client *dynamodb.Client, name string) (*dynamostore.Documents, error) {
	if !p.Deployed() {
		if err := dynamostore.CreateClientsTable(ctx, client, name); err != nil {
			return nil, unreached(p.Engine, err)
		}
	}
	return dynamostore.NewDocuments(client, name), nil
}

// client makes a client of the engine, or of DynamoDB in AWS.
func (p Place) client(readOnly bool) (*dynamodb.Client, error) {
	setting, endpoint := "--dynamodb-endpoint", p.Engine
	if p.Deployed() {
		setting = "AWS_ENDPOINT_URL_DYNAMODB"
		endpoint = p.Getenv(setting)
	}
	if endpoint != "" {
		if err := CheckURL(setting, endpoint); err != nil {
			return nil, err
		}
	}
	client, err := dynamostore.NewClient(dynamostore.Config{
		Region: p.Getenv("AWS_REGION"), Endpoint: endpoint, ReadOnly: readOnly,
	})
	if err != nil {
		return nil, WithProfile(err)
	}
	return client, nil
}

// CheckURL returns an error that names the setting if the value is no base URL.
func CheckURL(setting, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%s %s: must be http://HOST:PORT or https://HOST", setting, value)
	}
	return nil
}

// WithProfile adds the command that gets the credentials of a profile to an error of
// an AWS client, if the environment has no credentials. Package awsclient reads no
// profiles.
func WithProfile(err error) error {
	if awsclient.Keys(os.Getenv) != nil {
		return err
	}
	return fmt.Errorf(`%w; for those of a profile or SSO: eval "$(aws configure export-credentials --format env)"`, err)
}

// Busy reports whether an error of a store is that another program kept its file for itself for too long.
func Busy(err error) bool { return sqlitestore.Busy(err) }

// unreached adds a question to an error of an engine that did not answer.
func unreached(endpoint string, err error) error {
	var send interface{ ConnectionError() bool }
	if errors.As(err, &send) {
		return fmt.Errorf("%w; is an engine running at %s?", err, endpoint)
	}
	return err
}
