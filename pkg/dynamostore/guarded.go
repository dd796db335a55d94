package dynamostore

import (
	"context"
	"slices"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// spendGuarded is [Store.Spend] of a message that the guard counts, unless its number is known. The ledger counts it
// first: it knows the number. If the guard refuses the message, the ledger gives it back.
//
// While the entries of the message are remembered to have no room, the ledger itself refuses it to a new number, in the
// one write that it takes: a refused call costs no more than any other.
func (s *Store) spendGuarded(ctx context.Context, p otp.Spend) (otp.Spent, error) {
	verdict, full := s.foresee(ctx, p)
	n, applied, err := s.spend(ctx, p, full)
	if err != nil {
		return otp.Spent{}, err
	}
	spent := otp.Spent{Applied: applied, Item: n, Answered: n.Answered}
	known := n.Answered > p.KnownSince
	switch {
	case applied || n.Counted(p.ID): // by the first try of this write, whose answer was lost
	case full && !known && refuses(p, *n) == "":
		spent.Verdict = verdict
		return spent, nil
	default:
		return spent, nil
	}
	if !known {
		if spent.Verdict, err = s.admit(ctx, p); err != nil {
			return otp.Spent{}, err
		}
	}
	if spent.Verdict.Refused(p.Guard.Mode) {
		spent.Applied, spent.Item, err = false, without(n, p), s.takeBack(ctx, p)
		return spent, err
	}
	if applied {
		s.trimTo(ctx, p, len(n.Sends))
		spent.Item = nil
	}
	return spent, nil
}

// refuses returns why the ledger refuses a send, "" if only the guard does.
func refuses(p otp.Spend, n otp.Ledger) otp.Outcome {
	if len(p.Source) > 0 && !n.Knows(p.Source) {
		return otp.TooMany
	}
	why, _ := p.Limits.Refusal(n, p.Now)
	return why
}

// takeBack removes the send of p that the guard refuses from its ledger.
func (s *Store) takeBack(ctx context.Context, p otp.Spend) error {
	off := one
	if p.Limits.Uncounted {
		off = zero
	}
	_, err := s.refund(ctx, p.Key, p.ID, off)
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

// admit asks the guard, and remembers what has no room.
func (s *Store) admit(ctx context.Context, p otp.Spend) (guard.Verdict, error) {
	w := &watched{Store: s, seen: map[string]guard.Entry{}}
	v, err := guard.Admit(ctx, w, *p.Guard)
	if err != nil {
		return v, err
	}
	refused := v.Refused(p.Guard.Mode)
	for _, c := range w.counted { // and given back, if the message was refused
		if e, has := w.seen[c.Key]; has && refused {
			e.GiveBack(c.Hour)
			w.seen[c.Key] = e
		}
	}
	s.full.note(w.seen, refused, p.Now)
	return v, nil
}

// watched are budgets that keep which entries the guard saw: those without room, and the country.
type watched struct {
	*Store
	seen    map[string]guard.Entry
	counted []guard.Charged
}

// Charge implements [guard.Budgets].
func (w *watched) Charge(ctx context.Context, c guard.Charge) (guard.Entry, bool, error) {
	e, applied, err := w.Store.Charge(ctx, c)
	if err == nil && (!applied || c.Kind == guard.Country) {
		w.seen[c.Key] = e
	}
	if applied {
		w.counted = append(w.counted, guard.Charged{Key: c.Key, Hour: c.Hour})
	}
	return e, applied, err
}

// foresee returns the verdict of the guard on a message if what is remembered refuses it.
func (s *Store) foresee(ctx context.Context, p otp.Spend) (v guard.Verdict, refused bool) {
	if p.Guard.Mode != guard.Enforce || !s.full.refusing(p.Now) {
		return guard.Verdict{}, false
	}
	v, err := guard.Admit(ctx, remembered{s, p.Now}, *p.Guard)
	return v, err == nil && v.Refused(p.Guard.Mode)
}
