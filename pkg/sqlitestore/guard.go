package sqlitestore

import (
	"context"
	"errors"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/guard"
)

var _ guard.Budgets = (*Store)(nil)

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

// Entry reads the entry under a key, for an operator; it is nil if there is none.
func (s *Store) Entry(ctx context.Context, key string) (*guard.Entry, error) {
	return in(ctx, s, "entry", func() (*guard.Entry, error) { return s.entry(key) })
}

// Entries reads those entries that there are under the keys, in the order of the keys, for an operator.
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
	e, err := s.entry(c.Key)
	if err != nil {
		return guard.Entry{}, false, err
	}
	if e == nil {
		fresh := guard.Fresh(c.Key, c.Kind, c.Hour)
		e = &fresh
	}
	changes := e.TTL == 0 || !e.Current(c) || e.Label == nil && c.Label != nil
	ok := e.Take(c)
	if ok || changes {
		err = s.putEntry(*e)
	}
	return *e, ok, err
}

// Uncharge implements [guard.Budgets].
func (b *budgets) Uncharge(_ context.Context, c guard.Charged) error {
	s := (*Store)(b)
	e, err := s.entry(c.Key)
	if e == nil || err != nil {
		return err
	}
	e.GiveBack(c.Hour)
	return s.putEntry(*e)
}

// entry reads an entry inside a transaction; it is nil if there is none.
func (s *Store) entry(key string) (*guard.Entry, error) {
	var damaged error
	s.findEntry.SetText(":pk", key)
	e, err := one(s.findEntry, func(stmt *sqlite.Stmt) *guard.Entry {
		s.entryBytes = append(s.entryBytes[:0], make([]byte, stmt.ColumnLen(0))...)
		stmt.ColumnBytes(0, s.entryBytes)
		var e guard.Entry
		e, damaged = decodeEntry(s.entryBytes)
		e.Key, e.TTL = key, stmt.ColumnInt64(1)
		return &e
	})
	if err = errors.Join(err, damaged); err != nil {
		return nil, err
	}
	return e, nil
}

// putEntry writes an entry inside a transaction.
func (s *Store) putEntry(e guard.Entry) error {
	s.entryBytes = encodeEntry(s.entryBytes[:0], e)
	s.writeEntry.SetText(":pk", e.Key)
	s.writeEntry.SetBytes(":entry", s.entryBytes)
	s.writeEntry.SetInt64(":ttl", e.TTL)
	return step(s.writeEntry)
}
