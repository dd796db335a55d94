package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"countersign/pkg/config"
	"countersign/pkg/gateway"
	"countersign/pkg/keyring"
	"countersign/pkg/loopback"
	"countersign/pkg/outbox"
	"countersign/pkg/phone/plan"
	"countersign/pkg/version"
)

// serve is the command of the same name. Limits, brand and the like are read
// from the environment by package config, as in Lambda.
type serve struct {
	Listen           string `default:"127.0.0.1:8080" env:"COUNTERSIGN_LISTEN" placeholder:"HOST:PORT" help:"Address to listen on; port 0 takes a free one (${default})."`
	AllowRemote      bool   `env:"COUNTERSIGN_ALLOW_REMOTE" help:"Allow an address that other machines reach. Anyone there can read the codes."`
	Data             string `default:".countersign" env:"COUNTERSIGN_DATA" type:"path" help:"Folder of keys, store and outbox (${default})."`
	Store            string `default:"sqlite" enum:"sqlite,dynamodb" env:"COUNTERSIGN_STORE" help:"Where challenges are kept: sqlite or dynamodb (${default})."`
	DynamoDBEndpoint string `name:"dynamodb-endpoint" env:"COUNTERSIGN_DYNAMODB_ENDPOINT" placeholder:"URL" help:"A DynamoDB engine on this machine; its table is made if missing. Without it: AWS, by the usual environment."`
	Verbose          bool   `short:"v" env:"COUNTERSIGN_VERBOSE" help:"Tell of each request on standard error: what came of it, and why. Otherwise of faults only."`
}

// Run serves until ctx ends, then finishes what is under way.
func (s *serve) Run(ctx context.Context) error {
	return s.run(ctx, os.Getenv, os.Stdout, os.Stderr)
}

func (s *serve) run(ctx context.Context, getenv func(string) string, stdout, stderr io.Writer) (err error) {
	if err := s.check(getenv); err != nil {
		return err
	}
	cfg, err := config.Load(getenv)
	if err != nil {
		return err
	}
	if err := plan.CheckCountries(cfg.Countries); err != nil {
		return fmt.Errorf("%sCOUNTRIES: %w", config.Prefix, err)
	}
	if len(cfg.Countries) == 0 {
		cfg.Countries = []string{"*"} // nothing leaves this machine
	}
	if err := cfg.CheckMessages(); err != nil {
		return err
	}
	if err := os.MkdirAll(s.Data, 0o700); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	faults := newTerminal(stderr)
	defer faults.close()
	log, requests := slog.New(slog.NewTextHandler(faults, nil)), slog.New(slog.NewTextHandler(faults, &slog.HandlerOptions{Level: slog.LevelWarn}))
	if s.Verbose {
		requests = log
	}
	keys, err := keyring.New(keyring.File(filepath.Join(s.Data, "keys.json")), time.Now, recent, log)
	if err != nil {
		return err
	}
	store, err := s.open(ctx, cfg, getenv)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	terminal := newTerminal(stdout)
	defer terminal.close()
	messages, err := outbox.Open(filepath.Join(s.Data, "outbox.jsonl"), time.Now, rand.Text, func(e outbox.Entry) {
		terminal.say("SMS to " + e.To + ": " + e.Body)
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, messages.Close()) }()

	debug.SetGCPercent(400) // little is live: 20 MB more buy a tenth more calls
	server := wire(cfg.Defaults(), keys, store, messages, time.Now, requests)
	told := make(chan struct{})
	following, stop := context.WithCancel(ctx)
	go func() {
		defer close(told)
		store.follow(following, server.events, log)
	}()
	defer func() { stop(); <-told }()
	log.Info("started", "version", version.Current)
	if s.AllowRemote {
		return s.listen(ctx, terminal, server)
	}
	return s.listen(ctx, terminal, guarded(server))
}

// check refuses places where codes that anyone can read do not belong.
func (s *serve) check(getenv func(string) string) error {
	for _, name := range []string{"AWS_LAMBDA_RUNTIME_API", "AWS_LAMBDA_FUNCTION_NAME"} {
		if getenv(name) != "" {
			return fmt.Errorf("serve is for laptops and shows every code: it does not run inside Lambda (%s is set); deploy functions/init and functions/verify there", name)
		}
	}
	if s.DynamoDBEndpoint != "" && s.Store != "dynamodb" {
		return fmt.Errorf("--dynamodb-endpoint goes with --store dynamodb, and the store is %s", s.Store)
	}
	host, _, err := net.SplitHostPort(s.Listen)
	if err != nil {
		return fmt.Errorf("--listen %s: must be HOST:PORT: %w", s.Listen, err)
	}
	if !loopback.Is(host) && !s.AllowRemote {
		return fmt.Errorf("--listen %s is reachable from other machines, and anyone there could read the codes: use 127.0.0.1, or say --allow-remote", s.Listen)
	}
	return nil
}

// drain is how long calls under way may take after Ctrl-C.
const drain = gateway.Timeout + 2*time.Second

func (s *serve) listen(ctx context.Context, terminal *terminal, handler http.Handler) error {
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("--listen: %w; take another with --listen 127.0.0.1:0 or COUNTERSIGN_LISTEN=127.0.0.1:0", err)
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    512 << 10,                                              // more than any client sends, so that the contract answers
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelInfo), // strangers' broken connections
	}
	url := "http://" + listener.Addr().String()
	terminal.say("ready " + url)
	terminal.say(greeting(url))
	stopped := make(chan struct{})
	go func() {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.Background(), drain)
		defer cancel()
		if server.Shutdown(late) != nil {
			server.Close() // somebody holds a request half sent
		}
		close(stopped)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	<-stopped
	return nil
}

// greeting is three commands that work as pasted. The number is another one at
// each start, so that no limit of an earlier try is in the way.
func greeting(url string) string {
	number, _ := rand.Int(rand.Reader, tenThousand)
	national := fmt.Sprintf("654321%04d", number)
	id := "DEMO" + strings.ToLower(rand.Text())
	return fmt.Sprintf(`
Send a code, read it off the outbox, verify it:

curl -s %[1]s/ams/api/v1/customers/initAuthentication -H 'Client-Id: demo' -H 'Content-Type: application/json' -d '{"authenticationRequestId":"%[2]s","authenticationMethod":"OTP","authenticationType":"SMS","identityType":"MOBILENO","identityValue":"60-%[3]s"}'

curl -s '%[1]s/_dev/messages?to=%%2B60%[3]s'

curl -s %[1]s/v1/users/verifyAuthentication -H 'Client-Id: demo' -H 'Content-Type: application/json' -d '{"authenticationType":"OTP","authenticationRequestId":"%[2]s","authenticationValue":"'$(curl -s '%[1]s/_dev/messages?to=%%2B60%[3]s' | grep -o '"code":"[0-9]*' | head -n 1 | tr -dc 0-9)'"}'
`, url, id, national)
}
