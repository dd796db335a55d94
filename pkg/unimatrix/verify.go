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
	outcome, err := s.check(ctx, c, r, otp.Check{Source: source, To: n.E164, Payment: r.Payment})
	record := telemetry.From(ctx)
	record.Outcome, record.Payment = outcome, !r.Payment.None()
	if err != nil {
		return fault(ctx, "verify", err)
	}
	return verifiedAnswer(r.To, isValid[outcome])
}

// check makes one write, whatever the outcome. While the number key is rotated it makes one more for each newer key,
// until the guess is evaluated: a code is sent under the oldest key of its process, and a process that has dropped that
// key already uses the next one. A challenge that is over tells nothing of that code, since it stays for a day.
func (s *API) check(
	ctx context.Context, c *clients.Client, r verifyRequest, check otp.Check,
) (otp.Outcome, error) {
	check.Client, check.Code = c.ID, r.Code
	check.MaxAge = c.Bounds.Lifetime(cmp.Or(r.TTL, DefaultTTL))
	outcome := otp.Unknown
	for _, check.ID = range s.Verifier.Keys.Keys(ctx).Scenarios(c.ID, check.To, r.Intent) {
		got, err := s.Verifier.Verify(ctx, check)
		switch got.Outcome {
		case otp.Expired, otp.Used, otp.Locked:
			outcome = got.Outcome
		case otp.Unknown:
		default: // evaluated; "" after an error
			return got.Outcome, err
		}
	}
	return outcome, nil
}
