package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"time"

	"countersign/pkg/keyring"
	"countersign/pkg/password"
)

var keysHelp = texts{
	"rotate": "Make a new version of a key. Older versions stay readable until they are retired, so nothing is lost.",
	"kind": "code (challenges), number (limits of numbers), seal (clients' secrets, users' numbers, the keys of " +
		"digests), sign (answers), pepper (users' passwords), encrypt (passwords on their way), or all of those that " +
		"the keyring has.",
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
		"retire prints {kind, version, resealed, lost}."
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
			public += fmt.Sprintf("public key of %s version %d:\n%s", k.Kind, k.Version, k.PublicKey)
		}
	}
	return p.answer(list, columns(rows...)+public+more)
}

type keysRotate struct {
	place
	Kind  string        `arg:"" optional:"" enum:"code,number,seal,sign,pepper,encrypt,all" default:"code" help:"kind"`
	After time.Duration `placeholder:"DURATION" help:"after"`
}

// Run makes a new version of one kind of key, or of all kinds.
func (c *keysRotate) Run(ctx context.Context) error {
	keys, err := c.keys()
	if err != nil {
		return err
	}
	newest, err := c.newest(ctx)
	if err != nil {
		return err
	}
	var made []keyring.Info
	err = keys.Edit(ctx, func(d *keyring.Document) (err error) {
		d.Used(keyring.Pepper, newest)
		kinds := []keyring.Kind{keyring.Kind(c.Kind)}
		if c.Kind == "all" {
			kinds = allKinds(d)
		}
		made, err = rotate(d, kinds, c.After, time.Now())
		return err
	})
	if err != nil {
		return err
	}
	more := ""
	if made[0].Version == 1 && slices.Contains(forPasswords, made[0].Kind) {
		more = "Passwords need a pepper and an encrypt key. A release from before them cannot read this keyring: " +
			"a copy of the secret from before brings it back (docs/keys.md).\n"
	}
	if c.Kind == "sign" || c.Kind == "all" {
		more += "Give the merchants this public key with its version before it comes into force: " +
			"until they have it, they refuse the answers that it signs.\n"
		if c.After <= 0 {
			warn("the new sign key is in force now: clients that check answers refuse them until they have its " +
				"public key; the next time, use --after 24h")
		}
	}
	return c.answerKeys(more, made)
}

// newest returns the newest pepper under which a password is stored. A keyring that is an older copy may lack it. Were
// its number given to another key, right passwords would be wrong ones, and lock their users out.
func (c *keysRotate) newest(ctx context.Context) (pepper int, err error) {
	if c.Kind != "all" && c.Kind != string(keyring.Pepper) {
		return 0, nil
	}
	err = c.on(ctx, func(b *books) error {
		pepper, err = password.Newest(ctx, b.clients.Table)
		return err
	})
	return pepper, err
}

// forPasswords are the kinds that a keyring may lack, where no user has a password.
var forPasswords = []keyring.Kind{keyring.Pepper, keyring.Encrypt}

// allKinds returns the kinds that "all" rotates: the first pepper or encrypt key is for the operator to make.
func allKinds(d *keyring.Document) (kinds []keyring.Kind) {
	list := d.List(time.Now())
	for _, kind := range keyring.Kinds() {
		has := slices.ContainsFunc(list, func(k keyring.Info) bool { return k.Kind == kind })
		if has || !slices.Contains(forPasswords, kind) {
			kinds = append(kinds, kind)
		}
	}
	return kinds
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
	Kind    string `arg:"" enum:"code,number,seal,sign,pepper,encrypt" help:"The kind of the key."`
	Version int    `arg:"" help:"Its version."`
	Force   bool   `help:"force_retire"`
}

// Help describes the loss.
func (keysRetire) Help() string {
	return `A version that is still needed is refused, with the time from which on it can be retired: a code version ` +
		`for 35 minutes after a newer one is in force, a number version until another one has counted for 25 hours, ` +
		`an encrypt version for 35 minutes and a pepper version for five after a newer one is in force. A pepper ` +
		`version is also refused as long as a password is stored under it, with the number of these. ` +
		`A key that has leaked is retired with --force. A version takes with it:

code: the challenges that were made with it. Their codes no longer verify, and a repeated init ` +
		`starts a new challenge. Half an hour after the next version came into force no such code is live. ` +
		`A day later (COUNTERSIGN_MEMORY) no repeat is recognised any more.

number: the messages that were counted under it, so that limits start from zero. ` +
		`Wait a day, or for the length of the pause (COUNTERSIGN_PAUSE).

seal: nothing. Secrets and numbers under it are first encrypted again, in the store that --store names. ` +
		`If another store uses the same keys, clients' secrets and users' numbers there are lost.

sign: nothing. It no longer signs.

pepper: the passwords that are stored under it. Their users set them anew, after a code. A password is stored under ` +
		`the newest pepper when its user types it the next time, so few are left after some months. They are counted ` +
		`in the store that --store names.

encrypt: the passwords on their way that were encrypted to it. They are refused as an illegal parameter, which ` +
		`counts as no guess. Half an hour after the next version came into force there are none, unless a merchant ` +
		`keeps the key instead of taking that of each challenge.`
}

// retired is the JSON of retire.
type retired struct {
	Kind     string `json:"kind"`
	Version  int    `json:"version"`
	Resealed int    `json:"resealed,omitzero"` // number of documents that were encrypted again
	Lost     int    `json:"lost,omitzero"`     // number of passwords that were stored under it
}

// Run removes a version of a key.
func (c *keysRetire) Run(ctx context.Context) error {
	keys, err := c.keys()
	if err != nil {
		return err
	}
	retire := c.retire
	done := retired{Kind: c.Kind, Version: c.Version}
	switch keyring.Kind(c.Kind) {
	case keyring.Seal:
		done.Resealed, err = c.reseal(ctx, retire)
	case keyring.Pepper:
		done.Lost, err = c.losing(ctx)
	}
	if err != nil {
		return err
	}
	if err := keys.Edit(ctx, retire); err != nil {
		return err
	}
	text := fmt.Sprintf("%s version %d is retired", done.Kind, done.Version)
	if done.Resealed > 0 {
		text += fmt.Sprintf("; documents encrypted again: %d", done.Resealed)
	}
	if done.Lost > 0 {
		text += fmt.Sprintf("; passwords lost with it: %d", done.Lost)
	}
	return c.answer(done, text)
}

// losing counts the passwords that are stored under a pepper, and refuses to lose one without --force.
func (c *keysRetire) losing(ctx context.Context) (lost int, err error) {
	err = c.on(ctx, func(b *books) error {
		ring, err := b.ring()
		if err != nil {
			return err
		}
		if err := c.retire(ring.Document()); err != nil {
			return err
		}
		if lost, err = password.Under(ctx, b.clients.Table, c.Version); err == nil && lost > 0 && !c.Force {
			err = fmt.Errorf("pepper version %d is still needed: passwords stored under it, which are lost with it: "+
				"%d. Each is stored anew when its user types it the next time; --force retires it now, and the users "+
				"set new ones", c.Version, lost)
		}
		return err
	})
	return lost, err
}

// retire removes the version from a keyring, unless it is still needed.
func (c *keysRetire) retire(d *keyring.Document) error {
	kind, now := keyring.Kind(c.Kind), time.Now()
	early := tooEarly(d, kind, c.Version, now)
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
