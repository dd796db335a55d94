package otp_test

import (
	"context"
	"crypto/rand"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// pace is the time that a request takes: none, almost the time limit of package
// dynamostore, or longer than any call.
type pace int

func (p pace) wait(ctx context.Context) error {
	select {
	case <-time.After([]time.Duration{0, 2250*time.Millisecond - 1, time.Hour}[p]):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// slow is a store, a ledger and a sender, each with a pace for each request.
type slow struct {
	otp.Challenges
	held                                            map[string]*otp.Challenge
	reserve, claim, spend, refund, send, late, last pace
	refuses                                         bool
	settled                                         int
}

func (s *slow) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, _ otp.Millis) (otp.Write, error) {
	if over != nil { // one code in the place of another
		return otp.Write{Applied: true}, s.claim.wait(ctx)
	}
	old := s.held[c.Key]
	if err := s.reserve.wait(ctx); err != nil || old == nil {
		s.held[c.Key] = &c
		return otp.Write{Applied: err == nil}, err
	}
	copied := *old
	return otp.Write{Item: &copied}, nil
}

func (s *slow) TakeOver(ctx context.Context, t otp.TakeOver) (otp.Write, error) {
	c := *s.held[t.Key]
	c.Owner, c.Lease = t.Owner, t.Lease
	return otp.Write{Applied: true, Item: &c}, s.claim.wait(ctx)
}

func (s *slow) Claim(ctx context.Context, m otp.Claim) (otp.Write, error) {
	c := *s.held[m.Key]
	c.Owner, c.Lease = m.Owner, m.Lease
	return otp.Write{Applied: true, Item: &c}, s.claim.wait(ctx)
}

func (s *slow) Settle(ctx context.Context, _ otp.Settlement) (otp.Write, error) {
	if s.settled++; s.settled > 1 {
		return otp.Write{Applied: true}, s.last.wait(ctx)
	}
	return otp.Write{Applied: true}, s.late.wait(ctx)
}

func (s *slow) Spend(ctx context.Context, _ otp.Spend) (otp.Spent, error) {
	return otp.Spent{Applied: true}, s.spend.wait(ctx)
}

func (s *slow) Refund(ctx context.Context, _, _ string, _ ...guard.Charged) error {
	return s.refund.wait(ctx)
}

func (s *slow) Answered(context.Context, otp.Answer) error { return nil }

func (s *slow) Send(ctx context.Context, _ otp.Message) (otp.Delivery, string, error) {
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second) // as in package snssender
	defer cancel()
	switch err := s.send.wait(ctx); {
	case err != nil:
		return otp.MaybeSent, "", err
	case s.refuses:
		return otp.Refused, "", errors.New("refused")
	}
	return otp.Accepted, "", nil
}

// A call ends within its time and SettleTime, whichever requests are slow or hang and
// however many writes follow its message (P18).
func TestLateWrites(t *testing.T) {
	secrets := otp.Secrets{1: make([]byte, otp.MinSecret)}
	keys, err := otp.NewKeys(secrets, 1, secrets)
	if err != nil {
		t.Fatal(err)
	}
	start := otp.Start{
		Client: "client", ID: "id", Fingerprinted: []string{"x"}, To: "+606543216353", Mask: "mask", Region: "MY",
		Policy: otp.DefaultPolicy(), Text: func(code string, _ time.Duration) string { return code },
	}
	init := func(ctx context.Context, i otp.Issuer, _ string) error {
		_, err := i.Init(ctx, start)
		return err
	}
	send := func(ctx context.Context, i otp.Issuer, _ string) error {
		_, err := i.Send(ctx, start)
		return err
	}
	sendOther := func(ctx context.Context, i otp.Issuer, _ string) error {
		other := start
		other.Digits = 8
		_, err := i.Send(ctx, other)
		return err
	}
	resend := func(ctx context.Context, i otp.Issuer, id string) error {
		_, err := i.Resend(ctx, otp.Resend{
			Client: "client", AuthID: id, ID: "resend", Policy: start.Policy, Text: start.Text,
		})
		return err
	}
	live := func(*otp.Challenge) {}
	unclear := func(c *otp.Challenge) { c.State = otp.MaybeDelivered }
	expired := func(c *otp.Challenge) { c.ExpiresAt = 0 }
	for name, call := range map[string]lateCall{
		"init":       {nil, init},
		"init again": {unclear, init},
		"re-send":    {live, resend},
		"send":       {nil, send},
		"send again": {live, send},
		"send other": {live, sendOther},
		"send anew":  {expired, send},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for n := range 2 * 3 * 3 * 3 * 3 * 3 * 3 * 3 {
					call.test(t, keys, start, n)
				}
			})
		})
	}
}

// lateCall is a call, and the challenge that it finds.
type lateCall struct {
	before func(*otp.Challenge) // changes the challenge; nil if there is none
	do     func(ctx context.Context, i otp.Issuer, authID string) error
}

// test makes the call with one of the combinations of paces: the digits of n to the
// base 3 are the paces of the requests.
func (call lateCall) test(t *testing.T, keys *otp.Keys, start otp.Start, n int) {
	const given = 8 * time.Second
	s := &slow{held: map[string]*otp.Challenge{}}
	i := otp.Issuer{Challenges: s, Ledgers: s, Sender: s, Keys: keys, Now: time.Now, Rand: rand.Reader}
	id := ""
	if call.before != nil {
		first, err := i.Send(t.Context(), start)
		if err != nil {
			t.Fatal(err)
		}
		id = first.AuthID
		held := s.held[otp.ChallengeKey("client", "id")]
		held.State, held.Lease = otp.Delivered, 0
		call.before(held)
	}
	rest := n
	for _, p := range []*pace{&s.reserve, &s.claim, &s.spend, &s.refund, &s.send, &s.late, &s.last} {
		*p, rest = pace(rest%3), rest/3
	}
	s.refuses, s.settled = rest == 1, 0
	begun := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), given)
	defer cancel()
	err := call.do(ctx, i, id)
	if took := time.Since(begun); took > given+otp.SettleTime {
		t.Fatalf("combination %d took %v and returned %v, want at most %v", n, took, err, given+otp.SettleTime)
	}
}
