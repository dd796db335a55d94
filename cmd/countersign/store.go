package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"countersign/pkg/awsclient"
	"countersign/pkg/changes"
	"countersign/pkg/clients"
	"countersign/pkg/config"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/streams"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
)

// store is where the local server keeps everything but its keys.
type store interface {
	otp.Challenges
	otp.Ledgers
	clients.Traffic
	documents() clients.Table
	// follow tells what happens to challenges, until ctx ends.
	follow(ctx context.Context, events changes.Events, log *slog.Logger)
	Close() error
}

func (s *serve) open(ctx context.Context, cfg config.Config, getenv func(string) string) (store, error) {
	if s.Store == "dynamodb" {
		return openDynamoDB(ctx, s.DynamoDBEndpoint, cfg, getenv)
	}
	db, err := sqlitestore.Open(filepath.Join(s.Data, "countersign.db"))
	if err != nil {
		return nil, err
	}
	return file{db}, nil
}

// file is the store in one SQLite file.
type file struct{ *sqlitestore.Store }

func (f file) documents() clients.Table { return f.Documents() }

// sweep does what DynamoDB's TTL does, once a minute.
func sweep(ctx context.Context, db *sqlitestore.Store) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		for round := false; !round && ctx.Err() == nil; {
			var err error
			if round, err = db.Sweep(ctx, otp.MillisOf(time.Now())); err != nil {
				break // what fails is swept the next time
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// tables are the store on DynamoDB.
type tables struct {
	*dynamostore.Store
	clients *dynamostore.Documents
	stream  *streams.Stream // of an engine; nil: functions/changes follows it, or it has none
	missing error           // why it has none
}

func openDynamoDB(ctx context.Context, endpoint string, cfg config.Config, getenv func(string) string) (store, error) {
	client, err := dynamoDB(getenv("AWS_REGION"), endpointFlag, endpoint)
	if err != nil {
		return nil, err
	}
	if endpoint != "" { // on AWS, template.yaml makes the tables
		if err := dynamostore.CreateTable(ctx, client, cfg.Table); err != nil {
			return nil, unreached(endpoint, err)
		}
		if err := dynamostore.CreateClientsTable(ctx, client, cfg.ClientsTable); err != nil {
			return nil, err
		}
	}
	t := tables{Store: dynamostore.New(client, cfg.Table), clients: dynamostore.NewDocuments(client, cfg.ClientsTable)}
	if endpoint != "" {
		t.stream, t.missing = streams.New(ctx, client, cfg.Table)
	}
	return t, nil
}

const endpointFlag = "--dynamodb-endpoint"

// dynamoDB makes a client of DynamoDB, or of the engine at the endpoint that a setting
// gives.
func dynamoDB(region, setting, endpoint string) (*dynamodb.Client, error) {
	if endpoint != "" {
		if err := checkURL(setting, endpoint); err != nil {
			return nil, err
		}
	}
	client, err := dynamostore.NewClient(dynamostore.Config{Region: region, Endpoint: endpoint})
	if err != nil {
		return nil, withProfile(err)
	}
	return client, nil
}

// checkURL refuses what is no base URL, in the name of its setting.
func checkURL(setting, value string) error {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return fmt.Errorf("%s %s: must be http://HOST:PORT, or begin with https://", setting, value)
	}
	return nil
}

// withProfile adds to an error of a client of AWS how it gets the credentials of a
// profile. None is read, see package awsclient.
func withProfile(err error) error {
	if awsclient.Keys(os.Getenv) != nil {
		return err
	}
	return fmt.Errorf(`%w; for those of a profile or SSO: eval "$(aws configure export-credentials --format env)"`, err)
}

// unreached adds to the error of a call what may be wrong where nobody has answered.
func unreached(endpoint string, err error) error {
	var send interface{ ConnectionError() bool }
	if errors.As(err, &send) {
		return fmt.Errorf("%w; is an engine running at %s?", err, endpoint)
	}
	return err
}

func (t tables) documents() clients.Table { return t.clients }
func (t tables) Close() error             { return nil }
