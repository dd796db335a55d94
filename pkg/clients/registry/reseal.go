package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
	"countersign/pkg/users"
)

// Reseal seals the secrets and test numbers of all clients again, and the key of their access keys'
// digests, under the newest key of the sealer, so that older keys can be retired. It
// returns the number of changed documents. It skips one that fails, and its error names
// each of them.
func (g Registry) Reseal(ctx context.Context) (changed int, err error) {
	changed, err = resealAll(ctx, g.Table, clients.DocumentPrefix, g.reseal)
	keys, errKeys := resealAll(ctx, g.Table, clients.DigestKeyPrefix, g.resealDigests)
	return changed + keys, errors.Join(err, errKeys)
}

func (g Registry) reseal(ctx context.Context, _ string, text []byte) ([]byte, error) {
	r, err := clients.ParseRecord(text)
	if err != nil || len(r.Secrets)+len(r.TestNumbers) == 0 {
		return text, err
	}
	for i := range r.Secrets {
		if err := sealAgain(ctx, &r.Secrets[i].Sealed, g.Sealer, r.Bound()); err != nil {
			return nil, fmt.Errorf("secrets[%d]: %w", i, err)
		}
	}
	for i := range r.TestNumbers {
		if err := sealAgain(ctx, &r.TestNumbers[i].Sealed, g.Sealer, r.BoundTestNumber()); err != nil {
			return nil, fmt.Errorf("testNumbers[%d]: %w", i, err)
		}
	}
	return documents.Encode(r)
}

// resealDigests seals the key of digests in a document again.
func (g Registry) resealDigests(ctx context.Context, key string, text []byte) ([]byte, error) {
	var doc clients.DigestKeyDocument
	if err := documents.Decode(text, &doc); err != nil {
		return nil, err
	}
	if err := sealAgain(ctx, &doc.Sealed, g.Sealer, key); err != nil {
		return nil, err
	}
	return documents.Encode(doc)
}

// Reseal seals the numbers of all clients' users again, under the newest key of the
// sealer, so that older keys can be retired. It returns the number of changed users.
// It skips a user that fails, and its error names each of them.
func (d Users) Reseal(ctx context.Context) (changed int, err error) {
	return resealAll(ctx, d.Table, users.Prefix, d.reseal)
}

func (d Users) reseal(ctx context.Context, key string, text []byte) ([]byte, error) {
	u, err := users.ParseUser(text)
	if err != nil || u.Number == "" {
		return text, err
	}
	if err := sealAgain(ctx, &u.Number, d.Sealer, users.Bound(key)); err != nil {
		return nil, fmt.Errorf("number: %w", err)
	}
	return documents.Encode(u)
}

// sealAgain encrypts a value again, under the newest key of the sealer.
func sealAgain(ctx context.Context, s *documents.Sealed, sealer documents.Sealer, bound string) error {
	plain, err := sealer.Open(ctx, string(*s), bound)
	if err != nil {
		return err
	}
	sealed, err := sealer.Seal(ctx, plain, bound)
	*s = documents.Sealed(sealed)
	return err
}

// resealAll edits every document under a prefix and returns how many it changed.
// reseal returns the text of one document with its values sealed again, or the same
// text if it holds none. resealAll skips a document that fails, continues with the
// rest, and returns the errors of all that failed.
func resealAll(
	ctx context.Context, t documents.Table, prefix string,
	reseal func(ctx context.Context, key string, text []byte) ([]byte, error),
) (changed int, err error) {
	keys, err := keysUnder(ctx, t, prefix)
	errs := []error{err}
	for _, key := range keys {
		did := false
		err := documents.Edit(ctx, t, key, func(text []byte) ([]byte, error) {
			got, err := reseal(ctx, key, text)
			did = !bytes.Equal(got, text)
			return got, err
		})
		switch {
		case errors.Is(err, documents.ErrNotFound): // removed meanwhile
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		case did:
			changed++
		}
	}
	return changed, errors.Join(errs...)
}

// keysUnder collects the keys first: a table need not support writes during List.
func keysUnder(ctx context.Context, t documents.Table, prefix string) (keys []string, err error) {
	err = t.List(ctx, prefix, func(key string, _ []byte, _ int64) error {
		keys = append(keys, key)
		return nil
	})
	return keys, err
}
