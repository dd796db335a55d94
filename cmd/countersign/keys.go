package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"countersign/pkg/keyring"
)

var keysHelp = texts{
	"rotate": "Make a new version of a key. Older versions stay readable until they are retired, so nothing is lost.",
	"kind": "code (challenges), number (limits of numbers), seal (clients' secrets, users' numbers, the key of the " +
		"access keys' digests), sign (answers), or all.",
	"after": "Time until the new version comes into force. Without it: none. For sign, 24h or more: " +
		"clients that check answers refuse them until they have the new public key.",
	"force_retire": "Retire it although it is still needed, because it has leaked or a backup was restored.",
}

type keysCommands struct {
	List   keysList   `cmd:"" help:"List the versions of all keys."`
	Rotate keysRotate `cmd:"" help:"rotate"`
	Retire keysRetire `cmd:"" help:"Remove an older version of a key, and everything that depends on it."`
}

// Help describes the JSON of the commands.
func (keysCommands) Help() string {
	return "With --json, list prints all versions and rotate the new ones: an array of " +
		"{kind, version, made, from, state, publicKey}, where state is in force, read or waiting. " +
		"retire prints {kind, version, resealed}."
}

type keysList struct{ place }

// Run prints the versions of all keys.
func (c *keysList) Run(ctx context.Context) error {
	ring, err := c.ring()
	if err != nil {
		return err
	}
	return c.answerKeys("", ring.Document().List(time.Now()))
}

// answerKeys prints versions of keys. As text, the public keys and more come below.
func (p place) answerKeys(more string, list []keyring.Info) error {
	rows, public := [][]string{{"KIND", "VERSION", "STATE", "MADE", "FROM"}}, ""
	for _, k := range list {
		rows = append(rows, []string{
			string(k.Kind), fmt.Sprint(k.Version), string(k.State), instant(k.Made), instant(k.From),
		})
		if k.PublicKey != "" {
			public += fmt.Sprintf("public key of sign version %d:\n%s", k.Version, k.PublicKey)
		}
	}
	return p.answer(list, columns(rows...)+public+more)
}

type keysRotate struct {
	place
	Kind  string        `arg:"" optional:"" enum:"code,number,seal,sign,all" default:"code" help:"kind"`
	After time.Duration `placeholder:"DURATION" help:"after"`
}

// Run makes a new version of one kind of key, or of all kinds.
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
		more = "Give the merchants this public key with its version before it comes into force: " +
			"until they have it, they refuse the answers that it signs.\n"
		if c.After <= 0 {
			warn("the new sign key is in force now: clients that check answers refuse them until they have its " +
				"public key; the next time, use --after 24h")
		}
	}
	return c.answerKeys(more, made)
}

// rotate makes the next version of each kind, and returns the new versions.
func rotate(
	d *keyring.Document, kinds []keyring.Kind, after time.Duration, now time.Time,
) (made []keyring.Info, err error) {
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
	place
	Kind    string `arg:"" enum:"code,number,seal,sign" help:"The kind of the key."`
	Version int    `arg:"" help:"Its version."`
	Force   bool   `help:"force_retire"`
}

// Help describes the loss.
func (keysRetire) Help() string {
	return `A version that is still needed is refused, with the time from which on it can be retired: a code version ` +
		`for 35 minutes after a newer one is in force, a number version until another one has counted for 25 hours. ` +
		`A key that has leaked is retired with --force. A version takes with it:

code: the challenges that were made with it. Their codes no longer verify, and a repeated init ` +
		`starts a new challenge. Half an hour after the next version came into force no such code is live. ` +
		`A day later (COUNTERSIGN_MEMORY) no repeat is recognised any more.

number: the messages that were counted under it, so that limits start from zero. ` +
		`Wait a day, or for the length of the pause (COUNTERSIGN_PAUSE).

seal: nothing. Secrets and numbers under it are first encrypted again, in the store that --store names. ` +
		`If another store uses the same keys, clients' secrets and users' numbers there are lost.

sign: nothing. It no longer signs.`
}

// retired is the JSON of retire.
type retired struct {
	Kind     string `json:"kind"`
	Version  int    `json:"version"`
	Resealed int    `json:"resealed,omitzero"` // number of documents that were encrypted again
}

// Run removes a version of a key.
func (c *keysRetire) Run(ctx context.Context) error {
	keys, err := c.keys()
	if err != nil {
		return err
	}
	retire := c.retire
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
		text += fmt.Sprintf("; documents encrypted again: %d", done.Resealed)
	}
	return c.answer(done, text)
}

// retire removes the version from a keyring, unless it is still needed.
func (c *keysRetire) retire(d *keyring.Document) error {
	kind, now := keyring.Kind(c.Kind), time.Now()
	early := d.TooEarly(kind, c.Version, now)
	if err := d.Retire(kind, c.Version, now); err != nil {
		return err // the version in force cannot be forced either
	}
	if early != nil && !c.Force {
		return fmt.Errorf("%w; --force retires it now", early)
	}
	return nil
}

// reseal encrypts clients' secrets and users' numbers under the newest key. It first
// tries retire on a copy of the keyring, because retire may be refused.
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
			return fmt.Errorf("seal version %d is not retired, because these could not be encrypted again; "+
				"remove the users, or give the clients a new secret: %w", c.Version, err)
		}
		return nil
	})
	return changed, err
}
