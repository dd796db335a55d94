package unimatrix

import (
	"context"
	"fmt"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
)

// recipient decides whether a message may go to a number. A refusal without a result is a fault: it must not pass.
func (s *API) recipient(ctx context.Context, c *clients.Client, to otp.Phone) (phone.Number, answer) {
	n, refusal := s.Messages.Recipient(ctx, c, to.E164())
	switch {
	case refusal == "":
		return n, answer{}
	case sendResults[refusal] == pass:
		return n, fault(ctx, "send", fmt.Errorf("outcome %q, which the contract has no answer for", refusal))
	}
	rule := admission.Rule(c, n, refusal)
	if n.E164 == "" {
		rule += " in E.164 form"
	}
	return n, refuseFor(sendResults[refusal], "to: "+rule)
}
