package clients

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"countersign/pkg/documents"
)

// RosterKey is the key of the roster's document. It is not under [DocumentPrefix], so that no list of clients has it.
const RosterKey = "roster#clients"

// Roster is the set of names under which clients are found. One read of one document returns all of them, so that
// during a flood of invented names a process can tell those that may exist from all others.
//
// It holds a short digest of each name: of an id, and of the digest of an access key, which is made under a key. A
// name that is in the roster may still be unknown; a name that is missing is not found during a flood only. So a roster
// needs no removals.
type Roster map[string]struct{}

// Has reports whether a client may have this name.
func (r Roster) Has(name string) bool {
	_, ok := r[RosterEntry(name)]
	return ok
}

// RosterEntry returns the digest that stands for a name: 64 bits, as 16 hexadecimal digits. Nobody gains by another
// name with the same digest: it is looked up, and not found.
func RosterEntry(name string) string {
	sum := sha256.Sum256([]byte("roster#" + name))
	return hex.EncodeToString(sum[:8])
}

// RosterNames returns the names by which the roster has the client: its id and those of its access keys.
func (r Record) RosterNames() []string {
	names := []string{r.ID}
	for _, k := range r.AccessKeys {
		names = append(names, rosterName(k.Digest))
	}
	return names
}

// rosterName returns the name of an access key in the roster. No id has a control character.
func rosterName(digest documents.Digest) string { return namePrefix + string(digest) }

// RosterRecord is a roster at rest. Entries are sorted.
type RosterRecord struct {
	Names []string `json:"names"`
}

// ReadRoster returns a function that reads the roster of a table, empty if it has none. further are names that every
// roster of this function has.
func ReadRoster(t documents.Table, further ...string) func(context.Context) (Roster, error) {
	return func(ctx context.Context) (Roster, error) {
		text, revision, err := t.Get(ctx, RosterKey)
		if err != nil {
			return nil, fmt.Errorf("read the roster of clients: %w", err)
		}
		var record RosterRecord
		if revision != 0 {
			if err := documents.Decode(text, &record); err != nil {
				return nil, fmt.Errorf("the roster of clients cannot be read: %w", err)
			}
		}
		roster := make(Roster, len(record.Names)+len(further))
		for _, entry := range record.Names {
			roster[entry] = struct{}{}
		}
		for _, name := range further {
			roster[RosterEntry(name)] = struct{}{}
		}
		return roster, nil
	}
}
