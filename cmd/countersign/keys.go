package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"countersign/pkg/keyring"
)

type keysCommands struct {
	List   keysList   `cmd:"" help:"List the versions of all keys."`
	Rotate keysRotate `cmd:"" help:"Make a new version of a key. The older ones are read until they are retired, so nothing is lost."`
	Retire keysRetire `cmd:"" help:"Remove an older version of a key, and what depends on it."`
}

// Help tells the JSON.
func (keysCommands) Help() string {
	return "With --json, list gives all versions and rotate the new ones: an array of {kind, version, made, from, state, publicKey}, where state is in force, read or waiting. retire gives {kind, version, resealed}."
}

type keysList struct{ where }

func (c *keysList) Run(ctx context.Context) error {
	ring, err := c.ring()
	if err != nil {
		return err
	}
	return c.tellKeys("", ring.Document().List(time.Now()))
}

// tellKeys tells versions of keys: in JSON as they are, for people with the public
// keys below.
func (w where) tellKeys(more string, list []keyring.Info) error {
	rows, public := [][]string{{"KIND", "VERSION", "STATE", "MADE", "FROM"}}, ""
	for _, k := range list {
		rows = append(rows, []string{string(k.Kind), fmt.Sprint(k.Version), string(k.State), instant(k.Made), instant(k.From)})
		if k.PublicKey != "" {
			public += fmt.Sprintf("public key of sign version %d:\n%s", k.Version, k.PublicKey)
		}
	}
	return w.tell(list, columns(rows...)+public+more)
}

func instant(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.RFC3339)
}

type keysRotate struct {
	where
	Kind  string        `arg:"" optional:"" enum:"code,number,seal,sign,all" default:"code" help:"code (challenges), number (limits of numbers), seal (secrets of clients and numbers of users), sign (answers), or all; code without."`
	After time.Duration `placeholder:"DURATION" help:"When the new version comes into force; at once without. For sign 24h or more: clients that check answers refuse them until they have the new public key."`
}

func (c *keysRotate) Run(ctx context.Context) error {
	keys, err := c.keys()
	if err != nil {
		return err
	}
	kinds := []keyring.Kind{keyring.Kind(c.Kind)}
	if c.Kind == "all" {
		kinds = keyring.Kinds()
	}
	var made []keyring.Info
	err = keys.Edit(ctx, func(d *keyring.Document) (err error) {
		made, err = rotate(d, kinds, c.After, time.Now())
		return err
	})
	if err != nil {
		return err
	}
	more := ""
	if c.Kind == "sign" || c.Kind == "all" {
		more = "Give the merchants this public key, under its version, before it comes into force: until they have it, they refuse the answers that it signs.\n"
		if c.After <= 0 {
			warn("the new sign key is in force now: clients that check answers refuse them until they have its public key; the next time, say --after 24h")
		}
	}
	return c.tellKeys(more, made)
}

// rotate makes the next version of each kind, and returns them.
func rotate(d *keyring.Document, kinds []keyring.Kind, after time.Duration, now time.Time) (made []keyring.Info, err error) {
	var from time.Time
	if after > 0 {
		from = now.Add(after).Truncate(time.Second)
	}
	for _, kind := range kinds {
		number, err := d.Rotate(kind, from, now, rand.Reader)
		if err != nil {
			return nil, err
		}
		for _, k := range d.List(now) {
			if k.Kind == kind && k.Version == number {
				made = append(made, k)
			}
		}
	}
	return made, nil
}

type keysRetire struct {
	where
	Kind    string `arg:"" enum:"code,number,seal,sign" help:"The kind of the key."`
	Version int    `arg:"" help:"Its version."`
}

// Help says what is lost.
func (keysRetire) Help() string {
	return `What dies with a version:

code: the challenges that were made with it. Their codes verify no longer, and a repeated init begins anew. Half an hour after the next version came into force no such code is live, and a day later (COUNTERSIGN_MEMORY) nothing of them is remembered.

number: what was counted under it, so that limits begin anew. Wait a day, or as long as the pause is (COUNTERSIGN_PAUSE).

seal: nothing. What it sealed is sealed anew first, in the store that --store names: with another store on the same keys, client secrets and users' numbers there are lost.

sign: nothing, as it signs no more.`
}

// retired is the JSON of retire.
type retired struct {
	Kind     string `json:"kind"`
	Version  int    `json:"version"`
	Resealed int    `json:"resealed,omitzero"` // clients and users
}

func (c *keysRetire) Run(ctx context.Context) error {
	keys, err := c.keys()
	if err != nil {
		return err
	}
	retire := func(d *keyring.Document) error {
		return d.Retire(keyring.Kind(c.Kind), c.Version, time.Now())
	}
	done := retired{Kind: c.Kind, Version: c.Version}
	if c.Kind == string(keyring.Seal) {
		if done.Resealed, err = c.reseal(ctx, retire); err != nil {
			return err
		}
	}
	if err := keys.Edit(ctx, retire); err != nil {
		return err
	}
	text := fmt.Sprintf("%s version %d is retired", done.Kind, done.Version)
	if done.Resealed > 0 {
		text += fmt.Sprintf("; clients and users sealed anew: %d", done.Resealed)
	}
	return c.tell(done, text)
}

// reseal seals anew what the version may have sealed. retire is tried on a copy
// first, as it may be refused.
func (c *keysRetire) reseal(ctx context.Context, retire func(*keyring.Document) error) (changed int, err error) {
	err = c.on(ctx, func(b *books) error {
		ring, err := b.ring()
		if err != nil {
			return err
		}
		if err := retire(ring.Document()); err != nil {
			return err
		}
		clients, errClients := b.clients.Reseal(ctx)
		users, errUsers := b.users.Reseal(ctx)
		changed = clients + users
		if err := errors.Join(errClients, errUsers); err != nil {
			return fmt.Errorf("not all could be sealed anew, so seal version %d is not retired; remove these users, or give these clients a new secret: %w", c.Version, err)
		}
		return nil
	})
	return changed, err
}
