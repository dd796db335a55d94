package main

import (
	"context"
	"errors"

	"countersign/pkg/clients"
)

type clientSet struct {
	place
	clientFlags
	aClient
}

// Run changes the settings of a client that have a flag.
func (c *clientSet) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	return c.on(ctx, func(b *books) error {
		err := b.clients.Edit(ctx, c.ID, func(r *clients.Record) error {
			c.apply(r)
			if r.Unimatrix == "hmac" && len(r.Secrets) == 0 {
				return errors.New("it has no secret for hmac: client rotate-secret gives it one")
			}
			return nil
		})
		if err != nil {
			return err
		}
		return c.show(ctx, b, c.ID)
	})
}
