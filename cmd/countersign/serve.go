package main

import (
	"context"
	"os"

	"countersign/pkg/localserver"
	"countersign/pkg/openstore"
)

// serve is the command of the same name. Package config reads limits, brand and the
// like from the environment, as in Lambda.
type serve struct {
	Listen           string `default:"127.0.0.1:8080" env:"COUNTERSIGN_LISTEN" placeholder:"HOST:PORT" help:"Address to listen on; port 0 takes a free one (${default})."`
	AllowRemote      bool   `env:"COUNTERSIGN_ALLOW_REMOTE" help:"Allow an address that other machines reach. Anyone there can read the codes."`
	Data             string `default:".countersign" env:"COUNTERSIGN_DATA" type:"path" help:"Folder of keys, store and outbox (${default})."`
	Store            string `default:"sqlite" enum:"sqlite,dynamodb" env:"COUNTERSIGN_STORE" help:"Where challenges are kept: sqlite or dynamodb (${default})."`
	DynamoDBEndpoint string `name:"dynamodb-endpoint" env:"COUNTERSIGN_DYNAMODB_ENDPOINT" placeholder:"URL" help:"A DynamoDB engine on this machine; its tables are made if missing. Without it: AWS, by the usual environment."`
	Verbose          bool   `short:"v" env:"COUNTERSIGN_VERBOSE" help:"Log each request on standard error, with its result and the reason. Otherwise only faults are logged."`
}

// Run serves until ctx ends, then finishes the calls that are under way.
func (s *serve) Run(ctx context.Context) error {
	return localserver.Run(ctx, localserver.Options{
		Listen:      s.Listen,
		AllowRemote: s.AllowRemote,
		Place:       openstore.Place{Folder: s.Data, Kind: s.Store, Engine: s.DynamoDBEndpoint, Getenv: os.Getenv},
		Verbose:     s.Verbose,
		Getenv:      os.Getenv,
		Stdout:      os.Stdout,
		Stderr:      os.Stderr,
	})
}
