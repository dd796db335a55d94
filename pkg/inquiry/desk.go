package inquiry

import (
	"context"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// Desk is a number, the client whose messages to it are meant, and where both are counted.
type Desk struct {
	Store  Store
	Client *clients.Client
	Keys   *otp.Keys
	Number phone.Number
	Own    []string // keys of the ledgers of the client, newest first
	Shared []string // of all clients
}

// DeskOf returns the desk of a client and a number.
func DeskOf(store Store, client *clients.Client, keys *otp.Keys, number phone.Number) Desk {
	return Desk{
		Store: store, Client: client, Keys: keys, Number: number,
		Own: keys.LedgerKeys(client.ID, number.E164), Shared: keys.SharedLedgerKeys(number.E164),
	}
}

// Limits are what the ledgers of a number have, and what the limits make of it. Its JSON is what countersign number
// show --json prints.
type Limits struct {
	Client       string      `json:"client"`
	Number       string      `json:"number"`   // masked
	Messages     []time.Time `json:"messages"` // newest first
	Unanswered   int         `json:"unanswered"`
	Pause        string      `json:"pause,omitempty"`
	KnownSources int         `json:"knownSources"`
	Wait         string      `json:"wait"`      // until a message may go out to anybody
	WaitKnown    string      `json:"waitKnown"` // and to a known source
	AllClients   []time.Time `json:"allClients,omitempty"`
	Guarded

	// At is when the limits were asked. Next and NextKnown are At and the waits. Windows are those that hold for
	// everybody.
	At, Next, NextKnown time.Time `json:"-"`
	Windows             []Window  `json:"-"`
}

// Window is a limit of messages in a time.
type Window struct {
	In             time.Duration
	Sends, Allowed int
}

// windows returns those that hold for everybody, and how many messages of the ledger are in them.
func windows(limits otp.Limits, n otp.Ledger, now otp.Millis) (all []Window) {
	for _, w := range limits.Windows {
		if w.From > 0 || w.Reserve || w.In == 0 {
			continue
		}
		used := Window{In: w.In, Allowed: w.Sends}
		for _, s := range n.Sends {
			if s.At.Add(w.In) > now {
				used.Sends++
			}
		}
		all = append(all, used)
	}
	return all
}

// Free reports whether a message may go out now to anybody.
func (l Limits) Free() bool { return !l.Next.After(l.At) }

// FreeKnown reports the same of a known source.
func (l Limits) FreeKnown() bool { return !l.NextKnown.After(l.At) }

// Limits reads the ledgers of the number, and asks the guard about a message that is not counted.
func (d Desk) Limits(ctx context.Context, at time.Time) (Limits, error) {
	own, err := d.ledgers(ctx, d.Own)
	if err != nil {
		return Limits{}, err
	}
	shared, err := d.ledgers(ctx, d.Shared)
	if err != nil {
		return Limits{}, err
	}
	oldest, now := otp.Ledger{}, otp.MillisOf(at)
	if n := own[len(own)-1]; n != nil { // it has all messages
		oldest = *n
	}
	wait := d.Client.Policy.Limits().Wait(own, now)
	known := d.Client.Policy.KnownLimits().Wait(own, now)
	l := Limits{
		Client: d.Client.ID, Number: d.Number.Mask, Messages: times(&oldest), Unanswered: oldest.Unanswered,
		KnownSources: len(oldest.Known),
		Wait:         waiting(wait),
		WaitKnown:    waiting(known),
		AllClients:   times(shared[len(shared)-1]),
		At:           at, Next: at.Add(wait), NextKnown: at.Add(known),
		Windows: windows(d.Client.Policy.Limits(), oldest, now),
	}
	if l.Guarded, err = d.guarded(ctx, oldest, now); err != nil {
		return Limits{}, err
	}
	if pause := d.Client.Policy.PauseAfter(oldest.Unanswered); pause > 0 {
		l.Pause = clients.Duration(pause).String()
	}
	return l, nil
}

// ledgers reads the ledgers of keys.
func (d Desk) ledgers(ctx context.Context, keys []string) ([]*otp.Ledger, error) {
	all := make([]*otp.Ledger, len(keys))
	for i, key := range keys {
		var err error
		if all[i], err = d.Store.Ledger(ctx, key); err != nil {
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
