package registry

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
)

// MaxRoster is the most names of a roster: its document stays below [documents.MaxText].
const MaxRoster = 12_000

// Enrol puts names into the roster of clients, see [clients.Roster]: a client's id, or another name by which requests
// find it. It writes nothing if they are there. A table without a roster, from a version before it, gets one with all
// clients. A full roster stays as it is: other names are found as long as there is no flood.
func (g Registry) Enrol(ctx context.Context, names ...string) error {
	err := documents.Edit(ctx, g.Table, clients.RosterKey, func(text []byte) ([]byte, error) {
		var r clients.RosterRecord
		if err := documents.Decode(text, &r); err != nil {
			return nil, err
		}
		if !enrol(&r, names) {
			return text, nil
		}
		return documents.Encode(r)
	})
	if errors.Is(err, documents.ErrNotFound) {
		err = g.newRoster(ctx, names)
	}
	if err != nil {
		return fmt.Errorf("write the roster of clients: %w", err)
	}
	return nil
}

// newRoster makes the roster of a table that has none.
func (g Registry) newRoster(ctx context.Context, names []string) error {
	err := g.Table.List(ctx, clients.DocumentPrefix, func(key string, text []byte, _ int64) error {
		id, err := url.QueryUnescape(strings.TrimPrefix(key, clients.DocumentPrefix))
		names = append(names, id)
		if r, unreadable := clients.ParseRecord(text); unreadable == nil {
			names = append(names, r.RosterNames()...)
		}
		return err
	})
	var r clients.RosterRecord
	enrol(&r, names)
	var text []byte
	if err == nil {
		text, err = documents.Encode(r)
	}
	if err == nil {
		err = documents.Add(ctx, g.Table, clients.RosterKey, text)
	}
	if errors.Is(err, documents.ErrExists) { // another command made it meanwhile
		return g.Enrol(ctx, names...)
	}
	return err
}

// enrol adds names to a roster, and reports whether it changed.
func enrol(r *clients.RosterRecord, names []string) (changed bool) {
	for _, name := range names {
		entry := clients.RosterEntry(name)
		i, there := slices.BinarySearch(r.Names, entry)
		if there || len(r.Names) >= MaxRoster {
			continue
		}
		r.Names, changed = slices.Insert(r.Names, i, entry), true
	}
	return changed
}
