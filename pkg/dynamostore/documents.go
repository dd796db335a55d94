package dynamostore

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/documents"
)

// Documents keeps configuration documents (clients, users) in a table of their
// own, which must exist; see [CreateClientsTable]. A document is a text under a
// key, with a revision that counts its writes from 1. Each method but List is
// atomic. It holds no state and is safe for concurrent use.
type Documents struct{ store *Store }

// NewDocuments returns the documents on a table. How long a call may take is up
// to the client, as with [New].
func NewDocuments(client *dynamodb.Client, table string) *Documents {
	return &Documents{New(client, table)}
}

const (
	// asItWas: nobody has written since the caller read.
	asItWas = "#rev = :was"
	under   = "begins_with(#pk, :prefix)"
)

var (
	whenNone    = when("", noItem)
	whenAsItWas = when("", asItWas)
)

// Get returns the text under key and its revision, nil and 0 where there is none.
// The read is strongly consistent: an operator who has switched a client off
// expects that the next read sees it.
func (d *Documents) Get(ctx context.Context, key string) ([]byte, int64, error) {
	if err := documents.CheckKey(key); err != nil {
		return nil, 0, err
	}
	out, err := d.store.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      d.store.table,
		Key:            image{"pk": text(key)},
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, 0, Describe("GetItem", *d.store.table, err)
	}
	if len(out.Item) == 0 {
		return nil, 0, nil
	}
	got, err := readDocument(out.Item)
	return got.text, got.revision, err
}

// Put writes a text of at most [documents.MaxText] bytes of UTF-8 under key, as
// revision was+1, where the revision that stands there is was; 0 is none. ok is
// false, and nothing is written, where it is another.
//
// Where that very text stands there as revision was+1, ok is true: it is this
// call's own write, repeated by the client after its answer was lost, or as good
// as that. The same after an error, which leaves open whether the text was
// written: putting it again with the same was finishes the job. Not recognised is
// a write that was already written over, or deleted, when it was repeated.
func (d *Documents) Put(ctx context.Context, key string, doc []byte, was int64) (ok bool, err error) {
	if err := errors.Join(documents.CheckKey(key), documents.CheckText(doc)); err != nil {
		return false, err
	}
	e, values := whenNone, image(nil)
	if was != 0 {
		e, values = whenAsItWas, image{":was": number(was)}
	}
	item := image{"pk": text(key), "doc": text(string(doc)), "rev": number(was + 1)}
	standing, applied, err := d.store.put(ctx, item, e, values)
	switch {
	case err != nil || applied:
		return applied, err
	case standing == nil && was == 0:
		return false, noAnswer("put")
	case standing == nil:
		return false, nil
	}
	there, err := readDocument(standing)
	return err == nil && there.revision == was+1 && bytes.Equal(there.text, doc), err
}

// Delete removes the document under key where its revision is was. ok is false,
// and nothing is removed, where it is another or there is no document.
//
// A deletion leaves nothing by which it could be recognised. So where its first
// answer was lost and the client repeats it, ok is false though this call did it:
// ok false says that the caller has to look, and where it finds nothing it has
// what it wanted. A document made anew under the key begins at revision 1 again, so
// a writer that still holds a revision of the old one may meet it; what must not
// be mistaken is better switched off than deleted.
func (d *Documents) Delete(ctx context.Context, key string, was int64) (ok bool, err error) {
	if err := documents.CheckKey(key); err != nil {
		return false, err
	}
	_, err = d.store.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
		TableName:                 d.store.table,
		Key:                       image{"pk": text(key)},
		ConditionExpression:       whenAsItWas.condition,
		ExpressionAttributeNames:  whenAsItWas.names,
		ExpressionAttributeValues: image{":was": number(was)},
	})
	if err != nil {
		_, _, err = d.store.refused("DeleteItem", err)
		return false, err
	}
	return true, nil
}

// List calls each with every document whose key begins with prefix, in the order
// of the keys' bytes, and stops at its first error, which it returns as it is. It
// is for administration only: it reads the whole table, whatever the prefix, and
// holds what it found in memory. It sees what was written before it began; what
// is written meanwhile it may see or not.
func (d *Documents) List(
	ctx context.Context, prefix string, each func(key string, doc []byte, revision int64) error,
) error {
	found, err := d.scan(ctx, prefix)
	if err != nil {
		return err
	}
	slices.SortFunc(found, func(a, b document) int { return cmp.Compare(a.key, b.key) })
	for _, f := range found {
		if err := each(f.key, f.text, f.revision); err != nil {
			return err
		}
	}
	return nil
}

func (d *Documents) scan(ctx context.Context, prefix string) (found []document, err error) {
	in := &dynamodb.ScanInput{TableName: d.store.table, ConsistentRead: aws.Bool(true)}
	if prefix != "" {
		in.FilterExpression, in.ExpressionAttributeNames = aws.String(under), names(under)
		in.ExpressionAttributeValues = image{":prefix": text(prefix)}
	}
	for pages := dynamodb.NewScanPaginator(d.store.client, in); pages.HasMorePages(); {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, Describe("Scan", *d.store.table, err)
		}
		for _, item := range page.Items {
			doc, err := readDocument(item)
			if err != nil {
				return nil, err
			}
			found = append(found, doc)
		}
	}
	return found, nil
}

type document struct {
	key      string
	text     []byte
	revision int64
}

func readDocument(item map[string]types.AttributeValue) (document, error) {
	r := reader{kind: "document", item: item}
	d := document{key: r.text("pk"), text: []byte(r.text("doc")), revision: r.number("rev")}
	if r.err != nil {
		return document{}, r.err
	}
	return d, nil
}
