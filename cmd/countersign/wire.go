package main

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"time"

	"countersign/pkg/ams"
	"countersign/pkg/clients"
	"countersign/pkg/gateway"
	"countersign/pkg/keyring"
	"countersign/pkg/message"
	"countersign/pkg/otp"
	"countersign/pkg/outbox"
	"countersign/pkg/phone/plan"
	"countersign/pkg/snssender"
	"countersign/pkg/telemetry"
	"countersign/pkg/unimatrix"
)

// recent is how old what the server knows of clients and keys may be: an
// administrator at another terminal sees changes work at once.
const recent = time.Second

// wire puts the handlers together, as the functions do it on AWS.
func wire(d clients.Defaults, keys *keyring.Ring, store store, messages *outbox.Outbox, now func() time.Time, log *slog.Logger) *local {
	registry := clients.Registry{Table: store.documents(), Sealer: keys, Defaults: d, Now: now}
	users := clients.Users{Table: store.documents(), Sealer: keys, Now: now}
	gate := &ams.Gate{
		Clients: clients.NewCache(withDemo(registry), now, recent, recent, 10_000),
		Traffic: &clients.Meter{Table: store, Now: now},
		Answers: ams.NewAnswers(keys),
		Now:     now,
		Log:     log,
		Lines:   new(telemetry.Lines), // every stranger is told of: here it is the developer
	}
	timed := telemetry.Store{Challenges: store, Ledgers: store, Now: now}
	issuer := otp.Issuer{Challenges: timed, Ledgers: timed, Sender: telemetry.Sender{Sender: messages, Now: now}, Keys: keys, Now: now, Rand: rand.Reader}
	verifier := otp.Verifier{Challenges: timed, Keys: keys, Users: ams.Standings{Users: users}, Now: now, Rand: rand.Reader}
	initAPI := &ams.Init{Gate: gate, Issuer: issuer, Lookup: plan.Lookup, Users: users, Text: message.For}
	verifyAPI := &ams.Verify{Gate: gate, Verifier: verifier}
	otpAPI := &unimatrix.API{
		Clients: gate.Clients,
		Traffic: gate.Traffic,
		Lookup:  plan.Lookup,
		Backend: &unimatrix.Challenges{Issuer: issuer, Verifier: verifier, Text: message.For, SenderName: snssender.ValidSenderID, Rand: rand.Reader},
		Now:     now,
		Rand:    rand.Reader,
		Log:     log,
		Lines:   gate.Lines,
	}
	return &local{
		init:   gateway.Handler{Serve: initAPI.Serve},
		verify: gateway.Handler{Serve: verifyAPI.Serve},
		otp:    gateway.Handler{Serve: otpAPI.Serve},
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
