package unimatrix

import (
	"context"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/signature"
)

// once refuses a request whose nonce came before, if its client asks for that. Without it, whoever has read a signed
// URL can use it again until its timestamp is too old, with any body, because the body is not signed.
//
// It comes before the checks of the body: else the URL of a request with a bad body could be used once more. And it
// comes after the rate, which so bounds the writes.
func (s *API) once(ctx context.Context, c *clients.Client, q query) answer {
	if !c.Once || c.Unimatrix != "hmac" {
		return answer{}
	}
	at, _ := instant(q.get("timestamp")) // authentic has read it
	first, err := s.Messages.Issuer.Once(ctx, c.ID, q.get("nonce"), time.UnixMilli(at).Add(c.Skew))
	switch {
	case err != nil:
		return fault(ctx, "nonce", err)
	case !first:
		return refuseFor(invalidSignature, signature.NonceUsed.Detail(""))
	}
	return answer{}
}
