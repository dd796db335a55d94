package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/clients/registry"
	"countersign/pkg/config"
	"countersign/pkg/documents"
	"countersign/pkg/inquiry"
	"countersign/pkg/keyring"
	"countersign/pkg/openstore"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/standin"
)

var messagesHelp = texts{
	"messages": "Print what became of the messages to a number, or of one challenge.",
	"messages_number": "The phone number, '+60 6543-216353' or 60-6543216353: its challenges of the last day, and " +
		"when the messages of the last 30 days were counted. This reads the whole table of challenges.",
	"messages_id":     "The authenticationId of one challenge.",
	"messages_client": "The client whose messages are meant. Without it, all clients are looked at.",
}

// messages is the command of the same name.
type messages struct {
	place
	Number           string `xor:"of" required:"" placeholder:"NUMBER" help:"messages_number"`
	AuthenticationID string `name:"authentication-id" xor:"of" required:"" placeholder:"ID" help:"messages_id"`
	Client           string `placeholder:"ID" help:"messages_client"`
}

// Help describes the JSON of the command.
func (*messages) Help() string {
	return `With --json, it prints {challenges, others, notes}, the newest first. A challenge is {client, ` +
		`authenticationId, number, country, test, password, state, reason, sending, attempts, attemptsAllowed, ` +
		`expiresAt, sentAt, counted, messages}: number is masked; password is true for a challenge that asks for ` +
		`a password, and has neither a code nor messages; state is pending, unsent, live, asks (for the ` +
		`password), used, expired or locked; reason is there for unsent; sending is reserved, unclear, sent, ` +
		`asked or failed; sentAt is the time of the latest message; counted are the times at which its messages ` +
		`were counted, without re-sends; messages are the latest four that the service accepted, with re-sends. A ` +
		`message is {id, receipt}, and a receipt {state, reason, description, at, country, network, parts, ` +
		`priceUSD}; without a receipt, none has come. others are {client, at}: further messages that are counted, ` +
		`re-sends and those whose challenge is gone. notes are in plain words.

It exits with 0 also if it finds nothing for a number, and with 1 if no challenge has the authenticationId.`
}

// Run finds the challenges, and prints what became of their messages.
func (c *messages) Run(ctx context.Context) (err error) {
	var number phone.Number
	switch {
	case c.Number+c.AuthenticationID == "":
		return errors.New("--number and --authentication-id: one of them must not be empty")
	case c.Number != "":
		if number, err = inquiry.Typed(c.Number); err != nil {
			return err
		}
	}
	store, cfg, err := c.store(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	found := inquiry.Findings{Store: store, Now: time.Now()}
	records, err := c.records(ctx, store)
	if err != nil {
		return err
	}
	var answer lives
	if c.Number == "" {
		err = c.byID(ctx, &found, records)
		answer = livesOf(found.Lives)
	} else {
		answer, err = c.byNumber(ctx, &found, number, records, cfg)
	}
	if err != nil {
		return err
	}
	return c.answer(answer, answer.text())
}

// byID finds a challenge by its authenticationId.
func (c *messages) byID(ctx context.Context, found *inquiry.Findings, records []clients.Record) error {
	if !otp.IsAuthID(c.AuthenticationID) {
		return errors.New("--authentication-id: must be the 35 digits that init answered")
	}
	ids := c.clients(records)
	there, err := found.Challenge(ctx, ids, c.AuthenticationID)
	if there || err != nil {
		return err
	}
	who := "no client has a"
	if len(ids) == 1 {
		who = "client " + quoted(ids[0]) + " has no"
	}
	return fmt.Errorf("%s challenge %s: a challenge is deleted a day after its code is over, and replaced by the next "+
		"one of its id; --number prints when messages were counted", who, c.AuthenticationID)
}

// byNumber finds the messages to a number.
func (c *messages) byNumber(
	ctx context.Context, found *inquiry.Findings, number phone.Number, records []clients.Record, cfg config.Config,
) (l lives, err error) {
	ring, err := c.ring()
	if err != nil {
		return l, err
	}
	if err := found.Number(ctx, ring.Keys(ctx), c.clients(records), number.E164); err != nil {
		return l, err
	}
	l = livesOf(found.Lives)
	l.noteNumber(ctx, c.Client, number, records, cfg, ring)
	return l, nil
}

// clients returns the ids of the clients that are meant.
func (c *messages) clients(records []clients.Record) (ids []string) {
	if c.Client != "" {
		return []string{c.Client}
	}
	for _, r := range records {
		ids = append(ids, r.ID)
	}
	if !c.at().Deployed() && !slices.Contains(ids, standin.DemoClient) {
		ids = append(ids, standin.DemoClient) // which has no record
	}
	return ids
}

// records returns the records of the clients that are meant. A client that was removed has none, and may have messages.
func (c *messages) records(ctx context.Context, store openstore.Store) ([]clients.Record, error) {
	if c.Client != "" && c.AuthenticationID != "" {
		return nil, nil // the key of the challenge follows from both
	}
	all := registry.Registry{Table: store.Documents()}
	if c.Client == "" {
		records, err := all.List(ctx)
		if err != nil {
			warn("some clients are left out: %v", err)
		}
		return records, nil
	}
	r, err := all.Get(ctx, c.Client)
	if errors.Is(err, documents.ErrNotFound) {
		return nil, nil
	}
	return []clients.Record{r}, err
}

// noteNumber adds what a reader of a number's messages may miss.
func (l *lives) noteNumber(
	ctx context.Context, client string, number phone.Number, records []clients.Record,
	cfg config.Config, ring *keyring.Ring,
) {
	for _, id := range inquiry.TestNumberOf(ctx, number, records, cfg.Defaults(), ring, func(_ string, err error) {
		warn("the test numbers of a client are left out: %v", err)
	}) {
		l.note("It is a test number of client " + quoted(id) + ": no message goes to it, and none is counted. " +
			"--authentication-id shows its challenges.")
	}
	l.noteNothing(client, number, client == "" || client == standin.DemoClient || len(records) > 0)
}

// noteNothing adds that nothing was found. exists reports whether there is such a client.
func (l *lives) noteNothing(client string, number phone.Number, exists bool) {
	if len(l.Challenges)+len(l.Others) > 0 {
		return
	}
	who := "any client"
	if client != "" {
		who = "client " + quoted(client)
	}
	l.note("Nothing was sent to " + number.Mask + " for " + who + ", or all of it was more than 30 days ago.")
	if !exists {
		l.note("There is no client " + quoted(client) + ": client list prints what exists.")
	}
}
