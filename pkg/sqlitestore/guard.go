package sqlitestore

import (
	"context"
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"

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
	e, err := s.entry(c.Key)
	if err != nil {
		return guard.Entry{}, false, err
	}
	if e == nil {
		fresh := guard.Fresh(c.Key, c.Kind, c.Hour)
		e = &fresh
	}
	ok := e.Take(c)
	if ok {
		s.putEntry(*e)
	}
	return *e, ok, nil
}

// Uncharge implements [guard.Budgets].
func (b *budgets) Uncharge(_ context.Context, c guard.Charged) error {
	s := (*Store)(b)
	e, err := s.entry(c.Key)
	if e == nil || err != nil {
		return err
	}
	e.GiveBack(c.Hour)
	s.putEntry(*e)
	return nil
}

// admit asks the guard. A message that it refuses writes no entry: what was counted is given back.
func (s *Store) admit(ctx context.Context, m guard.Message) (guard.Verdict, error) {
	before := map[string]*heldEntry{}
	for _, key := range m.Keys() {
		before[key] = s.entries[key]
	}
	v, err := guard.Admit(ctx, (*budgets)(s), m)
	if err != nil || !v.Refused(m.Mode) {
		return v, err
	}
	for key, h := range before {
		if s.entries[key] = h; h == nil {
			delete(s.entries, key) // it is read again
		}
	}
	return v, nil
}

// heldEntries are the entries that a transaction read or wrote. The calls that share it share them: the entry of a
// country is read and written once for all.
type heldEntries map[string]*heldEntry

type heldEntry struct {
	guard.Entry
	there   bool // in the table, or it will be
	changed bool
}

// entry returns an entry inside a transaction; it is nil if there is none.
func (s *Store) entry(key string) (*guard.Entry, error) {
	h := s.entries[key]
	if h == nil {
		var err error
		if h, err = s.readEntry(key); err != nil {
			return nil, err
		}
		s.entries[key] = h
	}
	if !h.there {
		return nil, nil
	}
	e := h.Entry
	return &e, nil
}

// putEntry writes an entry inside a transaction, at its end.
func (s *Store) putEntry(e guard.Entry) { s.entries[e.Key] = &heldEntry{e, true, true} }

func (s *Store) readEntry(key string) (*heldEntry, error) {
	var damaged error
	s.findEntry.SetText(":pk", key)
	h, err := one(s.findEntry, func(stmt *sqlite.Stmt) *heldEntry {
		s.entryBytes = append(s.entryBytes[:0], make([]byte, stmt.ColumnLen(0))...)
		stmt.ColumnBytes(0, s.entryBytes)
		h := &heldEntry{there: true}
		if h.Entry, damaged = decodeEntry(s.entryBytes); damaged != nil {
			damaged = fmt.Errorf("pk %s: %w", key, damaged)
		}
		h.Key, h.TTL = key, stmt.ColumnInt64(1)
		return h
	})
	if err = errors.Join(err, damaged); err != nil {
		return nil, err
	}
	if h == nil {
		h = &heldEntry{}
	}
	return h, nil
}

// flushEntries writes the entries that changed, and forgets all.
func (s *Store) flushEntries() error {
	defer clear(s.entries)
	for _, h := range s.entries {
		if !h.changed {
			continue
		}
		s.entryBytes = encodeEntry(s.entryBytes[:0], h.Entry)
		s.writeEntry.SetText(":pk", h.Key)
		s.writeEntry.SetBytes(":entry", s.entryBytes)
		s.writeEntry.SetInt64(":ttl", h.TTL)
		if err := step(s.writeEntry); err != nil {
			return err
		}
	}
	return nil
}
