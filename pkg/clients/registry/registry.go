// Package registry changes the clients in a table and their users, for the operator. Requests read
// them through [clients.Lookup] and [users.Directory].
package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
	"countersign/pkg/guard"
)

// Registry adds, lists and edits clients. It holds no state. Its methods may be
// called concurrently, by several processes too, and no edit is lost.
//
// Errors wrap [documents.ErrNotFound] if a client, key or secret does not exist, and
// [documents.ErrExists] if it already does.
type Registry struct {
	Table    documents.Table
	Sealer   documents.Sealer
	Defaults clients.Defaults // a changed record is checked against these
	Now      func() time.Time
	Rand     io.Reader // crypto/rand.Reader, or a test's own; for the key of the access keys' digests
}

// Get returns a client's record.
func (g Registry) Get(ctx context.Context, id string) (clients.Record, error) {
	r, found, err := clients.ReadRecord(ctx, g.Table, id)
	if err == nil && !found {
		err = clients.Named(id, documents.ErrNotFound)
	}
	return r, err
}

// Add adds a client, with an HMAC secret unless secret is nil, and with access keys.
// Secrets, access keys and test numbers in the record are ignored. An empty status becomes active, and
// keys without a version get the next versions after the highest one.
func (g Registry) Add(ctx context.Context, r clients.Record, secret []byte, accessKeys ...string) error {
	r.Added = g.now()
	if r.Status == "" {
		r.Status = clients.StatusActive
	}
	if r.Guard.Mode == "" {
		r.Guard.Mode = guard.Enforce
	}
	return clients.Named(r.ID, g.add(ctx, r, secret, accessKeys))
}

// add checks the record before it claims the access keys, and claims them before it writes
// the record, see [Registry.AddAccessKey].
func (g Registry) add(ctx context.Context, r clients.Record, secret []byte, accessKeys []string) error {
	if err := g.fill(ctx, &r, secret); err != nil {
		return err
	}
	if err := r.Check(g.Defaults, clients.Writing); err != nil {
		return err
	}
	if r.Unimatrix != "" && len(accessKeys) == 0 {
		return errNoAccessKey
	}
	for _, key := range accessKeys {
		k, err := g.claim(ctx, r.ID, key)
		if err != nil {
			return err
		}
		r.AccessKeys = append(r.AccessKeys, k)
	}
	text, err := g.encode(r, clients.Writing)
	if err == nil {
		err = g.Enrol(ctx, r.RosterNames()...)
	}
	if err != nil {
		return err
	}
	return documents.Add(ctx, g.Table, clients.DocumentKey(r.ID), text)
}

// fill sets the keys and the secret of a new record.
func (g Registry) fill(ctx context.Context, r *clients.Record, secret []byte) error {
	r.Keys = slices.Clone(r.Keys)
	for i, k := range r.Keys {
		if k.Version == "" {
			k.Version = NextVersion(r.Keys)
		}
		key, err := g.key(k.Version, []byte(k.PEM))
		if err != nil {
			return fmt.Errorf("keys[%d].pem: %w", i, err)
		}
		r.Keys[i] = key
	}
	r.Secrets, r.AccessKeys, r.TestNumbers = nil, nil, nil
	if secret == nil {
		return nil
	}
	sealed, err := g.seal(ctx, *r, secret)
	r.Secrets = []clients.Secret{sealed}
	return err
}

// Unreadable is the error of a client whose record cannot be read.
type Unreadable struct {
	Key string // of the record, see [clients.DocumentKey]
	Err error
}

// Error implements error.
func (u Unreadable) Error() string { return u.Key + ": " + u.Err.Error() }

// Unwrap returns the cause.
func (u Unreadable) Unwrap() error { return u.Err }

// List returns all clients in the order of their ids. It leaves out records that
// cannot be read, and its error names them.
func (g Registry) List(ctx context.Context) (all []clients.Record, err error) {
	all, unreadable, err := g.Readable(ctx)
	var broken []error
	for _, u := range unreadable {
		broken = append(broken, u)
	}
	return all, errors.Join(append(broken, err)...)
}

// Readable returns all clients in the order of their ids, and apart from them the records that cannot be read. The
// error is one of the table; then clients may be missing.
func (g Registry) Readable(ctx context.Context) (all []clients.Record, unreadable []Unreadable, err error) {
	err = g.Table.List(ctx, clients.DocumentPrefix, func(key string, text []byte, _ int64) error {
		r, err := clients.ParseRecord(text)
		if err != nil {
			unreadable = append(unreadable, Unreadable{key, err})
			return nil
		}
		all = append(all, r)
		return nil
	})
	slices.SortFunc(all, func(a, b clients.Record) int { return strings.Compare(a.ID, b.ID) })
	return all, unreadable, err
}

// Edit changes a client's record. After a conflict with another edit it calls change
// again, with the newer record. Every field must be right afterwards, and the id
// cannot change.
func (g Registry) Edit(ctx context.Context, id string, change func(*clients.Record) error) error {
	r, err := g.edit(ctx, id, change)
	if err == nil {
		err = g.Enrol(ctx, r.RosterNames()...) // the client may be older than the roster, and an access key be new
	}
	return clients.Named(id, err)
}

// edit returns the record as it is then.
func (g Registry) edit(
	ctx context.Context, id string, change func(*clients.Record) error,
) (now clients.Record, err error) {
	err = documents.Edit(ctx, g.Table, clients.DocumentKey(id), func(text []byte) ([]byte, error) {
		r, err := clients.ParseRecord(text)
		if err != nil {
			return nil, err
		}
		was, why := r, clients.Writing
		if err := change(&r); err != nil {
			return nil, err
		}
		if r.ID != id {
			return nil, fmt.Errorf("its id cannot become %q: add a client of that id", r.ID)
		}
		if sameWords(r, was) {
			why &^= clients.WritingWords // an older, longer brand must not block other edits
		}
		if maps.Equal(r.Senders, was.Senders) {
			why &^= clients.WritingSenders // nor a sender that a newer rule refuses
		}
		now = r
		text, err = g.encode(r, why)
		if err == nil && r.FoundByID() && !was.FoundByID() {
			err = errNoAccessKey
		}
		return text, err
	})
	return now, err
}

// sameWords reports whether a client's messages are those of another record.
func sameWords(r, other clients.Record) bool {
	return r.Brand == other.Brand && r.Language == other.Language && maps.Equal(r.Texts, other.Texts) &&
		r.Autofill() == other.Autofill()
}

// encode returns the document of a record, in which every field must be right.
func (g Registry) encode(r clients.Record, why clients.Occasion) ([]byte, error) {
	if err := r.Check(g.Defaults, why); err != nil {
		return nil, err
	}
	return documents.Encode(r)
}

// Enable lets requests find a client again, once their caches have expired.
func (g Registry) Enable(ctx context.Context, id string) error {
	return g.setStatus(ctx, id, clients.StatusActive)
}

// Disable hides a client from requests, once their caches have expired.
func (g Registry) Disable(ctx context.Context, id string) error {
	return g.setStatus(ctx, id, clients.StatusDisabled)
}

func (g Registry) setStatus(ctx context.Context, id, status string) error {
	return g.Edit(ctx, id, func(r *clients.Record) error { r.Status = status; return nil })
}

// now returns the time in the precision of records.
func (g Registry) now() time.Time { return g.Now().UTC().Truncate(time.Millisecond) }
