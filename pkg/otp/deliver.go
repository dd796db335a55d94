package otp

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"countersign/pkg/guard"
)

// count counts the message of this call before it goes out: in the quota of its client,
// then in the ledgers of its number. The Outcome is "" unless a limit refuses the message.
// A test number gets no message.
func (s *sending) count(ctx context.Context, c Challenge) (Started, error) {
	if c.Test || s.ledgers != nil { // or it was counted before the challenge was taken
		return Started{}, nil
	}
	giveBack, answer, err := s.reserveOne(ctx)
	if err != nil || answer.Outcome != "" {
		return answer, err
	}
	answer, err = s.countNumber(ctx, c)
	if err != nil || answer.Outcome != "" {
		giveBack()
		return answer, err
	}
	s.giveBack = giveBack
	return answer, nil
}

// countNumber counts the message of this call in the ledgers of its number, before it goes out.
// The Outcome is "" unless a limit refuses the message. Nothing is counted if a limit
// refuses it, and usually nothing after an error.
func (s *sending) countNumber(ctx context.Context, c Challenge) (Started, error) {
	at := MillisOf(s.Now()) // as late as possible: the message goes out after that
	message := s.guarded(c.Region, guard.Tag(c.Guard))
	s.look(ctx, message, guard.Tag(c.Guard))
	for i, l := range s.limited() {
		p := Spend{
			Key: l.key, ID: s.id, Now: at, Limits: l.limits, KnownSince: at.Add(-KnownMemory), Answered: s.answered,
		}
		if i == 0 {
			p.Guard, p.Found = message, s.found
		}
		answer, err := s.spend(ctx, p)
		switch {
		case err != nil:
			s.ledgers = append(s.ledgers, l.key) // it may have been counted
			return Started{}, errors.Join(err, s.refund(ctx))
		case answer.Outcome != "":
			return s.unsent(ctx, answer)
		}
		s.ledgers = append(s.ledgers, l.key)
	}
	return Started{}, nil
}

// limited is a ledger by its key, and its limits.
type limited struct {
	key    string
	limits Limits
}

// limited returns the ledgers that count the message, in their order: first those of the
// client, which refuse most, then those of all clients, if there is a limit for them.
//
// There is more than one of each while the number key is rotated. The oldest comes
// first: it contains every send, so whatever it allows the newer ledgers allow too. It
// alone counts unanswered messages, as every process knows it and answers are marked
// there.
func (s *sending) limited() (all []limited) {
	limits := s.Policy.Limits()
	for _, key := range slices.Backward(s.keys.LedgerKeys(s.Client, s.To)) {
		if len(all) > 0 {
			limits = limits.newer()
		}
		all = append(all, limited{key, limits})
	}
	if s.NumberPerDay > 0 {
		for _, key := range slices.Backward(s.keys.SharedLedgerKeys(s.To)) {
			all = append(all, limited{key, sharedLimits(s.NumberPerDay)})
		}
	}
	return all
}

// spend counts the message in one ledger. If a limit refuses it and an earlier call
// was counted for the same challenge, the message of that call may have arrived: the
// Outcome is Unclear.
func (s *sending) spend(ctx context.Context, p Spend) (Started, error) {
	spent, limits, err := s.spendFrom(ctx, s.sourceDigest(), p)
	if err != nil {
		return Started{}, fmt.Errorf("spend: %w", err)
	}
	s.note(p, spent)
	if spent.Applied || spent.Item.Counted(s.id) {
		return Started{}, nil
	}
	refusal, wait := limits.Refusal(*spent.Item, p.Now)
	if p.refuses(spent.Verdict) {
		refusal, wait = overOf(spent.Verdict.Reason), GuardWait(spent.Verdict, p.Now)
	}
	switch {
	case refusal == "":
		return Started{}, errors.New("spend: the ledger refused a send that no limit refuses")
	case spent.Item.countedBefore(s.id):
		cause := fmt.Errorf(
			"an earlier call may have sent the message, and the limits refuse another copy: %s", refusal)
		return Started{Outcome: Unclear, Wait: wait, Cause: cause, Guard: spent.Verdict}, nil
	}
	return Started{Outcome: refusal, Wait: wait, Guard: spent.Verdict}, nil
}

// unsent gives back the message of this call and returns answer.
func (s *sending) unsent(ctx context.Context, answer Started) (Started, error) {
	if err := s.refund(ctx); err != nil {
		return Started{}, err
	}
	return answer, nil
}

// refund removes the message of this call from the ledgers that count it, and gives it back
// to the quota. Call it only if the message was not handed to the sender. Once the lease is
// over, another call may have found the message counted and relied on that: it stays.
func (s *sending) refund(ctx context.Context) error {
	if MillisOf(s.Now()) >= s.at.Add(Lease) {
		return nil
	}
	ctx, cancel := Outlive(ctx, SettleTime/2) // settling needs the rest
	defer cancel()
	for _, ledger := range s.ledgers {
		if err := s.Ledgers.Refund(ctx, ledger, s.id, s.charged...); err != nil {
			return fmt.Errorf("refund: %w", err)
		}
		s.charged = nil // given back with the oldest ledger
	}
	if s.giveBack != nil {
		s.giveBack()
		s.giveBack = nil
	}
	return nil
}

// publish hands the message of c to the sender, once it is counted. It stays counted,
// whatever the sender answers. Outcomes are Sent, Unclear and Undeliverable; InProgress
// if the lease is over, so that another call may be sending by now. To a test number goes
// nothing.
func (s *sending) publish(ctx context.Context, c Challenge) (Started, error) {
	answer, err := s.hand(ctx, c)
	answer.Guard = s.verdict
	return answer, err
}

func (s *sending) hand(ctx context.Context, c Challenge) (Started, error) {
	if c.Test {
		return sent(c), nil
	}
	code, err := s.keys.codeOf(c, s.Payment)
	if err != nil {
		return Started{}, err
	}
	now := MillisOf(s.Now())
	if now >= c.Lease {
		return Started{Outcome: InProgress}, nil
	}
	left := c.ExpiresAt.Sub(s.at)
	if s.StatedValidity > 0 {
		left = min(left, s.StatedValidity)
	}
	delivery, id, cause := s.Sender.Send(ctx, Message{
		Client: c.Client, AuthID: c.AuthID,
		To: s.To, Region: c.Region, Origin: s.origin(c.Region),
		Text: s.Text(string(code), left), Code: code, Life: c.ExpiresAt.Sub(now), Lease: c.Lease,
	})
	switch delivery {
	case Accepted:
		s.message = id
		return sent(c), nil
	case Refused:
		return Started{Outcome: Undeliverable, Cause: cause}, nil
	}
	return Started{Outcome: Unclear, Cause: cause}, nil
}

// origin returns the origin of the message, with the id of its text.
func (s *sending) origin(region string) Origin {
	o := s.Origins.of(region)
	if s.Template != "" {
		o.TemplateID = s.Template
	}
	return o
}
