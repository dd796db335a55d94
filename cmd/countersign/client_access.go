package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"unicode/utf8"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
)

// newAccessKey is the flag for a client's access key.
type newAccessKey struct {
	AccessKeyFile string `placeholder:"FILE" help:"access_key_file"`
}

// shortKey is the number of characters below which a chosen access key or wallet token may be guessed.
const shortKey = 20

// key reads an access key for a client, or makes one and adds it to h.
func (n newAccessKey) key(h *handover, r clients.Record) (string, error) {
	if n.AccessKeyFile == "" {
		h.AccessKey = randomAccessKey()
		h.accessKey = h.AccessKey + " (shown this once)"
		return h.AccessKey, nil
	}
	key, err := readAccessKey(n.AccessKeyFile)
	if err != nil {
		return "", fmt.Errorf("--access-key-file: %w", err)
	}
	h.accessKey = "as in " + n.AccessKeyFile
	if n := utf8.RuneCountInString(key); r.Unimatrix == "simple" && n < shortKey {
		h.note(fmt.Sprintf("its access key has %d characters, and is all that simple requests prove themselves by: "+
			"unless it is random, anyone can guess it; client add-access-key makes a random one", n))
	}
	return key, nil
}

// randomAccessKey makes an access key: 130 random bits, in letters, digits and "_", which no
// SDK escapes. Tools that search for leaked secrets can recognise its prefix.
func randomAccessKey() string { return "csak_" + rand.Text() }

// readAccessKey reads a file with one access key.
func readAccessKey(name string) (string, error) {
	text, err := readSecret(name)
	if err != nil {
		return "", err
	}
	return string(text), registry.CheckAccessKey(string(text))
}

type clientAddAccessKey struct {
	place
	newAccessKey
	RetireOld bool `help:"retire_access"`
	merchantURL
	aClient
}

// Run gives a client a further access key.
func (c *clientAddAccessKey) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		r, err := b.clients.Get(ctx, c.ID)
		if err != nil {
			return err
		}
		h := &handover{credential: true, url: c.baseURL(c.place)}
		key, err := c.key(h, r)
		if err != nil {
			return err
		}
		if err := b.clients.AddAccessKey(ctx, c.ID, key, c.RetireOld); err != nil {
			return err
		}
		done := "has a new access key; the ones before stay valid until client remove-access-key"
		if c.RetireOld {
			done = "has a new access key, and no other one"
		}
		return h.print(ctx, c.place, b, c.ID, done)
	})
}

type clientRemoveAccessKey struct {
	oneClient
	Fingerprint string `arg:"" help:"fingerprint"`
}

// Run removes an access key of a client.
func (c *clientRemoveAccessKey) Run(ctx context.Context) error {
	return c.change(ctx, func(g registry.Registry, ctx context.Context, id string) error {
		return g.RemoveAccessKey(ctx, id, c.Fingerprint)
	})
}

type clientFindAccessKey struct {
	place
	File string `arg:"" placeholder:"FILE" help:"access_key_file"`
}

// Run prints the client of an access key.
func (c *clientFindAccessKey) Run(ctx context.Context) error {
	key, err := readAccessKey(c.File)
	if err != nil {
		return err
	}
	return c.on(ctx, func(b *books) error {
		r, digest, err := b.clients.Owner(ctx, key)
		if err != nil {
			return err
		}
		found := fmt.Sprintf("access key %v finds this client\n", digest)
		return c.answer(r, found+described(r, b.clients.Defaults.Brand))
	})
}
