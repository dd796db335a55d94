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
// Where the entries had no room when they were read, the ledger itself refuses the message to a new number, in the one
// write that it takes: a refused call costs no more than any other. Where another call takes the room after that, the
// entry's own write is refused, and further ones give back what ledger and other entries count.
func (s *Store) spendGuarded(ctx context.Context, p otp.Spend) (otp.Spent, error) {
	verdict := p.Found.Foresee(ctx, *p.Guard)
	full := verdict.Refused(p.Guard.Mode)
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
		if spent.Verdict, err = guard.Admit(ctx, budgets{s, p.Found}, *p.Guard); err != nil {
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
