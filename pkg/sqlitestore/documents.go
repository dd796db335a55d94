package sqlitestore

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"zombiezen.com/go/sqlite"

	"countersign/pkg/documents"
)

const (
	findDocumentQuery    = `SELECT pk, doc, rev FROM documents WHERE pk = :pk`
	addDocumentQuery     = `INSERT INTO documents (pk, doc, rev) VALUES (:pk, :doc, 1) ON CONFLICT DO NOTHING`
	replaceDocumentQuery = `UPDATE documents SET doc = :doc, rev = rev + 1 WHERE pk = :pk AND rev = :was`
	deleteDocumentQuery  = `DELETE FROM documents WHERE pk = :pk AND rev = :was`
	pageQuery            = `SELECT pk, doc, rev FROM documents WHERE pk >= :from ORDER BY pk LIMIT :limit`
)

// Documents keeps configuration documents (clients, users) in the file of a [Store]. A
// document is a text under a key, with a revision that counts its writes from 1. Each
// method but List is atomic, also among several processes that have the file open: a
// write of one is visible to all at once. It is safe for concurrent use until the store
// is closed.
type Documents struct {
	store                            *Store
	find, add, replace, remove, page *sqlite.Stmt
}

// Documents returns the documents in the store's file.
func (s *Store) Documents() documents.Table { return &s.documents }

// Get returns the text under key and its revision. Without a document it returns nil
// and 0.
func (d *Documents) Get(ctx context.Context, key string) ([]byte, int64, error) {
	if err := documents.CheckKey(key); err != nil {
		return nil, 0, err
	}
	got, err := in(ctx, d.store, "get", func() (*document, error) { return d.standing(key) })
	if got == nil || err != nil {
		return nil, 0, err
	}
	return got.text, got.revision, nil
}

// Put writes a text of at most [documents.MaxText] bytes of UTF-8 under key, as revision
// was+1, if the stored revision is was; 0 means that there is none. If it is another, ok
// is false and nothing is written. If the same text is stored as revision was+1 already,
// ok is true: after an error, which leaves open whether the text was written, the same
// call can be made again.
func (d *Documents) Put(ctx context.Context, key string, doc []byte, was int64) (ok bool, err error) {
	if err := errors.Join(documents.CheckKey(key), documents.CheckText(doc)); err != nil {
		return false, err
	}
	return in(ctx, d.store, "put", func() (bool, error) {
		if ok, err := d.write(key, string(doc), was); ok || err != nil {
			return ok, err
		}
		there, err := d.standing(key)
		return there != nil && there.revision == was+1 && bytes.Equal(there.text, doc), err
	})
}

func (d *Documents) write(key, doc string, was int64) (ok bool, err error) {
	stmt := d.add
	if was != 0 {
		stmt = d.replace
		stmt.SetInt64(":was", was)
	}
	stmt.SetText(":pk", key)
	stmt.SetText(":doc", doc)
	err = step(stmt)
	return err == nil && d.store.conn.Changes() > 0, err
}

// Delete removes the document under key if its revision is was. If it is another, or
// there is no document, ok is false and nothing is removed; a call that is repeated
// after an unknown outcome returns that too. A new document under the key begins at
// revision 1 again, so a writer that holds a revision of the old one may match it:
// switch off a document, rather than delete it, where that would do harm.
func (d *Documents) Delete(ctx context.Context, key string, was int64) (ok bool, err error) {
	if err := documents.CheckKey(key); err != nil {
		return false, err
	}
	return in(ctx, d.store, "delete", func() (bool, error) {
		d.remove.SetText(":pk", key)
		d.remove.SetInt64(":was", was)
		err := step(d.remove)
		return err == nil && d.store.conn.Changes() > 0, err
	})
}

// pageOf bounds how many documents List reads at a time: a page of the largest takes
// 10 MB and a few milliseconds, in which no other call runs.
const pageOf = 32

// List calls each with every document whose key begins with prefix, in the order of the
// keys' bytes, and stops at its first error, which it returns unchanged. It reads in
// between: a document that is written meanwhile may be in the list or not. each may call
// the store.
func (d *Documents) List(
	ctx context.Context, prefix string, each func(key string, doc []byte, revision int64) error,
) error {
	for from := prefix; ; {
		page, err := in(ctx, d.store, "list", func() ([]*document, error) { return d.read(from) })
		if err != nil {
			return err
		}
		for _, f := range page {
			if !strings.HasPrefix(f.key, prefix) {
				return nil // all that begin with it stand together
			}
			if err := each(f.key, f.text, f.revision); err != nil {
				return err
			}
			from = f.key + "\x00" // the next key that there can be
		}
		if len(page) < pageOf {
			return nil
		}
	}
}

// read returns a page of documents, beginning with the key from.
func (d *Documents) read(from string) (page []*document, err error) {
	d.page.SetText(":from", from)
	d.page.SetInt64(":limit", pageOf)
	for {
		row, err := d.page.Step()
		if err != nil || !row {
			return page, errors.Join(err, d.page.Reset())
		}
		page = append(page, readDocument(d.page))
	}
}

func (d *Documents) standing(key string) (*document, error) {
	d.find.SetText(":pk", key)
	return one(d.find, readDocument)
}

type document struct {
	key      string
	text     []byte
	revision int64
}

// readDocument returns the document of the current row.
func readDocument(stmt *sqlite.Stmt) *document {
	d := &document{key: stmt.ColumnText(0), text: make([]byte, stmt.ColumnLen(1)), revision: stmt.ColumnInt64(2)}
	stmt.ColumnBytes(1, d.text)
	return d
}
