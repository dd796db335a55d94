package main

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/profile"
	"countersign/pkg/clients/registry"
)

var clientHelp = texts{
	"client_set":    "Change the settings that the flags name, and nothing else. An empty value removes a setting.",
	"client_off":    "Refuse all requests of a client. It works within 30 seconds everywhere.",
	"rotate_key":    "Add a public key to those of a client, or replace them.",
	"remove_key":    "Remove a public key. Requests that it signs are refused within 30 seconds everywhere.",
	"rotate_secret": "Give a client a new HMAC secret. The one before stays valid beside it.",
	"remove_secret": "Remove the older of a client's HMAC secrets, or its only one.",
	"add_access":    "Give a client a further Unimatrix access key. The ones before stay valid beside it.",
	"remove_access": "Remove a Unimatrix access key. Requests that have it are refused within 30 seconds everywhere.",
	"find_access":   "Name the client of a Unimatrix access key, such as one that was found in the open.",

	"public_key":       "A public key of the client: RSA of 2048 bits or more, PEM, base64 or DER. May be repeated.",
	"generate_key":     "Make an RSA key for the client. The private half is only written to a file.",
	"key_out":          "New file for the private half. Without it: clients/ID.key.pem in the data folder.",
	"hmac_secret_file": "File with the HMAC secret: 16 to 256 bytes, with or without a line break; - reads stdin.",
	"access_key_file":  "File with an access key that applications already use: one line; - reads stdin.",
	"retire_access":    "Remove all other access keys at the same moment.",
	"fingerprint":      "The key's fingerprint, as client show prints it.",
	"merchant_url":     "Base URL of the service, to print for the merchant.",

	"new_public_key":   "The new public key. Without a version it gets the next one.",
	"new_generate_key": "Make the key, as without --public-key. The private half is only written to a file.",
	"new_key_out":      "New file for the private half. Without it: clients/ID.vVERSION.key.pem in the data folder.",
	"retire_old":       "Remove all other keys at the same moment.",
	"retire":           "Remove one other key.",
}

type clientCommands struct {
	Add          clientAdd          `cmd:"" help:"Add a client."`
	List         clientList         `cmd:"" help:"List all clients."`
	Show         clientShow         `cmd:"" help:"Show a client. Secrets are never shown."`
	Set          clientSet          `cmd:"" help:"client_set"`
	Disable      clientDisable      `cmd:"" help:"client_off"`
	Enable       clientEnable       `cmd:"" help:"Undo disable."`
	RotateKey    clientRotateKey    `cmd:"" help:"rotate_key"`
	RemoveKey    clientRemoveKey    `cmd:"" help:"remove_key"`
	RotateSecret clientRotateSecret `cmd:"" help:"rotate_secret"`
	RemoveSecret clientRemoveSecret `cmd:"" help:"remove_secret"`

	AddAccessKey    clientAddAccessKey    `cmd:"" help:"add_access"`
	RemoveAccessKey clientRemoveAccessKey `cmd:"" help:"remove_access"`
	FindAccessKey   clientFindAccessKey   `cmd:"" help:"find_access"`

	TestNumber clientTestNumber `cmd:"" help:"test_numbers"`
	DLT        clientDLT        `cmd:"" name:"dlt" help:"dlt"`
}

// Help describes the JSON of the commands.
func (clientCommands) Help() string {
	return `With --json, list prints an array of records. add, rotate-key, rotate-secret and add-access-key print ` +
		`{client, keyVersion, privateKeyFile, accessKey, secret, serverKeys, notes}: client is the record; ` +
		`accessKey, secret and privateKeyFile are there if the command made one. Each other command prints a ` +
		`record. The digests of access keys are printed as fingerprints, and test numbers masked.

A record is {` + strings.Join(recordMembers(), ", ") + `}. ` +
		`A member that is missing has its default.`
}

// recordMembers returns the names of a record's members in JSON.
func recordMembers() (names []string) {
	for _, field := range reflect.VisibleFields(reflect.TypeFor[clients.Record]()) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			names = append(names, name)
		}
	}
	return names
}

// aClient is the argument that names a client.
type aClient struct {
	ID string `arg:"" help:"The client's id."`
}

type clientList struct{ place }

// Run prints all clients.
func (c *clientList) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		all, unreadable := b.clients.List(ctx)
		rows := [][]string{{"ID", "STATUS", "AMS", "UNIMATRIX", "COUNTRIES", "GUARD", "ADDED"}}
		for _, r := range all {
			countries := cmp.Or(strings.Join(r.Countries, ","), "-")
			rows = append(rows, []string{
				quoted(r.ID), r.Status, profile.Signing(r), profile.Unimatrix(r), countries,
				profile.Guard(r),
				r.Added.Format(time.DateOnly),
			})
		}
		if all == nil {
			all = []clients.Record{} // [] in JSON, and not null
		}
		enrol(ctx, b, all)
		return errors.Join(c.answer(all, columns(rows...)), unreadable)
	})
}

// enrol completes the roster, because a version without one may have added a client. An operator who may only read
// still gets the list.
func enrol(ctx context.Context, b *books, all []clients.Record) {
	var names []string
	for _, r := range all {
		names = append(names, r.RosterNames()...)
	}
	if len(names) == 0 {
		return
	}
	if err := b.clients.Enrol(ctx, names...); err != nil {
		warn("%v: a process that starts in a flood of strangers may keep clients out until it is over", err)
	}
}

// oneClient has the flags and the argument of a command for one client.
type oneClient struct {
	place
	aClient
}

type clientShow struct{ oneClient }

// Run prints a client.
func (c *clientShow) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error { return c.show(ctx, b, c.ID) })
}

type clientDisable struct{ oneClient }

// Run disables a client.
func (c *clientDisable) Run(ctx context.Context) error {
	return c.change(ctx, registry.Registry.Disable)
}

type clientEnable struct{ oneClient }

// Run enables a client.
func (c *clientEnable) Run(ctx context.Context) error { return c.change(ctx, registry.Registry.Enable) }

// change changes the client, and prints it as it is then.
func (c *oneClient) change(
	ctx context.Context, change func(g registry.Registry, ctx context.Context, id string) error,
) error {
	return c.on(ctx, func(b *books) error {
		if err := change(b.clients, ctx, c.ID); err != nil {
			return err
		}
		return c.show(ctx, b, c.ID)
	})
}

// show prints a client as it is now.
func (p place) show(ctx context.Context, b *books, id string) error {
	r, err := b.clients.Get(ctx, id)
	if err != nil {
		return err
	}
	p.warnOf(r)
	return p.answer(r, described(r, b.clients.Defaults.Brand))
}

// warnOf warns of a client whose id, which log lines and events show, is enough to send.
func (p place) warnOf(r clients.Record) {
	for _, warning := range profile.Warnings(r, p.at().Deployed()) {
		warn("%s", warning)
	}
}

// warnOfSenders warns of countries to which a client's messages do not go out as they are meant to.
func warnOfSenders(r clients.Record) {
	for _, warning := range profile.SenderWarnings(r) {
		warn("%s", warning)
	}
}
