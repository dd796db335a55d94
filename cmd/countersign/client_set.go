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
		known := false
		var now clients.Record
		err := b.clients.Edit(ctx, c.ID, func(r *clients.Record) error {
			was := r.Unimatrix
			if _, err := c.senders(r.Senders); err != nil {
				return err
			}
			c.apply(r)
			now = *r
			known = was == "hmac" && r.Unimatrix == "simple"
			if r.Unimatrix == "hmac" && len(r.Secrets) == 0 {
				return errors.New("it has no secret for hmac: client rotate-secret gives it one")
			}
			return nil
		})
		if err != nil {
			return err
		}
		if known {
			warn("the access keys of client %s were no secrets while it signed its requests, and are in the URL of "+
				"each of them: anyone who has read one can send messages at your cost now; client add-access-key "+
				"--retire-old gives it a new key", quoted(c.ID))
		}
		warnOfSenders(now)
		c.warnOfRoute(now)
		warnOfDLT(now, b.clients.Defaults)
		return c.show(ctx, b, c.ID)
	})
}
