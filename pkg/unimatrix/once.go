package unimatrix

import (
	"context"
	"time"

	"countersign/pkg/clients"
	"countersign/pkg/signature"
	"countersign/pkg/telemetry"
)

// remembers reports whether the nonces of a client's requests are remembered.
func remembers(c *clients.Client) bool { return c.Once && c.Unimatrix == "hmac" }

// request names a signed request, whose timestamp [authentic] has read.
func (q query) request(c *clients.Client) signedOnce {
	at, _ := instant(q.get("timestamp"))
	return signedOnce{c.ID, q.get("nonce"), at}
}

// replayed refuses a request that this process has refused as a repeat before, see [Replays].
func (s *API) replayed(ctx context.Context, c *clients.Client, q query) answer {
	if !remembers(c) || !s.Replays.has(q.request(c)) {
		return answer{}
	}
	return repeated(ctx)
}

// once refuses a request whose nonce came before, if its client asks for that. Without it, whoever has read a signed
// URL can use it again until its timestamp is too old, with any body, because the body is not signed.
//
// It comes before the checks of the body: else the URL of a request with a bad body could be used once more. And it
// comes after the rate, which so bounds the writes.
func (s *API) once(ctx context.Context, c *clients.Client, q query) answer {
	if !remembers(c) {
		return answer{}
	}
	request := q.request(c)
	first, err := s.Messages.Issuer.Once(ctx, c.ID, request.nonce, time.UnixMilli(request.at).Add(c.Skew))
	switch {
	case err != nil:
		return fault(ctx, "nonce", err)
	case !first:
		s.Replays.add(request)
		return repeated(ctx)
	}
	return answer{}
}

// repeated refuses a request whose nonce came before. Its sender need not be the client, so that it counts as a
// stranger, and cannot fill the log.
func repeated(ctx context.Context) answer {
	telemetry.From(ctx).Admitted = false
	return refuseFor(invalidSignature, signature.NonceUsed.Detail(""))
}
