package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"time"

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
	otp.Ledger
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
	client, err := dynamostore.NewClient(dynamostore.Config{Region: getenv("AWS_REGION"), Endpoint: endpoint})
	if err != nil {
		return nil, err
	}
	if endpoint != "" { // on AWS, template.yaml makes the tables
		if err := dynamostore.CreateTable(ctx, client, cfg.Table); err != nil {
			return nil, err
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

func (t tables) documents() clients.Table { return t.clients }
func (t tables) Close() error             { return nil }
