package otp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ledgerMemory is how long a ledger is kept after its last send: longer than any
// window and any pause.
const ledgerMemory = 30 * 24 * time.Hour

// count counts the message in the ledgers of its number, once however often its
// challenge is taken over. The Outcome is "" unless a limit refuses the message.
//
// There is more than one ledger while the number key is rotated. The oldest comes
// first: it contains every send, so whatever it allows the newer ledgers allow too. It
// alone counts unanswered messages, as every process knows it and answers are marked
// there.
func (s *sending) count(ctx context.Context) (Started, error) {
	s.ledgers = s.keys.LedgerKeys(s.Client, s.To)
	limits := s.Policy.Limits()
	for n, ledger := range slices.Backward(s.ledgers) {
		answer, err := s.spend(ctx, ledger, limits)
		if err == nil && answer.Outcome != "" {
			err = s.refund(ctx, s.ledgers[n+1:])
		}
		switch {
		case err != nil:
			return Started{}, err
		case answer.Outcome != "":
			return answer, nil
		}
		limits.Unanswered = 0
	}
	return Started{}, nil
}

// spend counts the message in one ledger.
func (s *sending) spend(ctx context.Context, ledger string, limits Limits) (Started, error) {
	spent, err := s.Ledgers.Spend(ctx, Spend{
		Key: ledger, ID: s.id, Now: s.at, Limits: limits, TTL: s.at.Add(ledgerMemory).Seconds(),
	})
	switch {
	case err != nil:
		return Started{}, fmt.Errorf("spend: %w", err)
	case spent.Applied || spent.Item.Counted(s.id):
		return Started{}, nil
	}
	refusal, wait := limits.Refusal(*spent.Item, s.at)
	if refusal == "" {
		return Started{}, errors.New("spend: the ledger refused a send that no limit refuses")
	}
	return Started{Outcome: refusal, Wait: wait}, nil
}

// publish hands the message of c to the sender, once it is counted. Outcomes are
// Sent, Unclear and Undeliverable; InProgress if the lease is over, so that another
// call may be sending by now.
func (s *sending) publish(ctx context.Context, c Challenge) (Started, error) {
	code, err := s.keys.codeOf(c)
	if err != nil {
		return Started{}, err
	}
	if MillisOf(s.Now()) >= c.Lease {
		return Started{Outcome: InProgress}, nil
	}
	left := c.ExpiresAt.Sub(s.at)
	if s.StatedValidity > 0 {
		left = min(left, s.StatedValidity)
	}
	delivery, cause := s.Sender.Send(ctx, Message{To: s.To, From: s.From, Text: s.Text(string(code), left), Code: code})
	switch delivery {
	case Accepted:
		return sent(c), nil
	case Refused:
		if err := s.refund(ctx, s.ledgers); err != nil {
			return Started{}, err
		}
		return Started{Outcome: Undeliverable, Cause: cause}, nil
	}
	return Started{Outcome: Unclear, Cause: cause}, nil
}

// refund removes a message that will never go out from ledgers. If an earlier call
// may have sent it, it stays counted.
func (s *sending) refund(ctx context.Context, ledgers []string) error {
	if s.maybe {
		return nil
	}
	for _, ledger := range ledgers {
		if err := s.Ledgers.Refund(ctx, ledger, s.id); err != nil {
			return fmt.Errorf("refund: %w", err)
		}
	}
	return nil
}
