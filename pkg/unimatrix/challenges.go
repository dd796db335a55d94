package unimatrix

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"time"

	"countersign/pkg/admission"
	"countersign/pkg/clients"
	"countersign/pkg/otp"
	"countersign/pkg/phone"
	"countersign/pkg/telemetry"
)

// Challenges is the [Backend] on package otp: the same life of a challenge as
// under the AMS/DWS contract, and the same ledger of the number. All fields are
// required. It is safe for concurrent use.
type Challenges struct {
	Messages admission.Messages
	Verifier otp.Verifier
	// SenderName reports whether a name may stand as the sender of a message.
	SenderName func(name string) bool
	Rand       io.Reader // for message ids
}

// kept is how long a generated code may be verified, for whoever asks with the
// longest ttl. The person is told of the default one.
const kept = 30 * time.Minute

// Send implements [Backend].
func (s *Challenges) Send(ctx context.Context, c *clients.Client, r SendRequest, n phone.Number) (Sent, error) {
	start, err := s.Messages.Start(ctx, c, n)
	if err != nil {
		return Sent{}, err
	}
	start.ID = s.Messages.Issuer.Keys.Keys(ctx).Scenarios(c.ID, r.To, r.Intent)[0]
	start.Code, start.Digits = r.Code, r.Digits
	if s.SenderName(r.Signature) {
		start.From = r.Signature
	}
	if start.Policy.Validity, start.StatedValidity = kept, DefaultTTL; r.Code != "" {
		start.Policy.Validity, start.StatedValidity = r.TTL, 0
		if r.TTL == 0 {
			start.Policy.Validity = DefaultTTL
		}
	}
	got, err := s.Messages.Issuer.Send(ctx, start)
	if err != nil {
		return Sent{}, err
	}
	out := Sent{Outcome: got.Outcome, Parts: 1, Wait: got.Wait, Cause: got.Cause} // one part: package message sees to it
	switch got.Outcome {
	case otp.Sent:
		out.ID, err = s.messageID()
	case otp.InProgress: // another call is sending to this number: a limit will stand against a further message
		out.Outcome, out.Wait = otp.TooSoon, soon
	}
	return out, err
}

func (s *Challenges) messageID() (string, error) {
	var random [16]byte
	if _, err := io.ReadFull(s.Rand, random[:]); err != nil {
		return "", fmt.Errorf("random bytes: %w", err)
	}
	return hex.EncodeToString(random[:]), nil
}

// Verify implements [Backend]. It is one write, whatever comes out; one more for
// each older number key while that is being rotated, and the code was sent before.
func (s *Challenges) Verify(ctx context.Context, c *clients.Client, r VerifyRequest) (bool, error) {
	check := otp.Check{Client: c.ID, Code: r.Code, MaxAge: r.TTL}
	if r.TTL == 0 {
		check.MaxAge = DefaultTTL
	}
	for _, check.ID = range s.Verifier.Keys.Keys(ctx).Scenarios(c.ID, r.To, r.Intent) {
		got, err := s.Verifier.Verify(ctx, check)
		telemetry.From(ctx).Outcome = got.Outcome
		if err != nil || got.Outcome != otp.Unknown {
			return got.Outcome == otp.Passed, err
		}
	}
	return false, nil
}
