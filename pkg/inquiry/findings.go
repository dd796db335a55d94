package inquiry

import (
	"cmp"
	"context"
	"slices"
	"time"

	"countersign/pkg/otp"
)

// Findings collect what is found in a store.
type Findings struct {
	Store Store
	Now   time.Time
	Lives
}

// Challenge adds the challenge with an authenticationId. It can be of one client only, so those with these ids are
// looked at until one has it. found is false if none has.
func (f *Findings) Challenge(ctx context.Context, ids []string, authID string) (found bool, err error) {
	c, err := f.lookUp(ctx, ids, authID)
	if c == nil || err != nil {
		return false, err
	}
	ledger, err := f.ledger(ctx, *c)
	if err != nil {
		return false, err
	}
	_, err = f.add(ctx, *c, ledger)
	return true, err
}

// lookUp returns the challenge with an authenticationId, nil if no client has one. The store also has records of
// re-sends, which are no challenges: they allow no guess.
func (f *Findings) lookUp(ctx context.Context, ids []string, authID string) (*otp.Challenge, error) {
	for _, id := range ids {
		c, err := f.Store.Challenge(ctx, otp.KeyOfAuthID(id, authID))
		if err != nil {
			return nil, err
		}
		if c != nil && c.AuthID == authID && (c.Max > 0 || ofPassword(*c)) {
			return c, nil
		}
	}
	return nil, nil
}

// ledger reads the ledger of a challenge, nil for none.
func (f *Findings) ledger(ctx context.Context, c otp.Challenge) (*otp.Ledger, error) {
	if c.LedgerKey == "" {
		return nil, nil
	}
	return f.Store.Ledger(ctx, c.LedgerKey)
}

// Number adds the challenges of a number for the clients with these ids, and the messages that are counted without a
// challenge. It reads the whole table of challenges.
func (f *Findings) Number(ctx context.Context, keys *otp.Keys, ids []string, to otp.Phone) error {
	var all []string
	ledgers := map[string]*otp.Ledger{} // by client: the oldest one has all messages
	for _, id := range ids {
		own := keys.LedgerKeys(id, to)
		var err error
		if ledgers[id], err = f.Store.Ledger(ctx, own[len(own)-1]); err != nil {
			return err
		}
		all = append(all, own...)
	}
	challenges, err := f.Store.ChallengesOf(ctx, all)
	if err != nil {
		return err
	}
	slices.SortFunc(challenges, func(a, b *otp.Challenge) int {
		return cmp.Or(cmp.Compare(b.SentAt, a.SentAt), cmp.Compare(a.AuthID, b.AuthID))
	})
	known := map[string]bool{} // ids of sends
	for _, c := range challenges {
		sends, err := f.add(ctx, *c, ledgers[c.Client])
		if err != nil {
			return err
		}
		for _, s := range sends {
			known[c.Client+"\x00"+s.ID] = true
		}
	}
	f.addOthers(ids, ledgers, known)
	return nil
}

// addOthers adds the messages that are counted and have no challenge.
func (f *Findings) addOthers(ids []string, ledgers map[string]*otp.Ledger, known map[string]bool) {
	f.Others = []Counted{}
	for _, id := range ids {
		if ledgers[id] == nil {
			continue
		}
		for _, s := range ledgers[id].Sends {
			if !known[id+"\x00"+s.ID] {
				f.Others = append(f.Others, Counted{Client: id, At: s.At.Time()})
			}
		}
	}
	slices.SortStableFunc(f.Others, func(a, b Counted) int { return b.At.Compare(a.At) })
}

// add adds a challenge with its messages and their receipts. It returns the counted messages of the challenge.
func (f *Findings) add(ctx context.Context, c otp.Challenge, ledger *otp.Ledger) (sends []otp.Send, err error) {
	l := LifeOf(c, f.Now)
	if ledger != nil {
		sends = ledger.SendsOf(c.Seed)
	}
	for _, s := range sends {
		l.Counted = append(l.Counted, s.At.Time())
	}
	for _, id := range c.MessageIDs() {
		r, err := f.Store.Receipt(ctx, id)
		if err != nil {
			return nil, err
		}
		l.Messages = append(l.Messages, SentMessage{ID: id, Receipt: ReceiptOf(r)})
	}
	f.Challenges = append(f.Challenges, l)
	return sends, nil
}

// Names reports whether something was found for a client.
func (l Lives) Names(client string) bool {
	return slices.ContainsFunc(l.Challenges, func(c Life) bool { return c.Client == client }) ||
		slices.ContainsFunc(l.Others, func(o Counted) bool { return o.Client == client })
}
