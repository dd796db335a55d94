package localserver

import (
	"context"
	"encoding/hex"
	"io"
	"log/slog"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/guard"
	"countersign/pkg/openstore"
	"countersign/pkg/otp"
	"countersign/pkg/outbox"
	"countersign/pkg/service"
	"countersign/pkg/service/sending"
	"countersign/pkg/service/unimatrixapi"
	"countersign/pkg/telemetry"
)

// recent bounds the age of clients and keys in memory, so that a change by a command
// works at once.
const recent = time.Second

// newServer wires the handlers as the functions do in AWS. p has the keys, the
// defaults of clients, the clock, the entropy and the log. messages is the outbox that
// /_dev/messages lists.
func newServer(store openstore.Store, messages *outbox.Outbox, sender otp.Sender, p service.Ports) *server {
	p.Store, p.Table = store, store.Documents()
	p.Find = withDemo(clients.NewLookup(p.Table, p.Keys, p.Defaults))
	p.Beside = []string{demoID}
	p.ClientAge, p.UnknownAge = recent, recent
	p.Lines = new(telemetry.Lines) // log requests of unknown clients too: they are the developer's own
	svc := sending.New(service.New(p), sender)
	svc.ReadReceipts(store)
	if tables, ok := store.(openstore.Tables); ok {
		svc.ReadAhead(tables)
	}
	return serverOf(svc, messages, p.Log)
}

// serverOf returns a server with the contracts of s.
func serverOf(s *sending.Service, messages *outbox.Outbox, log *slog.Logger) *server {
	return &server{
		init:   s.Init().Serve,
		verify: s.Verify().Serve,
		otp:    unimatrixapi.New(s).Serve,
		outbox: messages, emptied: func() {},
		events: &latest{changed: func() {}},
		log:    log,
		slots:  make(chan struct{}, slots),
	}
}

// senders are the senders that COUNTERSIGN_SENDER may name. The outbox is used if it
// names none.
func senders(messages *outbox.Outbox) sending.Senders {
	return sending.Senders{
		"outbox": func(func(string) string) (otp.Sender, error) { return messages, nil },
	}
}

// messageIDs returns a maker of random UUIDs, the form in which services of AWS name a message.
func messageIDs(random io.Reader) func() string {
	return func() string {
		var b [16]byte
		io.ReadFull(random, b[:]) // crypto/rand never fails
		b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
		id := hex.AppendEncode(make([]byte, 0, 36), b[:4])
		for _, part := range [][]byte{b[4:6], b[6:8], b[8:10], b[10:]} {
			id = hex.AppendEncode(append(id, '-'), part)
		}
		return string(id)
	}
}

const demoID = "demo"

// DemoRecord is the client "demo" of [withDemo], which no folder has a record of. The console and reports show it, too.
func DemoRecord() clients.Record {
	return clients.Record{
		ID: demoID, Status: clients.StatusActive, Unsigned: true, Unimatrix: "simple", Countries: []string{"*"},
		CustomCodes: new(true), Guard: clients.Guard{Mode: guard.Enforce},
	}
}

// withDemo finds the stored clients, and the client "demo" of the README's commands, by
// its id and by its access key "demo". That client needs no signature, so no other
// process has it.
func withDemo(l clients.Lookup) func(context.Context, string) (*clients.Client, error) {
	d := l.Defaults
	d.Unsigned = true
	return func(ctx context.Context, name string) (*clients.Client, error) {
		c, err := l.FindName(ctx, name)
		if c != nil || err != nil || name != demoID && name != clients.AccessKeyName(demoID) {
			return c, err
		}
		if _, found, err := clients.ReadRecord(ctx, l.Table, demoID); found || err != nil {
			return nil, err
		}
		return DemoRecord().Client(ctx, d, l.Sealer)
	}
}
