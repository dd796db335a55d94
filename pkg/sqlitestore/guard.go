package sqlitestore

import (
	"context"
	"slices"

	"countersign/pkg/guard"
)

var (
	_ guard.Budgets = (*Store)(nil)
	_ guard.Reader  = (*Store)(nil)
)

const (
	findEntryQuery = `SELECT entry, ttl FROM guard WHERE pk = :pk`
	putEntryQuery  = `INSERT INTO guard (pk, entry, ttl) VALUES (:pk, :entry, :ttl)
ON CONFLICT (pk) DO UPDATE SET entry = :entry, ttl = :ttl`
)

// Charge implements [guard.Budgets].
func (s *Store) Charge(ctx context.Context, c guard.Charge) (guard.Entry, bool, error) {
	type charged struct {
		guard.Entry
		applied bool
	}
	got, err := in(ctx, s, "charge", func() (out charged, err error) {
		out.Entry, out.applied, err = (*budgets)(s).Charge(ctx, c)
		return out, err
	})
	return got.Entry, got.applied, err
}

// Uncharge implements [guard.Budgets].
func (s *Store) Uncharge(ctx context.Context, c guard.Charged) error {
	_, err := in(ctx, s, "uncharge", func() (struct{}, error) {
		return struct{}{}, (*budgets)(s).Uncharge(ctx, c)
	})
	return err
}

// Entries implements [guard.Reader].
func (s *Store) Entries(ctx context.Context, keys []string) ([]guard.Entry, error) {
	return in(ctx, s, "entries", func() (all []guard.Entry, err error) {
		for _, key := range keys {
			e, err := s.entry(key)
			if err != nil {
				return nil, err
			}
			if e != nil {
				all = append(all, *e)
			}
		}
		return all, nil
	})
}

// budgets are the entries of a store, inside a transaction of its writer.
type budgets Store

// Charge implements [guard.Budgets].
func (b *budgets) Charge(_ context.Context, c guard.Charge) (guard.Entry, bool, error) {
	s := (*Store)(b)
	h, err := s.held(c.Key)
	if err != nil {
		return guard.Entry{}, false, err
	}
	s.earlier = append(s.earlier, earlierEntry{h, *h})
	if !h.there {
		h.Entry = guard.Fresh(c.Key, c.Kind, c.Hour)
	}
	ok := h.Take(c)
	e := h.Entry
	if ok {
		h.there, h.changed = true, true
	} else {
		s.takeBack(len(s.earlier) - 1)
	}
	return e, ok, nil
}

// Uncharge implements [guard.Budgets].
func (b *budgets) Uncharge(_ context.Context, c guard.Charged) error {
	h, err := (*Store)(b).held(c.Key)
	if err != nil || !h.there {
		return err
	}
	h.GiveBack(c.Hour)
	h.changed = true
	return nil
}

// admit asks the guard. A message that it refuses writes no entry: what was counted is given back.
func (s *Store) admit(ctx context.Context, m guard.Message) (guard.Verdict, error) {
	s.earlier = s.earlier[:0]
	v, err := guard.Admit(ctx, (*budgets)(s), m)
	if err == nil && v.Refused(m.Mode) {
		s.takeBack(0)
	}
	return v, err
}

// earlierEntry is an entry as it was before a charge.
type earlierEntry struct {
	of  *heldEntry
	was heldEntry
}

// takeBack undoes the latest charges, those from the n-th on.
func (s *Store) takeBack(n int) {
	for _, e := range slices.Backward(s.earlier[n:]) {
		*e.of = e.was
	}
	s.earlier = s.earlier[:n]
}
