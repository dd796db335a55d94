package main

import (
	"context"
	"path/filepath"
	"time"

	"countersign/pkg/dynamostore"
	"countersign/pkg/otp"
	"countersign/pkg/sqlitestore"
)

// store is where the local server keeps challenges and ledgers.
type store interface {
	otp.Challenges
	otp.Ledger
	Close() error
}

func (s *serve) open(ctx context.Context, table string, getenv func(string) string) (store, error) {
	if s.Store == "dynamodb" {
		return openDynamoDB(ctx, s.DynamoDBEndpoint, table, getenv)
	}
	db, err := sqlitestore.Open(filepath.Join(s.Data, "countersign.db"))
	if err != nil {
		return nil, err
	}
	go sweep(ctx, db)
	return db, nil
}

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

func openDynamoDB(ctx context.Context, endpoint, table string, getenv func(string) string) (store, error) {
	client, err := dynamostore.NewClient(dynamostore.Config{Region: getenv("AWS_REGION"), Endpoint: endpoint})
	if err != nil {
		return nil, err
	}
	if endpoint != "" { // on AWS, template.yaml makes the table
		if err := dynamostore.CreateTable(ctx, client, table); err != nil {
			return nil, err
		}
	}
	return unclosed{dynamostore.New(client, table)}, nil
}

// unclosed is a store without anything to close.
type unclosed struct{ *dynamostore.Store }

func (unclosed) Close() error { return nil }
