package clients

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"countersign/pkg/signature"
)

// Registry keeps clients in a table: read by requests through a [Cache], and
// changed by administrators. It holds no state. Its methods may be called
// concurrently, by several processes too; a change is on top of all others.
//
// Errors of names that are not there, or already are, wrap [ErrNotFound] and
// [ErrExists].
type Registry struct {
	Table    Table
	Sealer   Sealer
	Defaults Defaults
	Now      func() time.Time
}

// Find returns a client as the table has it at this moment, and nil where it is
// unknown or disabled. A record that cannot be understood is an error: nobody is
// let in on half of one. It costs one read.
func (g Registry) Find(ctx context.Context, id string) (*Client, error) {
	if !ValidID(id) {
		return nil, nil
	}
	text, revision, err := g.Table.Get(ctx, clientKey(id))
	switch {
	case err != nil:
		return nil, fmt.Errorf("read a client: %w", err) // not which: a caller may have invented it
	case revision == 0:
		return nil, nil
	}
	r, err := g.read(id, text)
	if err != nil || r.Status == StatusDisabled {
		return nil, err
	}
	return r.Client(ctx, g.Defaults, g.Sealer)
}

// Get returns a client's record.
func (g Registry) Get(ctx context.Context, id string) (Record, error) {
	text, revision, err := g.Table.Get(ctx, clientKey(id))
	if err == nil && revision == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return Record{}, named(id, err)
	}
	return g.read(id, text)
}

// read returns the record of a client from its text.
func (g Registry) read(id string, text []byte) (Record, error) {
	r, err := parseRecord(text)
	if err == nil && r.ID != id {
		err = fmt.Errorf("the record under this id says that it is of client %q", r.ID)
	}
	return r, named(id, err)
}

// write returns the text of a record, which must be right in every field.
func (g Registry) write(r Record, fits languages) ([]byte, error) {
	if _, err := r.parse(g.Defaults, fits); err != nil {
		return nil, err
	}
	return encode(r)
}

// named says which client an error is about.
func named(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("client %q: %w", id, err)
}

// Add adds a client, with its HMAC secret where it is to have one, nil where not;
// secrets that the record itself brings are left out. Without a status it is
// active, and keys without a version count on from the highest given.
func (g Registry) Add(ctx context.Context, r Record, secret []byte) error {
	r.Added = g.now()
	if r.Status == "" {
		r.Status = StatusActive
	}
	err := g.fill(ctx, &r, secret)
	if err != nil {
		return named(r.ID, err)
	}
	text, err := g.write(r, inAll)
	if err == nil {
		err = add(ctx, g.Table, clientKey(r.ID), text)
	}
	return named(r.ID, err)
}

// fill puts the keys and the secret of a new client into the form of records.
func (g Registry) fill(ctx context.Context, r *Record, secret []byte) error {
	r.Keys = slices.Clone(r.Keys)
	for i, k := range r.Keys {
		if k.Version == "" {
			k.Version = next(r.Keys)
		}
		key, err := g.key(k.Version, []byte(k.PEM))
		if err != nil {
			return fmt.Errorf("%s.pem: %w", at("keys", i), err)
		}
		r.Keys[i] = key
	}
	r.Secrets = nil
	if secret == nil {
		return nil
	}
	sealed, err := g.seal(ctx, r.ID, secret)
	r.Secrets = []Secret{sealed}
	return err
}

// List returns all clients in the order of their ids. Records that cannot be read
// are left out, and the error tells them.
func (g Registry) List(ctx context.Context) (all []Record, err error) {
	var broken []error
	err = g.Table.List(ctx, clientPrefix, func(key string, text []byte, _ int64) error {
		r, err := parseRecord(text)
		if err != nil {
			broken = append(broken, fmt.Errorf("%s: %w", key, err))
			return nil
		}
		all = append(all, r)
		return nil
	})
	slices.SortFunc(all, func(a, b Record) int { return strings.Compare(a.ID, b.ID) })
	return all, errors.Join(append(broken, err)...)
}

// Edit changes a client's record. change may run several times, each time on what
// then stands in the table; what it leaves must be right in every field. It cannot
// change the id.
func (g Registry) Edit(ctx context.Context, id string, change func(*Record) error) error {
	return named(id, edit(ctx, g.Table, clientKey(id), func(text []byte) ([]byte, error) {
		r, err := parseRecord(text)
		if err != nil {
			return nil, err
		}
		was, fits := r, inAll
		if err := change(&r); err != nil {
			return nil, err
		}
		if r.ID != id {
			return nil, fmt.Errorf("its id cannot become %q: add a client of that id", r.ID)
		}
		if r.Brand == was.Brand && r.Language == was.Language {
			fits = inOne // to disable a client, or to remove a key, must work whatever its brand
		}
		return g.write(r, fits)
	}))
}

// Enable makes a client known to requests again, as soon as their caches forget
// that it was not.
func (g Registry) Enable(ctx context.Context, id string) error {
	return g.Edit(ctx, id, func(r *Record) error { r.Status = StatusActive; return nil })
}

// Disable makes a client unknown to requests, as soon as their caches forget it.
func (g Registry) Disable(ctx context.Context, id string) error {
	return g.Edit(ctx, id, func(r *Record) error { r.Status = StatusDisabled; return nil })
}

// AddKey adds a public key beside those that a client has, and returns its
// version: the one after the highest, where version is "". text is anything that
// [signature.ParsePublicKey] reads. With retire, the other keys are removed at the
// same moment.
func (g Registry) AddKey(ctx context.Context, id, version string, text []byte, retire bool) (string, error) {
	added := version
	err := g.Edit(ctx, id, func(r *Record) error {
		if version == "" {
			added = next(r.Keys)
		}
		key, err := g.key(added, text)
		if err != nil {
			return err
		}
		if hasKey(*r, added) {
			return fmt.Errorf("key version %s: %w; remove it, or add the key under another version", added, ErrExists)
		}
		if retire {
			r.Keys = nil
		}
		r.Keys = append(r.Keys, key)
		return nil
	})
	return added, err
}

// RemoveKey removes a public key: what it signed is refused as soon as the caches
// forget it.
func (g Registry) RemoveKey(ctx context.Context, id, version string) error {
	return g.Edit(ctx, id, func(r *Record) error {
		if !hasKey(*r, version) {
			return fmt.Errorf("key version %q: %w", version, ErrNotFound)
		}
		r.Keys = slices.DeleteFunc(r.Keys, func(k Key) bool { return k.Version == version })
		return nil
	})
}

// key returns a public key in the form of records.
func (g Registry) key(version string, text []byte) (Key, error) {
	public, err := signature.ParsePublicKey(text)
	if err != nil {
		return Key{}, err
	}
	return Key{Version: version, PEM: signature.FormatPublicKey(public), Added: g.now()}, nil
}

func hasKey(r Record, version string) bool {
	return slices.ContainsFunc(r.Keys, func(k Key) bool { return k.Version == version })
}

// next returns the version after the highest. The first is 1, which the vendors'
// SDKs send where they are told of none.
func next(keys []Key) string {
	highest := 0
	for _, k := range keys {
		highest = max(highest, version(k.Version))
	}
	return strconv.Itoa(highest + 1)
}

// MinSecret and MaxSecret bound an HMAC secret, in bytes. Anyone who has seen one
// signed request can try out shorter ones at leisure.
const (
	MinSecret = 16
	MaxSecret = 256
)

// SetSecret gives a client a new HMAC secret. The one that was the newest stays
// good beside it, until [Registry.RemoveSecret]; one before that does not. Setting
// the newest again changes nothing.
func (g Registry) SetSecret(ctx context.Context, id string, secret []byte) error {
	sealed, err := g.seal(ctx, id, secret)
	if err != nil {
		return named(id, err)
	}
	return g.Edit(ctx, id, func(r *Record) error {
		if g.isNewest(ctx, *r, secret) {
			return nil
		}
		before := r.Secrets[:min(len(r.Secrets), maxSecrets-1)]
		r.Secrets = append([]Secret{sealed}, before...)
		return nil
	})
}

// seal returns a secret in the form of records.
func (g Registry) seal(ctx context.Context, id string, secret []byte) (Secret, error) {
	if n := len(secret); n < MinSecret || n > MaxSecret {
		return Secret{}, fmt.Errorf("the secret has %d bytes, must have %d to %d", n, MinSecret, MaxSecret)
	}
	sealed, err := g.Sealer.Seal(ctx, secret, secretBound(id))
	if err != nil {
		return Secret{}, fmt.Errorf("seal the secret: %w", err)
	}
	return Secret{Sealed(sealed), g.now()}, nil
}

// isNewest reports whether a secret is the newest that a client has. One that
// cannot be opened is another one.
func (g Registry) isNewest(ctx context.Context, r Record, secret []byte) bool {
	if len(r.Secrets) == 0 {
		return false
	}
	plain, err := g.Sealer.Open(ctx, string(r.Secrets[0].Sealed), secretBound(r.ID))
	return err == nil && hmac.Equal(plain, secret)
}

// RemoveSecret removes the oldest of a client's secrets: the one before, which
// ends a rotation, or the only one, which a client in HMAC mode keeps.
func (g Registry) RemoveSecret(ctx context.Context, id string) error {
	return g.Edit(ctx, id, func(r *Record) error {
		if len(r.Secrets) == 0 {
			return fmt.Errorf("secret: %w", ErrNotFound)
		}
		r.Secrets = r.Secrets[:len(r.Secrets)-1]
		return nil
	})
}

// now is a time as records keep it.
func (g Registry) now() time.Time { return g.Now().UTC().Truncate(time.Millisecond) }
