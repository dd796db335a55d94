package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/pkg/inquiry"
	"countersign/pkg/openstore"
)

type numberCommands struct {
	Show  numberShow  `cmd:"" help:"Print the messages to a number, and when the next one may go out."`
	Clear numberClear `cmd:"" help:"Forget the messages to a number, so that its limits start from zero."`
}

// Help describes the JSON of the commands.
func (numberCommands) Help() string {
	return `With --json, show prints {client, number, messages, unanswered, pause, knownSources, wait, waitKnown, ` +
		`allClients, answered, knownUntil, guard, guardWait, watched}: number is masked; messages are times, the ` +
		`newest first; pause is there if unanswered messages pause the number; wait is the time until a message may ` +
		`go out to anybody, and waitKnown that for a source from which a right code came before; allClients has ` +
		`the times of the messages of all clients together, if the deployment limits these; answered is the ` +
		`time of the latest right code; until knownUntil no budget of the guard refuses the number; guard is ` +
		`what the guard makes of a message to it now: sent, known, off, allowed, blocked, or the budget without ` +
		`room, which is block, country or client, and guardWait the time until that has room; watched is there ` +
		`if the message goes out all the same, in mode monitor. clear prints {client, number, done}.

The limits are those of the client's record and of this command's environment: give it the deployment's settings.`
}

// aNumber has the flags and the argument of a command for one number.
type aNumber struct {
	place
	Client string `required:"" placeholder:"ID" help:"The client whose messages are meant."`
	Number string `arg:"" help:"The phone number, +606543216353 or 60-6543216353."`
}

// on opens the store, finds the client and the ledgers of the number, and does the work.
func (c *aNumber) on(ctx context.Context, work func(openstore.Store, inquiry.Desk) error) (err error) {
	number, err := inquiry.Typed(c.Number)
	if err != nil {
		return err
	}
	store, cfg, err := c.store(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	ring, err := c.ring()
	if err != nil {
		return err
	}
	record, err := c.record(ctx, store, cfg, c.Client)
	if err != nil {
		return err
	}
	client, err := record.Client(ctx, cfg.Defaults(), ring)
	if err != nil {
		return err
	}
	return work(store, inquiry.DeskOf(store, client, ring.Keys(ctx), number))
}

// shown is the JSON of show.
type shown struct{ inquiry.Limits }

type numberShow struct{ aNumber }

// Run prints what the ledgers of a number have.
func (c *numberShow) Run(ctx context.Context) error {
	return c.on(ctx, func(_ openstore.Store, d inquiry.Desk) error {
		limits, err := d.Limits(ctx, time.Now())
		if err != nil {
			return err
		}
		s := shown{limits}
		return c.answer(s, s.text())
	})
}

// text is the answer for people.
func (s shown) text() string {
	all := func(at []time.Time) string {
		texts := make([]string, len(at))
		for i, t := range at {
			texts[i] = t.Format(time.DateTime)
		}
		if len(at) == 0 {
			return "-"
		}
		return strings.Join(texts, ", ")
	}
	next := func(wait string) string {
		if wait == "0s" {
			return "now"
		}
		return "in " + wait
	}
	pause := "-"
	if s.Pause != "" {
		pause = "3 messages in " + s.Pause
	}
	rows := [][]string{
		{"client", quoted(s.Client)}, {"number", s.Number}, {"messages (UTC)", all(s.Messages)},
		{"unanswered", fmt.Sprint(s.Unanswered)}, {"pause", pause}, {"known sources", fmt.Sprint(s.KnownSources)},
		{"next message", next(s.Wait)}, {"to a known source", next(s.WaitKnown)},
	}
	rows = append(rows, verdictRows(s.Guarded)...)
	if len(s.AllClients) > 0 {
		rows = append(rows, []string{"of all clients (UTC)", all(s.AllClients)})
	}
	return columns(rows...)
}

type numberClear struct{ aNumber }

// Run forgets the messages to a number. Known sources stay, and the time of the latest right code: both show who the
// owner is, and a lock-out would keep the owner out.
func (c *numberClear) Run(ctx context.Context) error {
	return c.on(ctx, func(store openstore.Store, d inquiry.Desk) error {
		for _, key := range append(d.Own, d.Shared...) {
			if err := store.ClearLedger(ctx, key); err != nil {
				return err
			}
		}
		done := struct {
			Client string `json:"client"`
			Number string `json:"number"`
			Done   string `json:"done"`
		}{c.Client, d.Number.Mask, "cleared"}
		return c.answer(done, fmt.Sprintf("number %s of client %s: cleared", d.Number.Mask, quoted(c.Client)))
	})
}

// verdictRows are the lines of what the guard makes of a message.
func verdictRows(g inquiry.Guarded) [][]string {
	answered := "never, as far as is known"
	if !g.Answered.IsZero() {
		answered = g.Answered.Format(time.DateTime)
	}
	if !g.KnownUntil.IsZero() {
		answered += ", known until " + g.KnownUntil.Format(time.DateTime)
	}
	return [][]string{{"answered (UTC)", answered}, {"guard", g.Words()}}
}
