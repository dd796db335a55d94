package storetest

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// Agree runs the same random operations on two stores and fails at the first
// answer in which they differ (P26). It returns how many it ran. credit gives credits to
// either store, as in [Opener].
func Agree(t *testing.T, a, b Store, steps int, credit func(Store, []guard.Credit) error) int {
	done, run := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		run++
		s := &script{T: r, now: now, run: run, creditTo: credit}
		for n := range steps {
			op := s.operation()
			if x, y := op.on(a), op.on(b); x != y {
				r.Fatalf("step %d, %s:\n  %s\n  %s", n, op.name, x, y)
			}
			done++
		}
	})
	return done
}

// script draws operations on few keys, by few owners and at few instants, so that they
// often meet.
type script struct {
	*rapid.T
	now otp.Millis
	run int

	creditTo      func(Store, []guard.Credit) error
	sends, record int // of the guard
}

// anyState draws a delivered challenge as often as two others.
var anyState = rapid.SampledFrom([]otp.State{
	otp.Reserved, otp.MaybeDelivered, otp.Delivered, otp.Delivered, otp.Failed,
})

// operation is one request to a store. It returns the answer as text.
type operation struct {
	name string
	on   func(Store) string
}

// operation draws the next operation.
func (s *script) operation() operation {
	step := rapid.SampledFrom([]otp.Millis{0, 0, 0, 1, 999, 30_000, 300_000, 3_600_000, 90_000_000})
	s.now += step.Draw(s.T, "step")
	key := fmt.Sprintf("C#%d#%d", s.run, rapid.IntRange(0, 2).Draw(s.T, "challenge"))
	ledger := fmt.Sprintf("N#%d#%d", s.run, rapid.IntRange(0, 1).Draw(s.T, "ledger"))
	owner := rapid.SampledFrom([]string{"owner-1", "owner-2"})
	switch rapid.IntRange(0, 15).Draw(s.T, "operation") {
	case 11, 12, 13, 14, 15:
		return s.guarded()
	case 0, 1:
		return s.reserve(key, owner.Draw(s.T, "owner"), s.over())
	case 2:
		take := otp.TakeOver{
			Key: key, From: owner.Draw(s.T, "from"), Owner: owner.Draw(s.T, "owner"),
			Lease: s.now.Add(otp.Lease), Now: s.now,
		}
		return write("take over", func(st Store) (otp.Write, error) { return st.TakeOver(ctx, take) })
	case 3:
		settle := otp.Settlement{
			Key: key, Owner: owner.Draw(s.T, "owner"), Lease: s.now,
			State:  anyState.Draw(s.T, "state"),
			Result: rapid.SampledFrom([]otp.Outcome{"", otp.TooSoon}).Draw(s.T, "result"),
			SentAt: rapid.SampledFrom([]otp.Millis{0, 0, s.now}).Draw(s.T, "sent"), Mask: "+1***",
			Messages: rapid.SampledFrom([][]byte{nil, bytes32(5), bytes32(6)}).Draw(s.T, "messages"),
		}
		return write("settle", func(st Store) (otp.Write, error) { return st.Settle(ctx, settle) })
	case 4, 5:
		guess := otp.Guess{
			Key: key, AuthID: rapid.SampledFrom([]string{"", challenge("").AuthID, "other"}).Draw(s.T, "authID"),
			KeyVersion: rapid.SampledFrom([]int{1, 1, 1, 2}).Draw(s.T, "version"),
			User:       rapid.SampledFrom([]string{"", "", "", "user"}).Draw(s.T, "user"),
			Digest:     bytes32(rapid.SampledFrom([]byte{3, 4}).Draw(s.T, "digest")), // 3 is that of the code
			Op:         fmt.Sprint("op", rapid.IntRange(0, 3).Draw(s.T, "op")), Now: s.now,
			SentAfter: rapid.SampledFrom([]otp.Millis{0, 0, s.now - 1, s.now, s.now - 300_000}).Draw(s.T, "after"),
			Source:    source(rapid.IntRange(-1, 1).Draw(s.T, "source")), KeepSource: rapid.Bool().Draw(s.T, "keep"),
		}
		return write("attempt", func(st Store) (otp.Write, error) { return st.Attempt(ctx, guess) })
	case 9:
		claim := otp.Claim{
			Key: key, AuthID: rapid.SampledFrom([]string{"", challenge("").AuthID, "other"}).Draw(s.T, "authID"),
			Owner: owner.Draw(s.T, "owner"), Lease: s.now.Add(otp.Lease), Now: s.now,
		}
		if signed := rapid.IntRange(0, 4).Draw(s.T, "signed"); signed > 0 {
			claim.Owner = fmt.Sprint(otp.SignedMark, signed, ".", claim.Owner)
			claim.After = rapid.SampledFrom([]string{"", "@1", "@2", "@3", "@4"}).Draw(s.T, "after")
		}
		return write("claim", func(st Store) (otp.Write, error) { return st.Claim(ctx, claim) })
	case 6:
		return s.spend(ledger)
	case 10:
		return s.receive()
	case 7:
		id := fmt.Sprint(rapid.IntRange(0, 30).Draw(s.T, "send"))
		return operation{"refund", func(st Store) string { return fmt.Sprint(st.Refund(ctx, ledger, id)) }}
	default:
		a := otp.Answer{Ledger: ledger, Source: source(rapid.IntRange(-4, 11).Draw(s.T, "source"))}
		return operation{"answered", func(st Store) string { return fmt.Sprint(st.Answered(ctx, a)) }}
	}
}

// spend draws a send to be counted.
func (s *script) spend(ledger string) operation {
	sp := spend(ledger, fmt.Sprint(rapid.IntRange(0, 30).Draw(s.T, "send")), s.now)
	sp.Limits = sample().Limits()
	if rapid.IntRange(0, 3).Draw(s.T, "known") == 0 {
		sp.Limits, sp.Source = sample().KnownLimits(), source(rapid.IntRange(0, 11).Draw(s.T, "source"))
	}
	return operation{"spend", func(st Store) string {
		got, err := st.Spend(ctx, sp)
		return fmt.Sprintf("%v %+v %v", got.Applied, got.Item, err)
	}}
}

// receive draws a receipt, and reads the one that its message then has.
func (s *script) receive() operation {
	r := otp.Receipt{
		MessageID: fmt.Sprintf("%d-%d", s.run, rapid.IntRange(0, 2).Draw(s.T, "message")),
		Reason:    rapid.SampledFrom(otp.Reasons()).Draw(s.T, "reason"), At: s.now, TTL: s.now.Seconds(),
	}
	return operation{"receive", func(st Store) string {
		changed, err := st.Receive(ctx, r)
		is, err2 := st.Receipt(ctx, r.MessageID)
		return fmt.Sprintf("%v %v %+v %v", changed, err, is, err2)
	}}
}

// over draws an item as a caller could have read it.
func (s *script) over() *otp.Challenge {
	if rapid.Bool().Draw(s.T, "fresh") {
		return nil
	}
	return &otp.Challenge{
		Owner: rapid.SampledFrom([]string{"owner-1", "owner-2"}).Draw(s.T, "over"),
		State: anyState.Draw(s.T, "over state"),
		Op:    rapid.SampledFrom([]string{"-", "-", "op0", "op1"}).Draw(s.T, "over op"),
	}
}

func (s *script) reserve(key, owner string, over *otp.Challenge) operation {
	c := challenge(key)
	c.Owner, c.SentAt, c.Lease = owner, s.now, s.now.Add(otp.Lease)
	c.State = rapid.SampledFrom([]otp.State{otp.Reserved, otp.Reserved, otp.Delivered}).Draw(s.T, "state")
	c.User = rapid.SampledFrom([]string{"", "", "", "user"}).Draw(s.T, "user")
	c.Chosen, c.Test = rapid.Bool().Draw(s.T, "chosen"), rapid.Bool().Draw(s.T, "test")
	c.Max = rapid.IntRange(1, 3).Draw(s.T, "max")
	c.ExpiresAt = s.now.Add(5 * time.Minute)
	c.TTL = c.ExpiresAt.Add(time.Hour).Seconds()
	at := s.now
	return write("reserve", func(st Store) (otp.Write, error) { return st.Reserve(ctx, c, over, at) })
}

func write(name string, on func(Store) (otp.Write, error)) operation {
	return operation{name, func(s Store) string {
		got, err := on(s)
		return fmt.Sprintf("%v %+v %v", got.Applied, got.Item, err)
	}}
}
