package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/keyring"
	"countersign/pkg/outbox"
	"countersign/pkg/service"
	"countersign/pkg/service/sending"
	"countersign/pkg/service/unimatrixapi"
	"countersign/pkg/telemetry"
)

// recent is how old what the server knows of clients and keys may be: an
// administrator at another terminal sees changes work at once.
const recent = time.Second

// wire puts the handlers together, as the functions do it on AWS.
func wire(d clients.Defaults, keys *keyring.Ring, store store, messages *outbox.Outbox, now func() time.Time, log *slog.Logger) *local {
	s := sending.New(service.New(service.Ports{
		Store:      store,
		Table:      store.documents(),
		Keys:       keys,
		Defaults:   d,
		Find:       withDemo(clients.Registry{Table: store.documents(), Sealer: keys, Defaults: d, Now: now}),
		ClientAge:  recent,
		UnknownAge: recent,
		Now:        now,
		Rand:       rand.Reader,
		Log:        log,
		Lines:      new(telemetry.Lines), // a line about every stranger too: here it is the developer
	}), messages)
	return &local{
		init:   gateway.Handler{Serve: s.Init().Serve},
		verify: gateway.Handler{Serve: s.Verify().Serve},
		otp:    gateway.Handler{Serve: unimatrixapi.New(s).Serve},
		outbox: messages,
		events: &latest{},
		log:    log,
		slots:  make(chan struct{}, slots),
	}
}

// withDemo finds stored clients, and the one that the README's commands call as.
// It needs no signature, so it exists in this server alone.
func withDemo(g clients.Registry) func(context.Context, string) (*clients.Client, error) {
	d := g.Defaults
	demo := &clients.Client{
		ID: "demo", Unsigned: true, Unimatrix: "simple", Countries: []string{"*"}, CustomCodes: true,
		Policy: d.Policy, Brand: d.Brand, Language: d.Language,
	}
	return func(ctx context.Context, id string) (*clients.Client, error) {
		if id == demo.ID {
			if _, err := g.Get(ctx, id); errors.Is(err, clients.ErrNotFound) {
				return demo, nil
			}
		}
		return g.Find(ctx, id)
	}
}
