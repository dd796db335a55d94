package registry

import (
	"context"
	"crypto/hmac"
	"errors"
	"fmt"

	"countersign/pkg/clients"
	"countersign/pkg/documents"
)

// MinSecret and MaxSecret bound the length of an HMAC secret in bytes. A shorter one
// could be found by trying all secrets against one signed request.
const (
	MinSecret = 16
	MaxSecret = 256
)

// SetSecret gives a client a new HMAC secret. The newest secret before stays valid
// until [Registry.RemoveSecret]; an older one is removed. If secret is already the
// newest, SetSecret changes nothing.
func (g Registry) SetSecret(ctx context.Context, id string, secret []byte) error {
	sealed, err := g.seal(ctx, clients.Record{ID: id}, secret)
	if err != nil {
		return clients.Named(id, err)
	}
	return g.Edit(ctx, id, func(r *clients.Record) error {
		if g.isNewest(ctx, *r, secret) {
			return nil
		}
		before := r.Secrets[:min(len(r.Secrets), clients.MaxSecrets-1)]
		r.Secrets = append([]clients.Secret{sealed}, before...)
		return nil
	})
}

// seal returns the record of a secret.
func (g Registry) seal(ctx context.Context, r clients.Record, secret []byte) (clients.Secret, error) {
	if n := len(secret); n < MinSecret || n > MaxSecret {
		return clients.Secret{}, fmt.Errorf("the secret has %d bytes, must have %d to %d", n, MinSecret, MaxSecret)
	}
	sealed, err := g.Sealer.Seal(ctx, secret, r.Bound())
	if err != nil {
		return clients.Secret{}, fmt.Errorf("seal the secret: %w", err)
	}
	return clients.Secret{Sealed: documents.Sealed(sealed), Added: g.now()}, nil
}

// isNewest reports whether secret is the newest that a client has. A secret that
// cannot be opened is a different one.
func (g Registry) isNewest(ctx context.Context, r clients.Record, secret []byte) bool {
	if len(r.Secrets) == 0 {
		return false
	}
	plain, err := g.Sealer.Open(ctx, string(r.Secrets[0].Sealed), r.Bound())
	return err == nil && hmac.Equal(plain, secret)
}

var errNoSecret = errors.New("it would have no secret for its hmac requests: client rotate-secret makes one, " +
	"client remove-secret then ends this one, and client disable ends all requests at once")

// RemoveSecret removes the oldest of a client's secrets. It refuses to remove the
// only secret of a client in HMAC mode.
func (g Registry) RemoveSecret(ctx context.Context, id string) error {
	return g.Edit(ctx, id, func(r *clients.Record) error {
		if len(r.Secrets) == 0 {
			return fmt.Errorf("secret: %w", documents.ErrNotFound)
		}
		if len(r.Secrets) == 1 && r.Unimatrix == "hmac" {
			return errNoSecret
		}
		r.Secrets = r.Secrets[:len(r.Secrets)-1]
		return nil
	})
}
