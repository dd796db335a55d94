package standin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"time"

	"countersign/pkg/awsclient"
	"countersign/pkg/awsfake"
	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/config"
	"countersign/pkg/documents"
	"countersign/pkg/dynamostore"
	"countersign/pkg/dynamostore/engine"
	"countersign/pkg/keyring"
	"countersign/pkg/keyring/keyfile"
	"countersign/pkg/loopback"
	"countersign/pkg/otp"
)

// Names of the variables with the URLs of services.
const (
	dynamoDB       = "AWS_ENDPOINT_URL_DYNAMODB"
	secretsManager = "AWS_ENDPOINT_URL_SECRETS_MANAGER" // #nosec G101 -- the name of a variable
	sns            = "AWS_ENDPOINT_URL_SNS"
	smsVoice       = "AWS_ENDPOINT_URL_PINPOINT_SMS_VOICE_V2"
	eventBridge    = "AWS_ENDPOINT_URL_EVENTBRIDGE"
)

// Options choose the services that have a stand-in, and the place of their data.
type Options struct {
	// Given has the variables that a function gets anyway. A service with an endpoint in it has no stand-in, and its
	// tables are left alone.
	Given map[string]string
	// Host is the address that all stand-ins listen on; "" is 127.0.0.1. Anyone who reaches it can read the keys and
	// the codes. Web pages cannot: all stand-ins but the engine answer only requests to this address, see
	// [loopback.Only].
	Host string
	// Data is an existing folder. The keyring is in its keys.json, like that of the local server, and is made if it is
	// missing.
	Data string
	// DynamoDB is the URL of an engine that is running on this machine; "" starts the
	// one at Engine, with its tables in the file dynamodb.db of Data.
	DynamoDB string
	Engine   string
	// Sent gets each message to a phone, and Put each event: its kind, and its detail in JSON. They go nowhere else.
	// Either may be nil.
	Sent func(to, message string)
	Put  func(kind, detail string)
	Now  func() time.Time
	Rand io.Reader // for the key of the access keys' digests
}

// Services are stand-ins for the services that the functions call.
type Services struct {
	// Environment has the variables that point a function at them.
	Environment map[string]string
	// Names of the services that have a stand-in, for people.
	Names []string

	host    string
	engine  *engine.Engine
	servers []*http.Server
}

// DemoClient is the client that [StartServices] makes if it is missing. It needs no signature, may send to all
// countries and is a Unimatrix access key without a secret.
const DemoClient = "demo"

// Settings are the variables that functions need with the stand-ins, besides the endpoints: any country, because
// nothing leaves this machine, and clients without a signature, for the same reason; and a client for Cognito's
// triggers.
func Settings() map[string]string {
	return map[string]string{
		config.Prefix + "COUNTRIES":        "*",
		config.Prefix + "UNSIGNED_CLIENTS": "yes",
		config.Prefix + "KEYS":             "local-keyring",
		config.Prefix + "COGNITO_CLIENT":   DemoClient,
	}
}

// StartServices starts a stand-in for each service that is not given. It makes the tables and the client "demo" if they
// are missing. Close ends the stand-ins.
func StartServices(ctx context.Context, o Options) (_ *Services, err error) {
	s := &Services{Environment: map[string]string{}, host: cmp.Or(o.Host, "127.0.0.1")}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	keys := keyfile.New(filepath.Join(o.Data, "keys.json"))
	readKeys := func(ctx context.Context) ([]byte, error) { return keys.Read(ctx, o.Now()) }
	if o.Given[dynamoDB] == "" {
		if err := s.tables(ctx, o, keys); err != nil {
			return nil, err
		}
	}
	for _, service := range []struct {
		variable, name string
		handler        http.Handler
	}{
		{secretsManager, "Secrets Manager (" + filepath.Join(o.Data, "keys.json") + ")",
			&awsfake.Secret{Source: readKeys}},
		{sns, "SNS (messages go nowhere)", &awsfake.SNS{Sent: o.Sent}},
		{smsVoice, "End User Messaging (messages go nowhere)", &awsfake.SMSVoice{Sent: o.Sent}},
		{eventBridge, "EventBridge (events go nowhere)", &awsfake.EventBridge{Put: o.Put}},
	} {
		if o.Given[service.variable] != "" {
			continue
		}
		if s.Environment[service.variable], err = s.serve(service.handler); err != nil {
			return nil, err
		}
		s.Names = append(s.Names, service.name)
	}
	return s, nil
}

// tables starts the engine if there is none, and makes its tables and its client.
func (s *Services) tables(ctx context.Context, o Options, keys keyring.Source) (err error) {
	if o.DynamoDB == "" {
		file := filepath.Join(o.Data, "dynamodb.db")
		if s.engine, err = engine.Start(o.Engine, s.host, file); err != nil {
			return err
		}
		o.DynamoDB = s.engine.URL
		s.Names = append(s.Names, "DynamoDB ("+file+")")
	} else if at, err := url.Parse(o.DynamoDB); err != nil || !loopback.Is(at.Hostname()) {
		return fmt.Errorf("DynamoDB at %s is not on this machine, and would get a client that needs no signature: "+
			"it must be at localhost or 127.0.0.1", o.DynamoDB)
	}
	s.Environment[dynamoDB] = o.DynamoDB
	return furnish(ctx, o, keys)
}

// desktop is the name by which containers of Docker Desktop ask for 127.0.0.1.
const desktop = "host.docker.internal"

// serve runs a stand-in on a free port of the host and returns its URL.
func (s *Services) serve(h http.Handler) (string, error) {
	listener, err := net.Listen("tcp", net.JoinHostPort(s.host, "0"))
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: loopback.Only(h, s.host, desktop), ReadHeaderTimeout: time.Minute}
	s.servers = append(s.servers, server)
	go server.Serve(listener)
	return "http://" + listener.Addr().String(), nil
}

// Close ends the stand-ins. Files stay.
func (s *Services) Close() (err error) {
	for _, server := range s.servers {
		err = errors.Join(err, server.Close())
	}
	if s.engine != nil {
		err = errors.Join(err, s.engine.Stop())
	}
	return err
}

// furnish makes tables and client with made-up credentials: the credentials of this process must not reach an engine.
func furnish(ctx context.Context, o Options, keys keyring.Source) error {
	cfg, err := config.Load(func(name string) string { return o.Given[name] })
	if err != nil {
		return err
	}
	client, err := dynamostore.NewClient(dynamostore.Config{Endpoint: o.DynamoDB, Credentials: awsclient.Local()})
	if err != nil {
		return err
	}
	if err := dynamostore.CreateTable(ctx, client, cfg.Table); err != nil {
		return fmt.Errorf("table of challenges: %w", err)
	}
	if err := dynamostore.CreateClientsTable(ctx, client, cfg.ClientsTable); err != nil {
		return fmt.Errorf("table of clients: %w", err)
	}
	ring, err := keyring.New(keys, o.Now, time.Hour, slog.New(slog.DiscardHandler))
	if err != nil {
		return err
	}
	registry := registry.Registry{
		Table:    dynamostore.NewDocuments(client, cfg.ClientsTable),
		Sealer:   ring,
		Defaults: clients.Defaults{Policy: otp.DefaultPolicy(), Countries: []string{"*"}, Brand: cfg.Brand},
		Now:      o.Now,
		Rand:     o.Rand,
	}
	if _, err := registry.Get(ctx, DemoClient); !errors.Is(err, documents.ErrNotFound) {
		return err
	}
	demo := clients.Record{ID: DemoClient, Unsigned: true, Unimatrix: "simple", Countries: []string{"*"}}
	return registry.Add(ctx, demo, nil, DemoClient) // its access key is its id, for the pages to paste
}
