package unimatrix

import (
	"cmp"
	"context"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/telemetry"
)

// verify serves otp.verify: it reports whether a code is right and live, and uses it up if so. The answer does not give
// the reason for a code that is not.
func (s *API) verify(ctx context.Context, c *clients.Client, body []byte, source string) answer {
	r, a := decodeVerify(body)
	if a.result != pass {
		return a
	}
	n, a := s.recipient(ctx, c, r.To)
	if a.result != pass {
		return a
	}
	outcome, err := s.check(ctx, c, r, otp.Check{Source: source, To: n.E164})
	telemetry.From(ctx).Outcome = outcome
	if err != nil {
		return fault(ctx, "verify", err)
	}
	return verifiedAnswer(r.To, isValid[outcome])
}

// check makes one write, whatever the outcome. During a rotation of the number keys it makes one more for each older
// key, until it finds a challenge: the code may have been sent before the rotation.
func (s *API) check(
	ctx context.Context, c *clients.Client, r verifyRequest, check otp.Check,
) (otp.Outcome, error) {
	check.Client, check.Code = c.ID, r.Code
	check.MaxAge = c.Bounds.Lifetime(cmp.Or(r.TTL, defaultTTL))
	for _, check.ID = range s.Verifier.Keys.Keys(ctx).Scenarios(c.ID, check.To, r.Intent) {
		got, err := s.Verifier.Verify(ctx, check)
		if err != nil || got.Outcome != otp.Unknown {
			return got.Outcome, err
		}
	}
	return otp.Unknown, nil
}
