package unimatrix

import (
	"context"

	"countersign/pkg/clients"
)

// verify serves otp.verify.
func (s *API) verify(ctx context.Context, c *clients.Client, body []byte) answer {
	r, a := decodeVerify(body)
	if a.result != pass {
		return a
	}
	n, a := s.recipient(ctx, c, r.To)
	if a.result != pass {
		return a
	}
	valid, err := s.Backend.Verify(ctx, c, r)
	if err != nil {
		return fault(ctx, "verify", err)
	}
	return verifiedAnswer(n, valid)
}
