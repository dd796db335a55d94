package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countersign/pkg/clients"
	"countersign/pkg/clients/profile"
	"countersign/pkg/documents"
)

type clientRotateKey struct {
	place
	PublicKey   *keyFile `xor:"key" placeholder:"FILE[:VERSION]" help:"new_public_key"`
	GenerateKey bool     `xor:"key" help:"new_generate_key"`
	KeyOut      string   `type:"path" placeholder:"FILE" help:"new_key_out"`
	RetireOld   bool     `xor:"retire" help:"retire_old"`
	Retire      string   `xor:"retire" placeholder:"VERSION" help:"retire"`
	merchantURL
	aClient
}

// Run gives a client a new public key.
func (c *clientRotateKey) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		h := &handover{url: c.baseURL(c.place)}
		r, err := b.clients.Get(ctx, c.ID)
		if err == nil {
			err = errors.Join(c.check(r), h.addServerKeys(b))
		}
		if err != nil {
			return err
		}
		key, err := c.key(h, r)
		if err != nil {
			return err
		}
		if h.KeyVersion, err = b.clients.AddKey(ctx, c.ID, key.Version, []byte(key.PEM), c.RetireOld); err != nil {
			return errors.Join(err, h.removeKey())
		}
		if c.Retire != "" {
			if err := b.clients.RemoveKey(ctx, c.ID, c.Retire); err != nil {
				return fmt.Errorf("key %s was added, but: %w", h.KeyVersion, err)
			}
		}
		return h.print(ctx, c.place, b, c.ID, "has a new key")
	})
}

// check refuses flags that contradict each other or the client, before a key is made.
func (c *clientRotateKey) check(r clients.Record) error {
	switch retired := func(k clients.Key) bool { return k.Version == c.Retire }; {
	case c.KeyOut != "" && c.PublicKey != nil:
		return errors.New("--key-out is for a key that is made here, and --public-key gives one")
	case c.Retire != "" && !slices.ContainsFunc(r.Keys, retired):
		return fmt.Errorf("client %q: --retire: key version %q: %w", c.ID, c.Retire, documents.ErrNotFound)
	}
	return nil
}

// key reads the new public key, or makes a key.
func (c *clientRotateKey) key(h *handover, r clients.Record) (clients.Key, error) {
	if c.PublicKey != nil {
		return c.PublicKey.forRecord(r.Keys)
	}
	return h.generate(c.place, c.ID, c.KeyOut, r.Keys)
}

type clientRemoveKey struct {
	place
	aClient
	Version string `arg:"" help:"The key's version."`
}

// Run removes a public key of a client.
func (c *clientRemoveKey) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		if err := b.clients.RemoveKey(ctx, c.ID, c.Version); err != nil {
			return err
		}
		if r, err := b.clients.Get(ctx, c.ID); err == nil && !profile.CanCall(r) {
			warn("client %s %s", quoted(c.ID), profile.CannotCall)
		}
		return c.show(ctx, b, c.ID)
	})
}
