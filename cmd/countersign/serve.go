package main

import (
	"context"
	"os"

	"github.com/alecthomas/kong"

	"countersign/pkg/localserver"
)

var serveHelp = texts{
	"serve":        "Run the service on this machine, with a local store and an outbox in place of the phone network.",
	"listen":       "Address to listen on; port 0 takes a free one.",
	"allow_remote": "Allow an address that other machines reach. Anyone there can read the codes.",
	"allow_host": "Host that requests may be sent to, besides localhost and the address of --listen, such as " +
		"host.docker.internal. A name that a stranger can own lets its web pages read the codes.",
	"receipts": "What is reported about each message a moment after it was sent: delivered; undelivered, invalid, " +
		"opted-out or blocked; with expired and late when its code is over (late is delivered all the same); or none.",
	"verbose": "Log each request on standard error, with its result and the reason, and not faults only.",
}

// serve is the command of the same name. Limits, brand and the like are settings of
// package config, which come from the environment as in Lambda.
type serve struct {
	Listen      string   `default:"127.0.0.1:8080" env:"COUNTERSIGN_LISTEN" placeholder:"HOST:PORT" help:"listen"`
	AllowRemote bool     `env:"COUNTERSIGN_ALLOW_REMOTE" help:"allow_remote"`
	AllowHost   []string `env:"COUNTERSIGN_ALLOW_HOST" placeholder:"HOST" help:"allow_host"`
	storeFlags
	Receipts string `default:"delivered" env:"COUNTERSIGN_OUTBOX_RECEIPTS" placeholder:"STATE" help:"receipts"`
	Verbose  bool   `short:"v" env:"COUNTERSIGN_VERBOSE" help:"verbose"`
}

// Run serves until ctx ends, then finishes the calls that are under way.
func (s *serve) Run(ctx context.Context, k *kong.Context) error {
	return localserver.Run(ctx, localserver.Options{
		Listen:      s.Listen,
		AllowRemote: s.AllowRemote,
		AllowHosts:  s.AllowHost,
		Place:       s.at(),
		Verbose:     s.Verbose,
		Receipts:    s.Receipts,
		Getenv:      os.Getenv,
		Flags:       givenFlags(k),
		Stdout:      os.Stdout,
		Stderr:      os.Stderr,
	})
}
