package main

import (
	"context"

	"countersign/pkg/clients/registry"
)

type clientRotateSecret struct {
	place
	newSecret
	merchantURL
	aClient
}

// Run gives a client a new HMAC secret.
func (c *clientRotateSecret) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		h := &handover{credential: true, url: c.baseURL(c.place)}
		secret, err := c.secret(h)
		if err != nil {
			return err
		}
		if err := b.clients.SetSecret(ctx, c.ID, secret); err != nil {
			return err
		}
		return h.print(ctx, c.place, b, c.ID, "has a new secret; the one before stays valid until client remove-secret")
	})
}

type clientRemoveSecret struct{ oneClient }

// Run removes an HMAC secret of a client.
func (c *clientRemoveSecret) Run(ctx context.Context) error {
	return c.change(ctx, registry.Registry.RemoveSecret)
}
