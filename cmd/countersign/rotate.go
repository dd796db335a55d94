package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
)

type clientRotateKey struct {
	where
	PublicKey   *keyFile `xor:"key" placeholder:"FILE[:VERSION]" help:"The new public key; without a version it gets the next one."`
	GenerateKey bool     `xor:"key" help:"Make the key, which is done without --public-key. The private half is written to a file, and kept nowhere else."`
	KeyOut      string   `type:"path" placeholder:"FILE" help:"That file, which must not be there (clients/ID.vVERSION.key.pem in the folder of the data)."`
	RetireOld   bool     `xor:"retire" help:"Remove all other keys at the same moment."`
	Retire      string   `xor:"retire" placeholder:"VERSION" help:"Remove one other key."`
	aClient
}

func (c *clientRotateKey) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		h := &handover{}
		r, err := b.clients.Get(ctx, c.ID)
		if err == nil {
			err = errors.Join(c.check(r), h.askServer(b))
		}
		if err != nil {
			return err
		}
		key, err := c.key(h, r)
		if err != nil {
			return err
		}
		if h.KeyVersion, err = b.clients.AddKey(ctx, c.ID, key.Version, []byte(key.PEM), c.RetireOld); err != nil {
			return errors.Join(err, h.takeBack())
		}
		if c.Retire != "" {
			if err := b.clients.RemoveKey(ctx, c.ID, c.Retire); err != nil {
				return fmt.Errorf("key %s was added, but: %w", h.KeyVersion, err)
			}
		}
		return h.tell(ctx, c.where, b, c.ID, "has a new key")
	})
}

// check finds mistakes before a key is made.
func (c *clientRotateKey) check(r clients.Record) error {
	switch has := func(k clients.Key) bool { return k.Version == c.Retire }; {
	case c.KeyOut != "" && c.PublicKey != nil:
		return errors.New("--key-out is for a key that is made here, and --public-key gives one")
	case c.Retire != "" && !slices.ContainsFunc(r.Keys, has):
		return fmt.Errorf("client %q: --retire: key version %q: %w", c.ID, c.Retire, documents.ErrNotFound)
	}
	return nil
}

func (c *clientRotateKey) key(h *handover, r clients.Record) (clients.Key, error) {
	if c.PublicKey != nil {
		return c.PublicKey.public(r.Keys)
	}
	return h.generate(c.where, c.ID, c.KeyOut, r.Keys)
}

type clientRemoveKey struct {
	where
	aClient
	Version string `arg:"" help:"The key's version."`
}

func (c *clientRemoveKey) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		if err := b.clients.RemoveKey(ctx, c.ID, c.Version); err != nil {
			return err
		}
		if r, err := b.clients.Get(ctx, c.ID); err == nil && mute(r) {
			warn("client %s %s", quoted(c.ID), cannotCall)
		}
		return c.show(ctx, b, c.ID)
	})
}

type clientRotateSecret struct {
	where
	newSecret
	aClient
}

func (c *clientRotateSecret) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		h := &handover{credential: true}
		secret, err := c.secret(h)
		if err != nil {
			return err
		}
		if err := b.clients.SetSecret(ctx, c.ID, secret); err != nil {
			return err
		}
		return h.tell(ctx, c.where, b, c.ID, "has a new secret; the one before stays good until client remove-secret")
	})
}

type clientRemoveSecret struct {
	where
	aClient
}

func (c *clientRemoveSecret) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		if err := b.clients.RemoveSecret(ctx, c.ID); err != nil {
			return err
		}
		return c.show(ctx, b, c.ID)
	})
}
