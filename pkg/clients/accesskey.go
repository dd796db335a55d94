package clients

import (
	"context"
	"fmt"
	"strings"
	"time"

	"countersign/pkg/documents"
)

// namePrefix begins the name of an access key. No id has a control character.
const namePrefix = "\x00"

// AccessKeyName returns the name of an access key. The name of an id is the id itself. A
// [Cache] keeps both by their names.
func AccessKeyName(key string) string { return namePrefix + key }

// FindName finds the client of a name.
func (l Lookup) FindName(ctx context.Context, name string) (*Client, error) {
	if key, ok := strings.CutPrefix(name, namePrefix); ok {
		return l.FindAccessKey(ctx, key)
	}
	return l.Find(ctx, name)
}

// FindAccessKey implements [Directory]. It costs two reads, and one more at first, for the
// key of the digests.
func (l Lookup) FindAccessKey(ctx context.Context, key string) (*Client, error) {
	if !ValidID(key) {
		return nil, nil
	}
	r, found, err := l.Digests.Owner(ctx, key)
	if err != nil || !found {
		return nil, err
	}
	return l.client(ctx, r)
}

// AccessKeyDocument is the document of an access key, under [AccessKeyDocumentKey].
type AccessKeyDocument struct {
	Client string    `json:"client"` // the id of the client that has the key
	Added  time.Time `json:"added"`
}

// ParseAccessKeyDocument reads the document of an access key.
func ParseAccessKeyDocument(text []byte) (d AccessKeyDocument, err error) {
	if err := documents.Decode(text, &d); err != nil {
		return d, fmt.Errorf("its document cannot be read: %w", err)
	}
	return d, nil
}

// AccessKeyDocumentKey returns the key of an access key's document.
func AccessKeyDocumentKey(digest documents.Digest) string { return "accesskey#" + string(digest) }

// Owner returns the record of the client that an access key finds.
//
// The document of the key and the record must name each other, so that nothing that a
// change left behind when it broke off lets anybody in. A key without a document may be
// the id of a client from before access keys.
func (d *Digests) Owner(ctx context.Context, key string) (r Record, found bool, err error) {
	digest, some, err := d.Of(ctx, key)
	if err != nil {
		return Record{}, false, err
	}
	if some {
		r, found, err := owner(ctx, d.Table, digest)
		if err != nil || found {
			return r, found, err
		}
	}
	r, found, err = ReadRecord(ctx, d.Table, key)
	if err != nil || !found || !r.FoundByID() {
		return Record{}, false, err
	}
	return r, true, nil
}

// owner returns the record of the client that has the access key with a digest.
func owner(ctx context.Context, t documents.Table, digest documents.Digest) (r Record, found bool, err error) {
	text, revision, err := t.Get(ctx, AccessKeyDocumentKey(digest))
	if err != nil {
		return Record{}, false, fmt.Errorf("read an access key: %w", err)
	}
	if revision == 0 {
		return Record{}, false, nil
	}
	d, err := ParseAccessKeyDocument(text)
	if err != nil {
		return Record{}, false, fmt.Errorf("access key %v: %w", digest, err)
	}
	r, found, err = ReadRecord(ctx, t, d.Client)
	if err != nil || !found || !r.HasAccessKey(digest) {
		return Record{}, false, err
	}
	return r, true, nil
}
