package clients

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// Table keeps documents, each a text under a key with a revision that counts its
// writes from 1; revision 0 is that of no document. It is safe for concurrent
// use, and every method but List is atomic. dynamostore.Documents and
// sqlitestore.Documents are tables, and say more about lost answers.
type Table interface {
	// Get returns the document as it is at this moment, revision 0 for none.
	Get(ctx context.Context, key string) (text []byte, revision int64, err error)
	// Put writes a document over the revision was, and Delete removes it; ok is
	// false where another revision stands there. An error leaves open whether
	// anything was done.
	Put(ctx context.Context, key string, text []byte, was int64) (ok bool, err error)
	Delete(ctx context.Context, key string, was int64) (ok bool, err error)
	// List calls each with every document whose key begins with prefix, and
	// returns its first error.
	List(ctx context.Context, prefix string, each func(key string, text []byte, revision int64) error) error
}

// Traffic counts requests.
type Traffic interface {
	// Take counts n under key in a window, where that makes at most limit, and
	// reports whether it did. However many calls there are at once, no window
	// grants more. ttl is when the counter may be swept, in seconds since 1970.
	Take(ctx context.Context, key string, window int64, n, limit int, ttl int64) (ok bool, err error)
}

// Sealer encrypts what must not be read from a dump of the table. It is safe for
// concurrent use. Package keyring has one.
type Sealer interface {
	// Seal returns plain encrypted under the newest key and tied to bound.
	Seal(ctx context.Context, plain []byte, bound string) (string, error)
	// Open returns what was sealed with the same bound, under a key that is still
	// held.
	Open(ctx context.Context, sealed, bound string) ([]byte, error)
}

var (
	// ErrNotFound: there is nothing of that name.
	ErrNotFound = errors.New("not found")
	// ErrExists: there is already one of that name.
	ErrExists = errors.New("already there")
)

const (
	clientPrefix = "client#"
	userPrefix   = "user#"
	tokenPrefix  = "token#"
)

// Ids are escaped inside keys: none can hold the "#" between the parts, so no two
// make one key.
func clientKey(client string) string     { return clientPrefix + url.QueryEscape(client) }
func usersOf(client string) string       { return userPrefix + url.QueryEscape(client) + "#" }
func userKey(client, user string) string { return usersOf(client) + url.QueryEscape(user) }

// userOf returns the key of a user of the client that a token belongs to.
func userOf(tokenKey, user string) (key string, ok bool) {
	rest, ok := strings.CutPrefix(tokenKey, tokenPrefix)
	escaped, _, whole := strings.Cut(rest, "#")
	client, err := url.QueryUnescape(escaped)
	return userKey(client, user), ok && whole && err == nil
}

// tries is how often a change begins anew because somebody else was faster. Each
// time one of them gets through, so it is how many may edit one document at once.
const tries = 100

// edit changes a document, whole and on top of all that others change at the same
// time. change may run several times.
func edit(ctx context.Context, t Table, key string, change func(text []byte) ([]byte, error)) error {
	for range tries {
		was, revision, err := t.Get(ctx, key)
		if err != nil {
			return err
		}
		if revision == 0 {
			return ErrNotFound
		}
		text, err := change(was)
		if err != nil || bytes.Equal(text, was) {
			return err
		}
		if ok, err := t.Put(ctx, key, text, revision); ok || err != nil {
			return err
		}
	}
	return fmt.Errorf("it was changed by others %d times meanwhile; try again", tries)
}

// add writes a document where there is none.
func add(ctx context.Context, t Table, key string, text []byte) error {
	_, revision, err := t.Get(ctx, key) // Put alone would take the same text for a lost answer
	if err != nil {
		return err
	}
	ok := false
	if revision == 0 {
		ok, err = t.Put(ctx, key, text, 0)
	}
	if err == nil && !ok {
		err = ErrExists
	}
	return err
}

// remove deletes a document, whatever its revision.
func remove(ctx context.Context, t Table, key string) error {
	for try := range tries {
		_, revision, err := t.Get(ctx, key)
		switch {
		case err != nil:
			return err
		case revision == 0 && try == 0:
			return ErrNotFound
		case revision == 0: // the refusal met our own deletion, or somebody else's
			return nil
		}
		if ok, err := t.Delete(ctx, key, revision); ok || err != nil {
			return err
		}
	}
	return fmt.Errorf("it was changed by others %d times meanwhile; try again", tries)
}
