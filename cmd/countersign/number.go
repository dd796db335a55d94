package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/openstore"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/phone/plan"
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

// desk is what a command for a number works on.
type desk struct {
	store  openstore.Store
	client *clients.Client
	keys   *otp.Keys
	number phone.Number
	own    []string // keys of the ledgers of the client, newest first
	shared []string // of all clients
}

// on opens the store, finds the client and the ledgers of the number, and does the work.
func (c *aNumber) on(ctx context.Context, work func(desk) error) (err error) {
	number, err := lookedUp(c.Number)
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
	keys := ring.Keys(ctx)
	return work(desk{
		store: store, client: client, keys: keys, number: number,
		own: keys.LedgerKeys(c.Client, number.E164), shared: keys.SharedLedgerKeys(number.E164),
	})
}

// lookedUp returns the number of an argument, which may be grouped as people write it. Errors do not have it.
func lookedUp(arg string) (phone.Number, error) {
	e164 := phone.Ungrouped(arg)
	if cc, national, ok := phone.Split(arg); ok {
		e164 = "+" + cc + national
	}
	n, ok := plan.Lookup(e164)
	if !ok {
		return n, errors.New("the number is not possible: must be a calling code and a number, " +
			"such as +606543216353, '+60 6543-216353' or 60-6543216353")
	}
	return n, nil
}

// shown is the JSON of show.
type shown struct {
	Client       string      `json:"client"`
	Number       string      `json:"number"`
	Messages     []time.Time `json:"messages"`
	Unanswered   int         `json:"unanswered"`
	Pause        string      `json:"pause,omitempty"`
	KnownSources int         `json:"knownSources"`
	Wait         string      `json:"wait"`
	WaitKnown    string      `json:"waitKnown"`
	AllClients   []time.Time `json:"allClients,omitempty"`
	guarded
}

type numberShow struct{ aNumber }

// Run prints what the ledgers of a number have.
func (c *numberShow) Run(ctx context.Context) error {
	return c.on(ctx, func(d desk) error {
		own, err := d.ledgers(ctx, d.own)
		if err != nil {
			return err
		}
		shared, err := d.ledgers(ctx, d.shared)
		if err != nil {
			return err
		}
		oldest, now := otp.Ledger{}, otp.MillisOf(time.Now())
		if n := own[len(own)-1]; n != nil { // it has all messages
			oldest = *n
		}
		s := shown{
			Client: c.Client, Number: d.number.Mask, Messages: times(&oldest), Unanswered: oldest.Unanswered,
			KnownSources: len(oldest.Known),
			Wait:         waiting(d.client.Policy.Limits().Wait(own, now)),
			WaitKnown:    waiting(d.client.Policy.KnownLimits().Wait(own, now)),
			AllClients:   times(shared[len(shared)-1]),
		}
		if s.guarded, err = d.guarded(ctx, oldest, now); err != nil {
			return err
		}
		if pause := d.client.Policy.PauseAfter(oldest.Unanswered); pause > 0 {
			s.Pause = clients.Duration(pause).String()
		}
		return c.answer(s, s.text())
	})
}

// ledgers reads the ledgers of keys.
func (d desk) ledgers(ctx context.Context, keys []string) ([]*otp.Ledger, error) {
	all := make([]*otp.Ledger, len(keys))
	for i, key := range keys {
		var err error
		if all[i], err = d.store.Ledger(ctx, key); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// times returns the times of a ledger's messages, the newest first.
func times(n *otp.Ledger) []time.Time {
	all := []time.Time{}
	if n != nil {
		for _, s := range n.Sends {
			all = append(all, s.At.Time())
		}
	}
	return all
}

// waiting is a wait in whole seconds.
func waiting(d time.Duration) string {
	return clients.Duration((d + time.Second - 1).Truncate(time.Second)).String()
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
	rows = append(rows, s.rows()...)
	if len(s.AllClients) > 0 {
		rows = append(rows, []string{"of all clients (UTC)", all(s.AllClients)})
	}
	return columns(rows...)
}

type numberClear struct{ aNumber }

// Run forgets the messages to a number. Known sources stay, and the time of the latest right code: both show who the
// owner is, and a lock-out would keep the owner out.
func (c *numberClear) Run(ctx context.Context) error {
	return c.on(ctx, func(d desk) error {
		for _, key := range append(d.own, d.shared...) {
			if err := d.store.ClearLedger(ctx, key); err != nil {
				return err
			}
		}
		done := struct {
			Client string `json:"client"`
			Number string `json:"number"`
			Done   string `json:"done"`
		}{c.Client, d.number.Mask, "cleared"}
		return c.answer(done, fmt.Sprintf("number %s of client %s: cleared", d.number.Mask, quoted(c.Client)))
	})
}
