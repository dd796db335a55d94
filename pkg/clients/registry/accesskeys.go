package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
)

var errNoAccessKey = errors.New("it would have no access key for its Unimatrix requests: " +
	"client add-access-key gives it one, and client set --unimatrix= ends such requests")

// AddAccessKey gives a client one more access key. The others stay valid unless retire is
// set, which removes them by the same write.
//
// The document of the key is written before the record and removed after it, and a key
// works while both name each other. So a change that breaks off between the two writes
// lets nobody in who could not get in before. To repeat it completes it.
//
// A client from before access keys is found by its id. Without retire, its id becomes an
// access key too, so that its applications go on.
func (g Registry) AddAccessKey(ctx context.Context, id, key string, retire bool) error {
	if _, err := g.Get(ctx, id); err != nil {
		return err
	}
	added, err := g.claim(ctx, id, key)
	if err != nil {
		return clients.Named(id, err)
	}
	own := added
	if !added.IsID && !retire {
		if own, err = g.claimOwn(ctx, id); err != nil {
			return clients.Named(id, err)
		}
	}
	var removed []clients.AccessKey
	err = g.Edit(ctx, id, func(r *clients.Record) error {
		removed = nil
		keys := r.AccessKeys
		if r.FoundByID() && own.IsID && !added.IsID {
			keys = []clients.AccessKey{own}
		}
		if r.HasAccessKey(added.Digest) && !retire {
			return nil // a repetition
		}
		if retire {
			removed, keys = without(keys, added.Digest), nil
		}
		r.AccessKeys = append([]clients.AccessKey{added}, without(keys, added.Digest)...)
		return nil
	})
	if err != nil {
		return err
	}
	return clients.Named(id, g.release(ctx, id, removed))
}

// claimOwn claims the id of a client from before access keys as an access key. It returns
// nothing for any other client.
func (g Registry) claimOwn(ctx context.Context, id string) (clients.AccessKey, error) {
	r, err := g.Get(ctx, id)
	if err != nil || !r.FoundByID() {
		return clients.AccessKey{}, err
	}
	return g.claim(ctx, id, id)
}

// RemoveAccessKey removes the access key with a fingerprint from a client. It refuses to
// remove the only key of a client that may send Unimatrix requests.
func (g Registry) RemoveAccessKey(ctx context.Context, id, fingerprint string) error {
	var removed []clients.AccessKey
	err := g.Edit(ctx, id, func(r *clients.Record) error {
		removed = nil
		kept := []clients.AccessKey{}
		for _, k := range r.AccessKeys {
			if k.Digest.Fingerprint() == fingerprint {
				removed = append(removed, k)
			} else {
				kept = append(kept, k)
			}
		}
		if removed == nil {
			// without the argument, which could be the key itself
			return fmt.Errorf("access key of this fingerprint, of 8 characters: %w", documents.ErrNotFound)
		}
		r.AccessKeys = kept
		return nil
	})
	if err != nil {
		return err
	}
	return clients.Named(id, g.release(ctx, id, removed))
}

// Owner returns the record of the client that an access key finds, and the key's digest.
func (g Registry) Owner(ctx context.Context, key string) (clients.Record, documents.Digest, error) {
	if err := CheckAccessKey(key); err != nil {
		return clients.Record{}, "", err
	}
	digests := g.digests()
	r, found, err := digests.Owner(ctx, key)
	if err == nil && !found {
		err = fmt.Errorf("access key: %w", documents.ErrNotFound)
	}
	if err != nil {
		return clients.Record{}, "", err
	}
	digest, _, err := digests.Of(ctx, key)
	return r, digest, err
}

// claim writes the document of a client's access key, and returns the key for its record.
// A document that a broken-off change left behind is replaced.
func (g Registry) claim(ctx context.Context, id, key string) (clients.AccessKey, error) {
	if err := CheckAccessKey(key); err != nil {
		return clients.AccessKey{}, err
	}
	digest, err := g.digest(ctx, key)
	if err != nil {
		return clients.AccessKey{}, err
	}
	switch r, _, err := g.Owner(ctx, key); {
	case errors.Is(err, documents.ErrNotFound):
	case err != nil:
		return clients.AccessKey{}, err
	case r.ID != id:
		return clients.AccessKey{}, fmt.Errorf("the access key of client %q: %w", r.ID, documents.ErrExists)
	}
	added := clients.AccessKey{Digest: digest, Added: g.now(), IsID: key == id}
	text, err := documents.Encode(clients.AccessKeyDocument{Client: id, Added: added.Added})
	if err != nil {
		return clients.AccessKey{}, err
	}
	return added, g.write(ctx, clients.AccessKeyDocumentKey(digest), text)
}

// digest returns the digest of an access key. The first one makes the key of all digests.
func (g Registry) digest(ctx context.Context, key string) (documents.Digest, error) {
	digests, random := g.digests(), make([]byte, 32)
	if _, err := io.ReadFull(g.Rand, random); err != nil {
		return "", fmt.Errorf("random bytes: %w", err)
	}
	if err := digests.Make(ctx, random, g.now()); err != nil {
		return "", err
	}
	digest, some, err := digests.Of(ctx, key)
	if err == nil && !some {
		err = errors.New("the key of the access keys' digests was removed meanwhile; try again")
	}
	return digest, err
}

// write writes a document, whatever its revision.
func (g Registry) write(ctx context.Context, key string, text []byte) error {
	_, revision, err := g.Table.Get(ctx, key)
	if err != nil {
		return err
	}
	ok, err := g.Table.Put(ctx, key, text, revision)
	if err == nil && !ok {
		err = errors.New("somebody else changed the access key at the same time; try again")
	}
	return err
}

// release removes the documents of access keys that the client's record no longer has.
// They let nobody in, so that an error leaves no more than a document without a use.
func (g Registry) release(ctx context.Context, id string, keys []clients.AccessKey) error {
	var errs []error
	for _, k := range keys {
		if err := g.releaseOne(ctx, id, clients.AccessKeyDocumentKey(k.Digest)); err != nil {
			errs = append(errs, fmt.Errorf("access key %v works no more, but its document is left: %w", k.Digest, err))
		}
	}
	return errors.Join(errs...)
}

// releaseOne removes the document of an access key, unless another client has the key by now.
func (g Registry) releaseOne(ctx context.Context, id, key string) error {
	text, revision, err := g.Table.Get(ctx, key)
	if err != nil || revision == 0 {
		return err
	}
	if d, err := clients.ParseAccessKeyDocument(text); err == nil && d.Client != id {
		return nil
	}
	_, err = g.Table.Delete(ctx, key, revision) // if it was not deleted, another client has the key
	return err
}

func (g Registry) digests() *clients.Digests {
	return &clients.Digests{Table: g.Table, Sealer: g.Sealer}
}

func without(keys []clients.AccessKey, digest documents.Digest) []clients.AccessKey {
	return slices.DeleteFunc(slices.Clone(keys), func(k clients.AccessKey) bool { return k.Digest == digest })
}

// CheckAccessKey returns an error if key cannot be an access key. The error does not quote
// the key.
func CheckAccessKey(key string) error {
	switch blank := func(r rune) bool { return unicode.IsSpace(r) || r == '\ufeff' }; {
	case key == "":
		return errors.New("the access key is empty")
	case !clients.ValidID(key):
		return errors.New("the access key must have 1 to 64 characters in one line, none of them a control character")
	case strings.TrimFunc(key, blank) != key:
		return errors.New("the access key begins or ends with white space: remove that")
	}
	return nil
}
