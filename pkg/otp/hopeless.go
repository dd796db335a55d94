package otp

import (
	"context"
	"fmt"
	"time"
)

// lookUpTime bounds the look-up of a receipt to a small part of the call: a person waits for the code.
const lookUpTime = time.Second

// hopeless refuses a further message of a live challenge whose latest one is undeliverable for good: the person opted
// out, or the number does not exist. The Outcome is "" if the message may go out.
//
// If the receipt cannot be read, the message goes out. The receipt only spares a message that would not arrive; without
// it everything is as it is without receipts, and the limits hold. A refusal would keep a code from a person who can
// get it, whenever the table is slow. Whoever implements [ReceiptReader] logs the fault.
func (s *sending) hopeless(ctx context.Context, c Challenge) Started {
	ids := c.MessageIDs()
	if s.Receipts == nil || c.Test || len(ids) == 0 {
		return Started{}
	}
	ctx, cancel := context.WithTimeout(ctx, lookUpTime)
	defer cancel()
	r, err := s.Receipts.Receipt(ctx, ids[0])
	if err != nil || r == nil || r.State() != MessageUndeliverable {
		return Started{}
	}
	return Started{Outcome: Undeliverable, Cause: fmt.Errorf("the latest message did not arrive: %s", r.Reason.Words())}
}
