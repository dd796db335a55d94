package clients

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"countersign/pkg/documents"
)

// Digests makes the digests of access keys, and of others that are looked up: HMAC-SHA256 under
// a key of the table's own, which is sealed under the keyring. A plain digest would protect a
// random access key, but an operator may bring a short one, which a thief of the table could
// find by trying. The key is made once and never changes, since nobody could make the digests
// anew.
//
// It is safe for concurrent use, and keeps the key in memory.
type Digests struct {
	Table  documents.Table
	Sealer documents.Sealer
	// Name is that of the key, such as "password"; "" is the one of access keys.
	Name string

	key atomic.Pointer[[]byte]
}

// DigestKeyPrefix begins the keys of the documents of [Digests].
const DigestKeyPrefix = "digestkey#"

// document returns the key of the document that has the key of the digests.
func (d *Digests) document() string { return DigestKeyPrefix + cmp.Or(d.Name, "access") }

// DigestKeyDocument is the document of [Digests].
type DigestKeyDocument struct {
	Sealed documents.Sealed `json:"sealed"`
	Added  time.Time        `json:"added"`
}

// Of returns the digest of an access key. ok is false if the table has no key for these digests,
// and so no access key.
func (d *Digests) Of(ctx context.Context, accessKey string) (digest documents.Digest, ok bool, err error) {
	if err := d.load(ctx); err != nil {
		return "", false, err
	}
	digest, ok = d.inMemory(accessKey)
	return digest, ok, nil
}

// load reads the key, unless it is in memory.
func (d *Digests) load(ctx context.Context) error {
	if d == nil || d.key.Load() != nil {
		return nil
	}
	key, err := d.read(ctx)
	if err == nil && key != nil {
		d.key.Store(key)
	}
	return err
}

// inMemory returns the digest of an access key if the key is in memory.
func (d *Digests) inMemory(accessKey string) (digest documents.Digest, ok bool) {
	if d == nil || d.key.Load() == nil {
		return "", false
	}
	mac := hmac.New(sha256.New, *d.key.Load())
	mac.Write([]byte(accessKey))
	return documents.Digest(hex.EncodeToString(mac.Sum(nil))), true
}

// read reads the key, or returns nil if there is none.
func (d *Digests) read(ctx context.Context) (*[]byte, error) {
	text, revision, err := d.Table.Get(ctx, d.document())
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", d.document(), err)
	}
	if revision == 0 {
		return nil, nil
	}
	var doc DigestKeyDocument
	if err := documents.Decode(text, &doc); err != nil {
		return nil, fmt.Errorf("%s cannot be read: %w", d.document(), err)
	}
	key, err := d.Sealer.Open(ctx, string(doc.Sealed), d.document())
	if err != nil {
		return nil, fmt.Errorf("the key of digests cannot be opened: "+
			"bring back the keyring that it was sealed under; if that is lost, remove the document %s "+
			"from the clients' table, and give each client a new access key, or each user a new password: %w",
			d.document(), err)
	}
	return &key, nil
}

// Make makes the key of the digests, unless the table has one.
func (d *Digests) Make(ctx context.Context, random []byte, now time.Time) error {
	if err := d.load(ctx); err != nil || d.key.Load() != nil {
		return err
	}
	sealed, err := d.Sealer.Seal(ctx, random, d.document())
	if err != nil {
		return fmt.Errorf("seal %s: %w", d.document(), err)
	}
	text, err := documents.Encode(DigestKeyDocument{Sealed: documents.Sealed(sealed), Added: now})
	if err != nil {
		return err
	}
	err = documents.Add(ctx, d.Table, d.document(), text)
	if errors.Is(err, documents.ErrExists) {
		return nil // another process was first
	}
	return err
}
