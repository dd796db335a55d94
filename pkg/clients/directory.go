package clients

import (
	"context"
	"errors"
	"fmt"
	"net/url"

	"countersign/pkg/documents"
)

// Directory finds clients. It is safe for concurrent use.
type Directory interface {
	// Find returns a client by its id. It returns nil without an error if the id is
	// unknown or the client is disabled. An error, such as [ErrBusy], means that
	// this could not be found out.
	Find(ctx context.Context, id string) (*Client, error)
	// FindAccessKey returns, by the same rules, the client of an access key: the
	// credential of Unimatrix requests.
	FindAccessKey(ctx context.Context, key string) (*Client, error)
}

// ErrBusy means that ids that are not in memory come faster than the table may be
// read for them. The caller should try again in some seconds.
var ErrBusy = errors.New("clients: too many requests for ids that are not in memory; try again in some seconds")

// Static is a directory that never changes. Its names are ids and access keys.
type Static map[string]*Client

// Find implements [Directory].
func (s Static) Find(_ context.Context, id string) (*Client, error) { return s[id], nil }

// FindAccessKey implements [Directory].
func (s Static) FindAccessKey(_ context.Context, key string) (*Client, error) { return s[key], nil }

// Lookup is the directory of the clients in a table. Every call reads the table.
type Lookup struct {
	Table    documents.Table
	Sealer   documents.Sealer
	Defaults Defaults
	Digests  *Digests // of access keys
}

// NewLookup returns the directory of the clients in a table.
func NewLookup(table documents.Table, sealer documents.Sealer, defaults Defaults) Lookup {
	return Lookup{
		Table: table, Sealer: sealer, Defaults: defaults, Digests: &Digests{Table: table, Sealer: sealer},
	}
}

// Find implements [Directory]. A record that cannot be read completely is an error.
func (l Lookup) Find(ctx context.Context, id string) (*Client, error) {
	if !ValidID(id) {
		return nil, nil
	}
	r, found, err := ReadRecord(ctx, l.Table, id)
	if err != nil || !found {
		return nil, err
	}
	return l.client(ctx, r)
}

// client returns the client of a record, or nil if it is disabled.
func (l Lookup) client(ctx context.Context, r Record) (*Client, error) {
	if r.Status == StatusDisabled {
		return nil, nil
	}
	return r.Client(ctx, l.Defaults, l.Sealer)
}

// ReadRecord reads a client's record from a table. found is false if there is none.
func ReadRecord(ctx context.Context, t documents.Table, id string) (r Record, found bool, err error) {
	text, revision, err := t.Get(ctx, DocumentKey(id))
	switch {
	case err != nil:
		return Record{}, false, fmt.Errorf("read a client: %w", err) // without the id: a caller may have invented it
	case revision == 0:
		return Record{}, false, nil
	}
	r, err = ParseRecord(text)
	if err == nil && r.ID != id {
		err = fmt.Errorf("the record under this id is of client %q", r.ID)
	}
	return r, err == nil, Named(id, err)
}

// DocumentPrefix begins the key of every client's document.
const DocumentPrefix = "client#"

// DocumentKey returns the key of a client's document. The id is escaped, so that no
// two ids have the same key.
func DocumentKey(id string) string { return DocumentPrefix + url.QueryEscape(id) }

// Named adds the client's id to an error.
func Named(id string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("client %q: %w", id, err)
}
