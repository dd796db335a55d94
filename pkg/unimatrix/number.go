package unimatrix

import (
	"context"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/telemetry"
)

// number checks a number against its numbering plan and the client's policy.
func (s *API) number(ctx context.Context, c *clients.Client, to otp.Phone) (phone.Number, answer) {
	n, ok := s.Lookup(to.E164())
	told := telemetry.From(ctx)
	told.Mask, told.Country = n.Mask, n.Region
	switch {
	case !ok:
		return n, refuseFor(invalidPhoneNumbers, "to: must be a possible number in E.164 form")
	case !n.Meets(c.Numbers):
		return n, refuseFor(invalidPhoneNumbers, "to: must be a number that is "+string(c.Numbers))
	case !c.MayReach(n.Kind), !c.MaySendTo(n.Region):
		return n, refuseFor(invalidPhoneNumbers, "to: must be in a country and on a line that the client may send to")
	}
	return n, answer{}
}
