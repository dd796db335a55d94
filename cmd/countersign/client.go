package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
)

type clientCommands struct {
	Add          clientAdd          `cmd:"" help:"Add a client."`
	List         clientList         `cmd:"" help:"List all clients."`
	Show         clientShow         `cmd:"" help:"Show a client; secrets are never shown."`
	Set          clientSet          `cmd:"" help:"Change what the flags name, and nothing else. An empty value takes what was set away."`
	Disable      clientDisable      `cmd:"" help:"Make a client unknown to requests, within 30 seconds everywhere."`
	Enable       clientEnable       `cmd:"" help:"Make a disabled client known again."`
	RotateKey    clientRotateKey    `cmd:"" help:"Add a public key beside those that a client has, or in their place."`
	RemoveKey    clientRemoveKey    `cmd:"" help:"Remove a public key: what it signs is refused within 30 seconds everywhere."`
	RotateSecret clientRotateSecret `cmd:"" help:"Give a client a new HMAC secret; the one before stays good beside it."`
	RemoveSecret clientRemoveSecret `cmd:"" help:"Remove the older of a client's HMAC secrets, or the only one."`
}

// Help tells the JSON.
func (clientCommands) Help() string {
	return `With --json, list gives an array of records, and all else a record; but add and the rotations {client, keyVersion, privateKeyFile, secret, serverKeys, notes}, where client is the record, and secret and privateKeyFile are there for what was made.

A record is {id, status, added, unsigned, apis, keys, unimatrix, secrets, networks, countries, numbers, lines, limits, window, perMinute, brand, senderID, language, customCodes, senderNames, templates}. What is left out has its default.`
}

// aClient is the argument that names a client.
type aClient struct {
	ID string `arg:"" help:"The client's id."`
}

type clientAdd struct {
	where
	newKeys
	newSecret
	clientFlags
	aClient
}

// newKeys are the flags for a client's keys.
type newKeys struct {
	PublicKey   []keyFile `sep:"none" placeholder:"FILE[:VERSION]" help:"A public key that it signs with: RSA of 2048 bits or more, PEM or base64. May be repeated."`
	GenerateKey bool      `help:"Make an RSA key for it. The private half is written to a file, and kept nowhere else."`
	KeyOut      string    `type:"path" placeholder:"FILE" help:"That file, which must not be there (clients/ID.key.pem in the folder of the data)."`
}

// newSecret are the flags for a client's HMAC secret.
type newSecret struct {
	HMACSecretFile string `name:"hmac-secret-file" placeholder:"FILE" help:"Its secret for hmac, 16 to 256 bytes; a last line break is cut off, and - is the standard input. Without it one is made where hmac needs one, and shown once."`
}

func (c *clientAdd) Run(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	return c.on(ctx, func(b *books) error {
		_, err := b.clients.Get(ctx, c.ID)
		if err == nil { // before anything is made for it
			return fmt.Errorf("client %q: %w; client set changes it, and client rotate-key gives it a key", c.ID, documents.ErrExists)
		}
		r := clients.Record{ID: c.ID}
		c.apply(&r)
		h, secret, err := c.prepare(&r, b)
		if err != nil {
			return err
		}
		if err := b.clients.Add(ctx, r, secret); err != nil {
			return errors.Join(err, h.takeBack())
		}
		return h.tell(ctx, c.where, b, c.ID, "is added")
	})
}

// prepare makes and reads what a new client gets.
func (c *clientAdd) prepare(r *clients.Record, b *books) (h *handover, secret []byte, err error) {
	h = &handover{}
	if c.KeyOut != "" && !c.GenerateKey {
		return nil, nil, errors.New("--key-out goes with --generate-key")
	}
	for _, f := range c.PublicKey {
		key, err := f.public(r.Keys)
		if err != nil {
			return nil, nil, err
		}
		r.Keys = append(r.Keys, key)
		h.KeyVersion = key.Version
	}
	if c.HMACSecretFile != "" && c.Unimatrix == nil {
		r.Unimatrix = "hmac" // what else would the secret be for
	}
	if c.HMACSecretFile != "" || r.Unimatrix == "hmac" {
		if secret, err = c.secret(h); err != nil {
			return nil, nil, err
		}
	}
	h.credential = r.Unimatrix != ""
	if len(r.Keys) > 0 || c.GenerateKey {
		if err := h.askServer(b); err != nil {
			return nil, nil, err
		}
	}
	if c.GenerateKey { // last: it leaves a file
		key, err := h.generate(c.where, c.ID, c.KeyOut, r.Keys)
		if err != nil {
			return nil, nil, err
		}
		r.Keys = append(r.Keys, key)
		h.KeyVersion = key.Version
	}
	return h, secret, nil
}

type clientList struct{ where }

func (c *clientList) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		all, unreadable := b.clients.List(ctx)
		rows := [][]string{{"ID", "STATUS", "AMS", "UNIMATRIX", "COUNTRIES", "ADDED"}}
		for _, r := range all {
			rows = append(rows, []string{quoted(r.ID), r.Status, signing(r), cmp.Or(r.Unimatrix, "-"), cmp.Or(strings.Join(r.Countries, ","), "-"), r.Added.Format(time.DateOnly)})
		}
		if all == nil {
			all = []clients.Record{} // for JSON
		}
		return errors.Join(c.tell(all, columns(rows...)), unreadable)
	})
}

type clientShow struct {
	where
	aClient
}

func (c *clientShow) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error { return c.show(ctx, b, c.ID) })
}

type clientSet struct {
	where
	clientFlags
	aClient
}

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

type clientDisable struct {
	where
	aClient
}

func (c *clientDisable) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		if err := b.clients.Disable(ctx, c.ID); err != nil {
			return err
		}
		return c.show(ctx, b, c.ID)
	})
}

type clientEnable struct {
	where
	aClient
}

func (c *clientEnable) Run(ctx context.Context) error {
	return c.on(ctx, func(b *books) error {
		if err := b.clients.Enable(ctx, c.ID); err != nil {
			return err
		}
		return c.show(ctx, b, c.ID)
	})
}

// show tells a client's record as it is now. In JSON it is the record.
func (w where) show(ctx context.Context, b *books, id string) error {
	r, err := b.clients.Get(ctx, id)
	if err != nil {
		return err
	}
	if r.Unsigned {
		warnUnsigned(id)
	}
	return w.tell(r, described(r))
}

func warnUnsigned(id string) {
	warn("client %s is unsigned: anyone who knows this id can send messages at your cost", quoted(id))
}

// described is a record for people.
func described(r clients.Record) string {
	window := "10m"
	if r.Window != nil {
		window = r.Window.String()
	}
	if window == "0s" {
		window = "off"
	}
	perMinute := "any number of requests"
	if r.PerMinute > 0 {
		perMinute = fmt.Sprint(r.PerMinute, " requests")
	}
	rows := [][]string{
		{"client", quoted(r.ID)},
		{"status", r.Status + ", added " + r.Added.Format(time.DateTime)},
		{"AMS", signing(r)},
		{"Unimatrix", cmp.Or(r.Unimatrix, "-")},
	}
	if len(r.Secrets) > 0 {
		rows = append(rows, []string{"secrets", fmt.Sprint(len(r.Secrets), ", the newest added ", r.Secrets[0].Added.Format(time.DateTime))})
	}
	rows = append(rows,
		[]string{"APIs", cmp.Or(strings.Join(r.APIs, ", "), "all")},
		[]string{"networks", cmp.Or(strings.Join(r.Networks, ", "), "any")},
		[]string{"countries", cmp.Or(strings.Join(r.Countries, ", "), "none: it can send nothing")},
		[]string{"numbers", cmp.Or(r.Numbers, "possible")},
		[]string{"lines", strings.Join(append([]string{"ordinary"}, r.Lines...), ", ")},
		[]string{"time window", window},
		[]string{"a minute", perMinute},
		[]string{"brand", cmp.Or(r.Brand, "the deployment's")},
		[]string{"sender id", cmp.Or(r.SenderID, "the deployment's")},
		[]string{"language", cmp.Or(r.Language, "the deployment's")},
		[]string{"custom codes", strconv.FormatBool(r.CustomCodes == nil || *r.CustomCodes)},
		[]string{"sender names", cmp.Or(strings.Join(r.SenderNames, ", "), "any")},
		[]string{"templates", cmp.Or(strings.Join(r.Templates, ", "), "any")},
		[]string{"limits", cmp.Or(limits(r.Limits), "the deployment's")},
	)
	return columns(rows...)
}

// limits are those of a client's own, such as "digits 4, validity 2m".
func limits(l clients.Limits) string {
	text, err := json.Marshal(l)
	if err != nil {
		return err.Error()
	}
	return strings.NewReplacer("{", "", "}", "", `"`, "", ":", " ", ",", ", ").Replace(string(text))
}

// signing tells how a client proves itself in the AMS contract.
func signing(r clients.Record) string {
	if r.Unsigned {
		return "unsigned"
	}
	var versions []string
	for _, k := range r.Keys {
		versions = append(versions, k.Version)
	}
	if versions == nil {
		return "-"
	}
	return "key " + strings.Join(versions, ", ")
}

// quoted is an id as a line can have it: whatever a stranger chose must not move
// the cursor or look like another id.
func quoted(id string) string {
	if clients.ValidAMSID(id) {
		return id
	}
	return strconv.Quote(id)
}
