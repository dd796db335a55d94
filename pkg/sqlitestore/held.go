package sqlitestore

import (
	"errors"
	"fmt"
	"slices"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/guard"
)

// heldEntries are the entries that a transaction read or wrote. The calls that share it share them: the entry of a
// country is read and written once for all. Entries are a kilobyte each, so later transactions use their memory again.
type heldEntries struct {
	byKey map[string]*heldEntry
	spare []*heldEntry
	bytes []byte // of the entry that is read or written
}

type heldEntry struct {
	guard.Entry
	there   bool // in the table, or it will be
	changed bool
}

// held returns what a transaction holds under a key. It is the transaction's own: whoever changes it sets changed, and
// there.
func (s *Store) held(key string) (*heldEntry, error) {
	h := s.entries.byKey[key]
	if h == nil {
		h = s.entries.free()
		if err := s.readEntry(key, h); err != nil {
			return nil, err
		}
		s.entries.byKey[key] = h
	}
	return h, nil
}

// entry returns a copy of an entry inside a transaction; it is nil if there is none.
func (s *Store) entry(key string) (*guard.Entry, error) {
	h, err := s.held(key)
	if err != nil || !h.there {
		return nil, err
	}
	e := h.Entry
	return &e, nil
}

// readEntry reads an entry, if it is in the table.
func (s *Store) readEntry(key string, into *heldEntry) error {
	var damaged error
	s.findEntry.SetText(":pk", key)
	_, err := one(s.findEntry, func(stmt *sqlite.Stmt) *heldEntry {
		n := stmt.ColumnLen(0)
		s.entries.bytes = slices.Grow(s.entries.bytes[:0], n)[:n]
		stmt.ColumnBytes(0, s.entries.bytes)
		if into.Entry, damaged = decodeEntry(s.entries.bytes); damaged != nil {
			damaged = fmt.Errorf("pk %s: %w", key, damaged)
		}
		into.Key, into.TTL, into.there = key, stmt.ColumnInt64(1), true
		return into
	})
	return errors.Join(err, damaged)
}

// flushEntries writes the entries that changed, and forgets all.
func (s *Store) flushEntries() error {
	defer s.entries.forget()
	for _, h := range s.entries.byKey {
		if !h.changed {
			continue
		}
		s.entries.bytes = encodeEntry(s.entries.bytes[:0], h.Entry)
		s.writeEntry.SetText(":pk", h.Key)
		s.writeEntry.SetBytes(":entry", s.entries.bytes)
		s.writeEntry.SetInt64(":ttl", h.TTL)
		if err := step(s.writeEntry); err != nil {
			return err
		}
	}
	return nil
}

// free returns an entry that is not in use.
func (all *heldEntries) free() *heldEntry {
	n := len(all.spare)
	if n == 0 {
		return new(heldEntry)
	}
	h := all.spare[n-1]
	all.spare = all.spare[:n-1]
	return h
}

// forget ends the use of all entries.
func (all *heldEntries) forget() {
	for _, h := range all.byKey {
		*h = heldEntry{}
		all.spare = append(all.spare, h)
	}
	clear(all.byKey)
}
