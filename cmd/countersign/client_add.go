package main

import (
	"context"
	"errors"
	"fmt"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
)

type clientAdd struct {
	place
	newKeys
	newSecret
	newAccessKey
	merchantURL
	clientFlags
	aClient
}

// newKeys are the flags for a new client's keys.
type newKeys struct {
	PublicKey   []keyFile `sep:"none" placeholder:"FILE[:VERSION]" help:"public_key"`
	GenerateKey bool      `help:"generate_key"`
	KeyOut      string    `type:"path" placeholder:"FILE" help:"key_out"`
}

// newSecret is the flag for a client's HMAC secret.
type newSecret struct {
	HMACSecretFile string `name:"hmac-secret-file" placeholder:"FILE" help:"hmac_secret_file"`
}

// Run adds a client, and prints what the merchant needs.
func (c *clientAdd) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	return c.on(ctx, func(b *books) error {
		if _, err := b.clients.Get(ctx, c.ID); err == nil { // checked before anything is made for the client
			return fmt.Errorf("client %q: %w; client set changes it, and client rotate-key gives it a key",
				c.ID, documents.ErrExists)
		}
		r := clients.Record{ID: c.ID}
		c.apply(&r)
		h, secret, err := c.prepare(&r, b)
		if err != nil {
			return err
		}
		var accessKeys []string
		if r.Unimatrix != "" {
			key, err := c.newAccessKey.key(h, r)
			if err != nil {
				return errors.Join(err, h.removeKey())
			}
			accessKeys = []string{key}
		}
		if err := b.clients.Add(ctx, r, secret, accessKeys...); err != nil {
			return errors.Join(err, h.removeKey())
		}
		warnOfSenders(r)
		return h.print(ctx, c.place, b, c.ID, "is added")
	})
}

// prepare makes and reads the keys and the secret of a new client.
func (c *clientAdd) prepare(r *clients.Record, b *books) (h *handover, secret []byte, err error) {
	h = &handover{url: c.baseURL(c.place)}
	if c.KeyOut != "" && !c.GenerateKey {
		return nil, nil, errors.New("--key-out goes with --generate-key")
	}
	for _, f := range c.PublicKey {
		key, err := f.forRecord(r.Keys)
		if err != nil {
			return nil, nil, err
		}
		r.Keys = append(r.Keys, key)
		h.KeyVersion = key.Version
	}
	if c.HMACSecretFile != "" && c.Unimatrix == nil {
		r.Unimatrix = "hmac" // the only use of a secret
	}
	if c.HMACSecretFile != "" || r.Unimatrix == "hmac" {
		if secret, err = c.secret(h); err != nil {
			return nil, nil, err
		}
	}
	h.credential = r.Unimatrix != ""
	if c.AccessKeyFile != "" && !h.credential {
		return nil, nil, errors.New("--access-key-file goes with --unimatrix simple or --unimatrix hmac")
	}
	if len(r.Keys) > 0 || c.GenerateKey {
		if err := h.addServerKeys(b); err != nil {
			return nil, nil, err
		}
	}
	if c.GenerateKey { // last, because it leaves a file
		key, err := h.generate(c.place, c.ID, c.KeyOut, r.Keys)
		if err != nil {
			return nil, nil, err
		}
		r.Keys = append(r.Keys, key)
		h.KeyVersion = key.Version
	}
	return h, secret, nil
}
