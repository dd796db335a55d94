package documents

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// Table keeps documents: texts under keys, each with a revision that counts its
// writes from 1. Revision 0 means that there is no document. A table is safe for
// concurrent use, and every method but List is atomic. dynamostore.Documents and
// sqlitestore.Documents are tables; their methods document lost answers.
type Table interface {
	// Get returns the document as it is at this moment, or revision 0.
	Get(ctx context.Context, key string) (text []byte, revision int64, err error)
	// Put writes a document over the revision was, and Delete removes it. ok is
	// false if the table holds another revision. After an error the change may or
	// may not have been made.
	Put(ctx context.Context, key string, text []byte, was int64) (ok bool, err error)
	Delete(ctx context.Context, key string, was int64) (ok bool, err error)
	// List calls each for every document whose key begins with prefix, and stops
	// at the first error of each.
	List(ctx context.Context, prefix string, each func(key string, text []byte, revision int64) error) error
}

var (
	// ErrNotFound means that no document has this key.
	ErrNotFound = errors.New("not found")
	// ErrExists means that the key already has a document.
	ErrExists = errors.New("already there")
)

// tries bounds how often a change starts again after another writer won. Each
// round one writer succeeds, so up to this many may change one document at once.
const tries = 100

var errContended = fmt.Errorf("other writers changed it %d times meanwhile; try again", tries)

// Upsert changes a document or makes it: revision 0 means that there is none. It loses no change that others make at
// the same time: after a conflict it calls change again, with the newer text. It writes nothing if change returns nil.
func Upsert(
	ctx context.Context, t Table, key string, change func(was []byte, revision int64) (text []byte, err error),
) error {
	for range tries {
		was, revision, err := t.Get(ctx, key)
		if err != nil {
			return err
		}
		text, err := change(was, revision)
		if err != nil || text == nil {
			return err
		}
		if ok, err := t.Put(ctx, key, text, revision); ok || err != nil {
			return err
		}
	}
	return errContended
}

// Edit is [Upsert] for a document that there must be, else it returns [ErrNotFound]. It writes nothing if change
// returns the text that it was given.
func Edit(ctx context.Context, t Table, key string, change func(text []byte) ([]byte, error)) error {
	return Upsert(ctx, t, key, func(was []byte, revision int64) ([]byte, error) {
		if revision == 0 {
			return nil, ErrNotFound
		}
		text, err := change(was)
		if bytes.Equal(text, was) {
			text = nil
		}
		return text, err
	})
}

// Add writes a new document. It returns [ErrExists] if the key already has one.
func Add(ctx context.Context, t Table, key string, text []byte) error {
	_, revision, err := t.Get(ctx, key) // Put alone accepts an equal text, as a repeated write of its own
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

// Remove deletes a document, whatever its revision. It returns [ErrNotFound] if
// there is none.
func Remove(ctx context.Context, t Table, key string) error {
	for try := range tries {
		_, revision, err := t.Get(ctx, key)
		switch {
		case err != nil:
			return err
		case revision == 0 && try == 0:
			return ErrNotFound
		case revision == 0: // our own delete was repeated, or somebody else deleted it
			return nil
		}
		if ok, err := t.Delete(ctx, key, revision); ok || err != nil {
			return err
		}
	}
	return errContended
}
