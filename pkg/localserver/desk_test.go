package localserver

import (
	"context"
	"errors"
	"testing"

	"countersign/pkg/clients"
	"countersign/pkg/openstore"
	"countersign/pkg/otp"
	"countersign/pkg/service"
	"countersign/pkg/service/sending"
)

// desk is the server on a real store, with the parts that an answer depends on: its only client,
// the sender and the store's faults.
type desk struct {
	*scene
	client    *clients.Client
	busy      bool         // the client is above its rate
	delivery  otp.Delivery // of messages
	storeDown bool         // attempts are faults, and reads of challenges
	code      otp.Code     // of the latest message
}

func openDesk(t *testing.T) *desk {
	d := &desk{scene: stage(t, captures{})}
	d.issuer.Sender = d
	p := d.ports
	p.Store, p.Table = failing{d.store, d}, d.store.Documents()
	p.ClientAge, p.UnknownAge = recent, recent // of a cache that d replaces
	shared := service.New(p)
	shared.Gate.Door.Clients, shared.Gate.Door.Limiter = d, d
	d.local = serverOf(sending.New(shared, d), d.outbox, p.Log)
	return d
}

// Find implements [admission.Clients].
func (d *desk) Find(_ context.Context, id string) (*clients.Client, error) {
	if id != d.client.ID {
		return nil, nil
	}
	return d.client, nil
}

// FindAccessKey implements [clients.Directory]. The client's id is its access key.
func (d *desk) FindAccessKey(ctx context.Context, key string) (*clients.Client, error) {
	return d.Find(ctx, key)
}

// Allow implements [admission.Limiter].
func (d *desk) Allow(context.Context, *clients.Client) (bool, error) { return !d.busy, nil }

var errExample = errors.New("a fault that the example needs")

// Send implements [otp.Sender].
func (d *desk) Send(_ context.Context, m otp.Message) (otp.Delivery, string, error) {
	d.code = m.Code
	if d.delivery == otp.Accepted {
		return otp.Accepted, "", nil
	}
	return d.delivery, "", errExample
}

// failing is a store whose attempts fail while storeDown of its desk is set.
type failing struct {
	openstore.Store
	d *desk
}

// Attempt implements [otp.Challenges].
func (f failing) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	if f.d.storeDown {
		return otp.Write{}, errExample
	}
	return f.Store.Attempt(ctx, g)
}

// Challenge implements [otp.Challenges].
func (f failing) Challenge(ctx context.Context, key string) (*otp.Challenge, error) {
	if f.d.storeDown {
		return nil, errExample
	}
	return f.Store.Challenge(ctx, key)
}
