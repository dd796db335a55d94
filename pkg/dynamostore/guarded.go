package dynamostore

import (
	"context"
	"errors"
	"slices"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

var _ otp.Ahead = (*Store)(nil)

// Look implements [otp.Ahead] with one call of eventual reads.
func (s *Store) Look(ctx context.Context, ledger string, m guard.Message) (otp.Found, error) {
	items, err := s.batch(ctx, append(m.Keys(), ledger))
	if err != nil {
		return otp.Found{}, err
	}
	n := &otp.Ledger{Key: ledger}
	if item := items[ledger]; item != nil {
		if n, err = readLedger(item); err != nil {
			return otp.Found{}, err
		}
	}
	entries, err := guard.Look(ctx, looked(items), m)
	if err != nil {
		return otp.Found{}, err
	}
	return otp.Found{Ledger: n, Entries: entries}, nil
}

// looked are items that were read.
type looked map[string]image

// Entries implements [guard.Reader].
func (items looked) Entries(_ context.Context, keys []string) (all []guard.Entry, err error) {
	for _, key := range keys {
		if item := items[key]; item != nil {
			e, err := ReadEntry(item)
			if err != nil {
				return nil, err
			}
			all = append(all, e)
		}
	}
	return all, nil
}

// spendGuarded is [Store.Spend] of a message that the guard counts, unless its number is known, which the ledger
// decides. If the guard refuses the message, the ledger gives it back.
//
// Where the entries had no room when they were read, the ledger itself refuses the message to a new number, in the one
// write that it takes: a refused call costs no more than any other. Where ledger and entries had room, the entries
// count the message while the ledger does. Where another call took the room since then, a write is refused, and
// further ones give back what ledger and entries count.
func (s *Store) spendGuarded(ctx context.Context, p otp.Spend) (otp.Spent, error) {
	foreseen := p.Found.Entries.Foresee(ctx, *p.Guard)
	full := foreseen.Refused(p.Guard.Mode)
	w, err := spending(p, full)
	if err != nil {
		return otp.Spent{}, err
	}
	a := admission{store: s, Spend: p}
	if p.Found.Room(p) && foreseen.Reason == "" {
		a.begin(ctx)
	}
	n, applied, err := s.spend(ctx, p, w)
	switch {
	case err != nil:
		return otp.Spent{}, errors.Join(err, a.drop(ctx))
	case !applied && !n.Counted(p.ID): // it may be counted by the first try of this write, whose answer was lost
		spent := otp.Spent{Item: n, Answered: n.Answered}
		if full && !p.Known(*n) && p.Refusal(*n) == "" {
			spent.Verdict = foreseen
		}
		return spent, a.drop(ctx)
	case p.Known(*n):
		return s.counted(ctx, p, n, applied, guard.Verdict{}), a.drop(ctx)
	}
	verdict, err := a.end(ctx)
	switch {
	case err != nil:
		return otp.Spent{}, err
	case verdict.Refused(p.Guard.Mode):
		return otp.Spent{Item: without(n, p), Answered: n.Answered, Verdict: verdict}, s.takeBack(ctx, p)
	}
	return s.counted(ctx, p, n, applied, verdict), nil
}

// counted returns the answer for a message that the ledger counts, by this write or by an earlier try of it.
func (s *Store) counted(ctx context.Context, p otp.Spend, n *otp.Ledger, applied bool, v guard.Verdict) otp.Spent {
	spent := otp.Spent{Applied: applied, Item: n, Answered: n.Answered, Verdict: v}
	if applied {
		s.trimTo(ctx, p, len(n.Sends))
		spent.Item = nil
	}
	return spent
}

// admission is [guard.Admit] for one message.
type admission struct {
	store *Store
	otp.Spend
	wait func() // nil before begin
	v    guard.Verdict
	err  error
}

// begin lets the entries count the message from now on. It must be followed by end or drop.
func (a *admission) begin(ctx context.Context) { a.wait = otp.Beside(func() { a.admit(ctx) }) }

func (a *admission) admit(ctx context.Context) {
	a.v, a.err = guard.Admit(ctx, budgets{a.store, a.Found.Entries}, *a.Guard)
}

// end returns the verdict.
func (a *admission) end(ctx context.Context) (guard.Verdict, error) {
	if a.wait == nil {
		a.admit(ctx)
	} else {
		a.wait()
	}
	return a.v, a.err
}

// drop gives back what the entries count. An admission that failed has done so itself.
func (a *admission) drop(ctx context.Context) error {
	if a.wait == nil {
		return nil
	}
	if a.wait(); a.err != nil {
		return nil
	}
	ctx, cancel := otp.Outlive(ctx, giveBackTime)
	defer cancel()
	return a.store.uncharge(ctx, a.v.Charged)
}

// takeBack removes the send of p that the guard refuses from its ledger.
func (s *Store) takeBack(ctx context.Context, p otp.Spend) error {
	_, err := s.refund(ctx, p.Key, p.ID, !p.Limits.Uncounted)
	return err
}

// without returns a ledger without the send of p.
func without(n *otp.Ledger, p otp.Spend) *otp.Ledger {
	before := *n
	before.Sends = slices.DeleteFunc(slices.Clone(n.Sends), func(s otp.Send) bool { return s.ID == p.ID })
	if !p.Limits.Uncounted {
		before.Unanswered = max(0, n.Unanswered-1)
	}
	return &before
}

// giveBackTime is how much longer than its call the entries may take to give a message back: else one that never goes
// out would use their room for a day. The refund of the ledger comes next, and has as much again.
const giveBackTime = otp.SettleTime / 4

// budgets are those of a message whose entries were read before.
type budgets struct {
	*Store
	found guard.Found
}

// Charge implements [guard.Budgets].
func (b budgets) Charge(ctx context.Context, c guard.Charge) (guard.Entry, bool, error) {
	if before, looked := b.found[c.Key]; looked {
		return b.charge(ctx, c, before)
	}
	return b.Store.Charge(ctx, c)
}

// Uncharge implements [guard.Budgets].
func (b budgets) Uncharge(ctx context.Context, c guard.Charged) error {
	ctx, cancel := otp.Outlive(ctx, giveBackTime)
	defer cancel()
	return b.Store.Uncharge(ctx, c)
}
