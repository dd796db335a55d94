package sqlitestore

import (
	"cmp"
	"context"
	"slices"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

const (
	findLedgerQuery = `SELECT pk, sends, unanswered, ttl, known, answered FROM ledgers WHERE pk = :pk`
	putLedgerQuery  = `INSERT INTO ledgers (pk, sends, unanswered, ttl, known, answered)
VALUES (:pk, :sends, :unanswered, :ttl, :known, :answered)
ON CONFLICT (pk) DO UPDATE SET sends = :sends, unanswered = :unanswered, ttl = :ttl, known = :known,
  answered = :answered`
	answeredQuery = `UPDATE ledgers SET unanswered = 0, answered = max(answered, :at), ttl = max(ttl, :ttl)
WHERE pk = :pk`
)

// Spend implements [otp.Ledgers]. The list is read, judged and written in one
// transaction, and only one runs at a time. So are the entries of the guard.
func (s *Store) Spend(ctx context.Context, p otp.Spend) (otp.Spent, error) {
	return in(ctx, s, "spend", func() (otp.Spent, error) {
		n, err := s.ledger(p.Key)
		if err != nil {
			return otp.Spent{}, err
		}
		if n == nil {
			n = &otp.Ledger{Key: p.Key}
		}
		spent := otp.Spent{Item: n, Answered: n.Answered}
		why, _ := p.Limits.Refusal(*n, p.Now)
		if why != "" || n.Counted(p.ID) || len(p.Source) > 0 && !n.Knows(p.Source) {
			return spent, nil
		}
		if p.Guard != nil && n.Answered <= p.KnownSince {
			spent.Verdict, err = s.admit(ctx, *p.Guard)
			if err != nil || spent.Verdict.Refused(p.Guard.Mode) {
				return spent, err
			}
		}
		spent.Applied, spent.Item = true, nil
		return spent, s.count(n, p)
	})
}

// count counts a send that nothing refuses.
func (s *Store) count(n *otp.Ledger, p otp.Spend) error {
	n.Sends = slices.Insert(n.Sends, 0, otp.Send{At: p.Now, ID: p.ID})
	n.Sends = n.Sends[:p.Limits.Trim(len(n.Sends))]
	if !p.Limits.Uncounted {
		n.Unanswered++
	}
	n.Answered, n.TTL = cmp.Or(p.Answered, n.Answered), p.TTL
	return s.put(n)
}

// Refund implements [otp.Ledgers].
func (s *Store) Refund(ctx context.Context, key, id string, charged ...guard.Charged) error {
	_, err := in(ctx, s, "refund", func() (struct{}, error) {
		n, err := s.ledger(key)
		if n == nil || err != nil || !n.Counted(id) {
			return struct{}{}, err
		}
		for _, c := range charged {
			if err := (*budgets)(s).Uncharge(ctx, c); err != nil {
				return struct{}{}, err
			}
		}
		n.Sends = slices.DeleteFunc(n.Sends, func(s otp.Send) bool { return s.ID == id })
		n.Unanswered = max(0, n.Unanswered-1) // 0: not counted here, or answered meanwhile
		return struct{}{}, s.put(n)
	})
	return err
}

// Answered implements [otp.Ledgers].
func (s *Store) Answered(ctx context.Context, a otp.Answer) error {
	_, err := in(ctx, s, "answered", func() (struct{}, error) { return struct{}{}, s.clear(a) })
	return err
}

func (s *Store) clear(a otp.Answer) error {
	var ttl int64
	if a.At != 0 {
		ttl = a.At.Add(otp.KnownMemory).Seconds()
	}
	if len(a.Source) == 0 {
		s.answer.SetText(":pk", a.Ledger)
		s.answer.SetInt64(":at", int64(a.At))
		s.answer.SetInt64(":ttl", ttl)
		return step(s.answer)
	}
	n, err := s.ledger(a.Ledger)
	if n == nil || err != nil {
		return err
	}
	n.Unanswered, n.Known = 0, otp.Remember(n.Known, a.Source)
	n.Answered, n.TTL = max(n.Answered, a.At), max(n.TTL, ttl)
	return s.put(n)
}

func (s *Store) ledger(key string) (*otp.Ledger, error) {
	s.findLedger.SetText(":pk", key)
	return one(s.findLedger, readLedger)
}

func (s *Store) put(n *otp.Ledger) error {
	s.putLedger.SetText(":pk", n.Key)
	s.putLedger.SetText(":sends", joinSends(n.Sends))
	s.putLedger.SetInt64(":unanswered", int64(n.Unanswered))
	s.putLedger.SetInt64(":ttl", n.TTL)
	s.putLedger.SetText(":known", joinKnown(n.Known))
	s.putLedger.SetInt64(":answered", int64(n.Answered))
	return step(s.putLedger)
}

// Ledger reads a ledger for an operator; it is nil if there is none.
func (s *Store) Ledger(ctx context.Context, key string) (*otp.Ledger, error) {
	return in(ctx, s, "ledger", func() (*otp.Ledger, error) { return s.ledger(key) })
}

// ClearLedger forgets the messages of a ledger, and keeps its known sources and when it answered.
func (s *Store) ClearLedger(ctx context.Context, key string) error {
	_, err := in(ctx, s, "clear ledger", func() (struct{}, error) {
		n, err := s.ledger(key)
		if n == nil || err != nil {
			return struct{}{}, err
		}
		n.Sends, n.Unanswered = nil, 0
		return struct{}{}, s.put(n)
	})
	return err
}
