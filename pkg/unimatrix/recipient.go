package unimatrix

import (
	"context"
	"fmt"

	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// recipient decides whether a message may go to a number. A refusal without a result is a fault: it must not pass.
func (s *API) recipient(ctx context.Context, c *clients.Client, to otp.Phone) (phone.Number, answer) {
	n, refusal := s.Messages.Recipient(ctx, c, to.E164())
	if refusal != "" && sendResults[refusal] == pass {
		return n, fault(ctx, "send", fmt.Errorf("outcome %q, which the contract has no answer for", refusal))
	}
	rule := ""
	switch {
	case refusal == "":
		return n, answer{}
	case refusal == otp.BadNumber && n.E164 == "":
		rule = "must be a possible number in E.164 form"
	case refusal == otp.BadNumber:
		rule = "must be a number that is " + string(c.Numbers)
	case refusal == otp.Barred:
		rule = "must be in a country and on a line that the client may send to"
	default:
		rule = "is refused: " + string(refusal)
	}
	return n, refuseFor(sendResults[refusal], "to: "+rule)
}
