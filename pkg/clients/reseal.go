package clients

import (
	"bytes"
	"context"
	"errors"
	"fmt"
)

// Reseal seals all secrets of clients and all numbers of users anew, under the
// newest key of the sealer, so that older ones can be retired. It returns how many
// documents it changed. What cannot be opened is left as it is, and the error
// tells each; the rest is done.
func (g Registry) Reseal(ctx context.Context) (changed int, err error) {
	clients, errClients := g.resealAll(ctx, clientPrefix, g.resealClient)
	users, errUsers := g.resealAll(ctx, userPrefix, g.resealUser)
	return clients + users, errors.Join(errClients, errUsers)
}

// resealAll changes all documents under a prefix. anew returns the text of one
// with its secrets sealed anew, or the same text where it has none.
func (g Registry) resealAll(ctx context.Context, prefix string, anew func(ctx context.Context, key string, text []byte) ([]byte, error)) (changed int, err error) {
	keys, err := keysOf(ctx, g.Table, prefix)
	errs := []error{err}
	for _, key := range keys {
		did := false
		err := edit(ctx, g.Table, key, func(text []byte) ([]byte, error) {
			got, err := anew(ctx, key, text)
			did = !bytes.Equal(got, text)
			return got, err
		})
		switch {
		case errors.Is(err, ErrNotFound): // removed meanwhile
		case err != nil:
			errs = append(errs, fmt.Errorf("%s: %w", key, err))
		case did:
			changed++
		}
	}
	return changed, errors.Join(errs...)
}

// keysOf is collected first, as a table need not bear writes while it lists.
func keysOf(ctx context.Context, t Table, prefix string) (keys []string, err error) {
	err = t.List(ctx, prefix, func(key string, _ []byte, _ int64) error {
		keys = append(keys, key)
		return nil
	})
	return keys, err
}

func (g Registry) resealClient(ctx context.Context, _ string, text []byte) ([]byte, error) {
	r, err := parseRecord(text)
	if err != nil || len(r.Secrets) == 0 {
		return text, err
	}
	for i := range r.Secrets {
		if err := reseal(ctx, g.Sealer, &r.Secrets[i].Sealed, secretBound(r.ID)); err != nil {
			return nil, fmt.Errorf("secrets[%d]: %w", i, err)
		}
	}
	return encode(r)
}

func (g Registry) resealUser(ctx context.Context, key string, text []byte) ([]byte, error) {
	u, err := parseUser(text)
	if err != nil || u.Number == "" {
		return text, err
	}
	if err := reseal(ctx, g.Sealer, &u.Number, numberBound(key)); err != nil {
		return nil, fmt.Errorf("number: %w", err)
	}
	return encode(u)
}

func reseal(ctx context.Context, s Sealer, value *Sealed, bound string) error {
	plain, err := s.Open(ctx, string(*value), bound)
	if err != nil {
		return err
	}
	sealed, err := s.Seal(ctx, plain, bound)
	*value = Sealed(sealed)
	return err
}
