package otp

import (
	"context"
	"errors"
	"fmt"
	"time"

	"countersign/pkg/guard"
)

// Resend asks for the code of a challenge once more.
type Resend struct {
	Client string
	AuthID string // of the challenge
	ID     string // idempotency key of this call, unique per client; "" for none
	// SignedAt is when the request of this call was signed, 0 if it was not. Without an ID,
	// it must be later than that of the challenge's latest re-send: else the request is a
	// replay, the Outcome is InProgress, and nothing is sent.
	SignedAt Millis
	Policy   Policy
	Text     Text
	// Wording returns the message to a number of a country, for the payment of its challenge or for none, and the
	// Template of [Start], in place of Text. An error ends the call before anything is counted. It may be nil where
	// Text serves all countries, and no challenge has a payment.
	Wording func(region string, p Payment) (text Text, template string, err error)
	Origins Origins // by the country of the challenge's number
	PerDay  int     // as in [Start]
	Guard   guard.Policy
	// Remembers is as in [Start].
	Remembers bool
	// Recipient, if set, decides about the number of the challenge.
	Recipient func(to Phone) Decision
}

// Decision is what a [Resend] learns about a number.
type Decision struct {
	// Refusal, if set, refuses the message: nothing is sent, and the challenge stays as it is. Wait is the time until
	// a message may go out, 0 if that is not known.
	Refusal Outcome
	Wait    time.Duration
	// Exempt: the guard does not count the message.
	Exempt bool
}

// fingerprinted returns the fields that must be the same whenever ID comes again.
func (r Resend) fingerprinted() []string { return []string{"resend", r.AuthID} }

// Resend sends the same code again. Used attempts and the end of its lifetime
// stay, and the number's limits count the message like any other. Outcomes are
// those of [Issuer.Init] and, if no code is live, Unknown, Used, Expired and Locked
// of [Verifier.Verify]. With an ID, a repeat of a finished call returns the answer of
// that call. An error means that the outcome is not known.
func (i Issuer) Resend(ctx context.Context, r Resend) (Started, error) {
	key := KeyOfAuthID(r.Client, r.AuthID)
	if key == "" {
		return Started{Outcome: Unknown}, nil // not an id of ours: there is nothing to look for or to remember
	}
	s := i.begin(ctx, Start{
		Client: r.Client, Policy: r.Policy, Text: r.Text, Origins: r.Origins, PerDay: r.PerDay,
		Remembers: r.Remembers, Guard: r.Guard,
	})
	record, err := s.record(r)
	if err != nil {
		return Started{}, err
	}
	var answer Started
	if r.ID != "" {
		record, answer, err = s.acquire(ctx, record, r.fingerprinted())
		if err == nil && answer.Outcome == AskedPassword { // by an earlier call: the record does not have which
			return s.askedBefore(ctx, key)
		}
		if err != nil || answer.Outcome != "" {
			answer.AuthID = "" // that of the record
			return answer, err
		}
	}
	s.recipient, s.wording = r.Recipient, r.Wording
	answer, err = s.again(ctx, r.claim(key, record.Owner))
	answer.AuthID = "" // the caller has it
	if r.ID == "" {
		return answer, err
	}
	done := settlement(record, answer.Outcome)
	if answer.Outcome == Sent {
		done.SentAt, done.Mask = s.at, answer.Mask
	}
	return s.settle(ctx, done, answer, err)
}

// askedBefore returns the answer to the repeat of a re-send whose challenge asks for a password.
func (s *sending) askedBefore(ctx context.Context, key string) (Started, error) {
	c, err := s.Challenges.Challenge(ctx, key)
	switch {
	case err != nil:
		return Started{}, fmt.Errorf("read the challenge: %w", err)
	case c == nil || c.State != Asked:
		return Started{Outcome: Unknown}, nil // it is over for so long that its id was free for another one
	}
	return Started{Outcome: AskedPassword, Password: c.User}, nil
}

// claim returns the claim of a challenge by this call. The owner has the time of the
// signature, so that a replay of this request, or of an older one, is recognised by the
// write that it makes anyway.
func (r Resend) claim(key, call string) Claim {
	c := Claim{Key: key, AuthID: r.AuthID, Owner: call}
	if r.SignedAt == 0 {
		return c
	}
	mark := signedOwner(r.SignedAt)
	c.Owner = mark + "." + call
	if r.ID == "" { // the record of an ID recognises its repeats
		c.After = mark
	}
	return c
}

// again claims a live challenge, delivers a further message of it and settles it.
func (s *sending) again(ctx context.Context, claim Claim) (Started, error) {
	c, answer, err := s.claim(ctx, claim)
	if err != nil || answer.Outcome != "" {
		return answer, err
	}
	if answer := s.hopeless(ctx, c); answer.Outcome != "" {
		return s.settle(ctx, unchanged(c), answer, nil)
	}
	return s.claimed(ctx, c)
}

// claimed is again once the challenge is claimed.
func (s *sending) claimed(ctx context.Context, c Challenge) (Started, error) {
	answer, err := s.further(ctx, c)
	if answer.Outcome == InProgress {
		return answer, nil // the lease is over: another call may own the challenge by now
	}
	done := unchanged(c)
	if answer.Outcome == Sent { // nothing else changes a live challenge
		done.State, done.SentAt, done.Mask = Delivered, s.at, c.Mask
		done.Messages, done.Guard = c.withMessage(s.message), s.tagOf(c)
	}
	return s.settle(ctx, done, answer, err)
}

// further delivers a further message of a challenge that this call owns.
func (s *sending) further(ctx context.Context, c Challenge) (Started, error) {
	s.keys = s.keysFor(ctx, c.KeyVersion)
	if s.keys.retired(c.KeyVersion) {
		return Started{Outcome: Unknown}, nil
	}
	if s.To == "" {
		if err := s.open(c); err != nil {
			return Started{}, err
		}
		if !s.keys.OfSend(c) { // whose source is that of the latest guess, and whose id stands in logs only
			s.source = c.Source
		}
	}
	if s.recipient != nil && !c.Test { // nothing goes out to a test number
		d := s.recipient(s.To)
		if d.Refusal != "" {
			return Started{Outcome: d.Refusal, Wait: d.Wait}, nil
		}
		if d.Exempt {
			s.Guard = guard.Policy{}
		}
	}
	answer, err := s.count(ctx, c)
	if err != nil || answer.Outcome != "" {
		return answer, err
	}
	return s.publish(ctx, c)
}

// open takes the number and the payment of a challenge out of it, and the text for both.
func (s *sending) open(c Challenge) (err error) {
	if s.To, _, s.Payment, err = s.keys.decrypt(c); err != nil {
		return err
	}
	switch {
	case s.wording != nil:
		s.Text, s.Template, err = s.wording(c.Region, s.Payment)
	case !s.Payment.None():
		err = errors.New("the challenge has a payment, but Resend.Wording is nil")
	}
	return err
}
