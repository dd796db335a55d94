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

// Documents keeps configuration documents (clients, users) in a table of their own,
// which must exist; see [CreateClientsTable]. A document is a text under a key, with a
// revision: 1 after the first write, and one more after each further write. Each method
// except List is atomic. Documents has no state and is safe for concurrent use.
type Documents struct{ store *Store }

// NewDocuments returns the documents of a table. The client bounds the time of each
// call, as with [New].
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
	item, err := d.store.get(ctx, key)
	if item == nil {
		return nil, 0, err
	}
	got, err := readDocument(item)
	return got.text, got.revision, err
}

// Put writes a text of at most [documents.MaxText] bytes of UTF-8 under key, as revision
// was+1, if the present revision is was; 0 means that there is no document. Otherwise ok
// is false and nothing is written.
//
// If the same text is there already as revision was+1, ok is true: it is this call's own
// write, repeated by the client after its answer was lost, or equal to it. After an
// error, the text may or may not be written; the same Put again completes it. A write
// that somebody replaced or deleted before its repetition is not recognised.
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

// Delete removes the document under key if its revision is was. Otherwise ok is false
// and nothing is removed.
//
// A deletion cannot be recognised when it is repeated: if the first answer was lost, ok
// is false though this call removed the document. So after false the caller reads the
// document, and is done if there is none. A new document under the key begins at
// revision 1 again, and a writer with an old revision may hit it. Where that matters,
// switch the document off and do not delete it.
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

// List calls each for every document whose key begins with prefix, in the order of the
// keys' bytes. It stops at the first error of each and returns that error unchanged. It
// is for administration only: it reads the whole table and keeps the matches in memory.
// It finds every document that was written before it began, and may find later ones.
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
