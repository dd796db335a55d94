package otp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"
)

// Issuer makes challenges and sends their codes. All fields are required. It
// holds no state of its own and is safe for concurrent use.
type Issuer struct {
	Challenges Challenges
	Ledger     Ledger
	Sender     Sender
	Keys       *Keys
	Now        func() time.Time
	Rand       io.Reader // crypto/rand.Reader, or a test's own
}

// Lease is how long one invocation may work on a challenge before another may
// take it over. It is longer than any invocation lasts, so that no two ever
// send at the same time.
const Lease = 15 * time.Second

// Start asks for a challenge. The contract has checked every field.
type Start struct {
	Client string
	ID     string   // idempotency key, unique per client
	Counts []string // the fields that must be the same whenever ID comes again
	To     Phone
	Mask   string // To with its middle starred, kept for replays
	Policy Policy
	Text   Text // the message
}

// Text writes the message around a code that is valid for as long as left.
type Text func(code string, left time.Duration) string

// Started is the answer to a [Start].
type Started struct {
	Outcome Outcome
	AuthID  string        // with Sent
	Mask    string        // with Sent
	Wait    time.Duration // with TooSoon and TooMany, unless it is a replay: until the next send may pass
	Cause   error         // with Unclear and Undeliverable: what the sender said, for the log
}

// Init makes a challenge and sends its code, with at most one message per call.
// A repeat of a finished call answers what that call did and sends nothing; a
// repeat of one that crashed or stayed unclear goes on with the same code.
// An error means that the outcome is not known: the same id may be tried again.
func (i Issuer) Init(ctx context.Context, r Start) (Started, error) {
	now := MillisOf(i.Now())
	c, err := i.fresh(r, now)
	if err != nil {
		return Started{}, err
	}
	w, err := i.Challenges.Reserve(ctx, c, "", now)
	if err != nil {
		return Started{}, fmt.Errorf("reserve: %w", err)
	}
	if w.Applied || w.Item.Owner == c.Owner { // the latter: my own write, its first answer was lost
		return i.send(ctx, c, r, now)
	}
	return i.repeat(ctx, c, *w.Item, r, now)
}

// fresh makes a new challenge, owned by this call.
func (i Issuer) fresh(r Start, now Millis) (Challenge, error) {
	key, version := ChallengeKey(r.Client, r.ID), i.Keys.newest
	random := make([]byte, 16+16)
	if _, err := io.ReadFull(i.Rand, random); err != nil {
		return Challenge{}, fmt.Errorf("random bytes: %w", err)
	}
	serial, err := digits(i.Rand, 27)
	if err != nil {
		return Challenge{}, fmt.Errorf("random bytes: %w", err)
	}
	seed := random[16:]
	code, err := i.Keys.open(version, key, seed, r.Policy.Digits)
	if err != nil {
		return Challenge{}, err
	}
	print, err := i.Keys.print(version, r.Counts)
	if err != nil {
		return Challenge{}, err
	}
	digest, _ := i.Keys.digest(version, key, string(code))
	expires := now.Add(r.Policy.Validity)
	return Challenge{
		Key:        key,
		AuthID:     now.Time().Format("20060102") + serial,
		Print:      print,
		State:      Reserved,
		Owner:      id(random[:16]),
		Lease:      now.Add(Lease),
		Seed:       seed,
		Digits:     r.Policy.Digits,
		KeyVersion: version,
		Code:       digest,
		Guess:      []byte(none),
		Op:         none,
		Max:        r.Policy.Attempts,
		SentAt:     now,
		ExpiresAt:  expires,
		Ledger:     i.Keys.LedgerKey(r.Client, r.To),
		Mask:       r.Mask,
		TTL:        expires.Add(r.Policy.Memory).Seconds(),
	}, nil
}

// repeat answers a call whose id is known: old is what stands under it.
func (i Issuer) repeat(ctx context.Context, c, old Challenge, r Start, now Millis) (Started, error) {
	print, err := i.Keys.print(old.KeyVersion, r.Counts)
	if err != nil {
		return Started{}, err
	}
	switch {
	case !bytes.Equal(print, old.Print):
		return Started{Outcome: Inconsistent}, nil
	case old.State == Delivered:
		return sent(old), nil
	case old.State == Failed:
		return Started{Outcome: old.Result}, nil
	case old.Lease > now:
		return Started{Outcome: InProgress}, nil
	case old.ExpiresAt <= now:
		return i.restart(ctx, c, old, r, now)
	default:
		return i.takeOver(ctx, c, old, r, now)
	}
}

// restart replaces a challenge that expired before its message was known to be
// sent.
func (i Issuer) restart(ctx context.Context, c, old Challenge, r Start, now Millis) (Started, error) {
	w, err := i.Challenges.Reserve(ctx, c, old.Owner, now)
	switch {
	case err != nil:
		return Started{}, fmt.Errorf("reserve again: %w", err)
	case !w.Applied && w.Item.Owner != c.Owner:
		return Started{Outcome: InProgress}, nil // somebody else was first
	}
	return i.send(ctx, c, r, now)
}

// takeOver goes on where another call crashed or stayed unclear, with the same
// code.
func (i Issuer) takeOver(ctx context.Context, c, old Challenge, r Start, now Millis) (Started, error) {
	w, err := i.Challenges.TakeOver(ctx, TakeOver{
		Key: c.Key, From: old.Owner, Owner: c.Owner, Lease: c.Lease, Now: now,
	})
	switch {
	case err != nil:
		return Started{}, fmt.Errorf("take over: %w", err)
	case w.Item == nil || !w.Applied && w.Item.Owner != c.Owner:
		return Started{Outcome: InProgress}, nil // somebody else was first
	}
	if c = *w.Item; c.passed() || c.Attempts >= c.Max {
		// Its code is spent: the message did arrive, or is of no use any more.
		return i.settle(ctx, c, Delivered, sent(c))
	}
	return i.send(ctx, c, r, now)
}

// send counts the message, hands it over and settles what became of it.
func (i Issuer) send(ctx context.Context, c Challenge, r Start, now Millis) (Started, error) {
	wait, refusal, err := i.spend(ctx, c, r, now)
	if err != nil {
		// Nothing went out: let a retry go on at once. Should this fail too, it
		// waits for the end of the lease.
		i.settle(ctx, c, c.State, Started{})
		return Started{}, err
	}
	if refusal != "" {
		return i.settle(ctx, c, Failed, Started{Outcome: refusal, Wait: wait})
	}
	code, err := i.Keys.open(c.KeyVersion, c.Key, c.Seed, c.Digits)
	if err != nil {
		return Started{}, err
	}
	if MillisOf(i.Now()) >= c.Lease {
		// This call was stopped for so long that another may be sending by now.
		return Started{Outcome: InProgress}, nil
	}
	delivery, cause := i.Sender.Send(ctx, Message{To: r.To, Text: r.Text(string(code), c.ExpiresAt.Sub(now)), Code: code})
	switch delivery {
	case Accepted:
		return i.settle(ctx, c, Delivered, sent(c))
	case Refused:
		if err := i.refund(ctx, c); err != nil {
			return Started{}, err
		}
		return i.settle(ctx, c, Failed, Started{Outcome: Undeliverable, Cause: cause})
	default:
		return i.settle(ctx, c, MaybeDelivered, Started{Outcome: Unclear, Cause: cause})
	}
}

// spend counts the message in the number's ledger, once however often the
// challenge is taken over.
func (i Issuer) spend(ctx context.Context, c Challenge, r Start, now Millis) (time.Duration, Outcome, error) {
	limits, id := r.Policy.Limits(), SendID(c.AuthID)
	s, err := i.Ledger.Spend(ctx, Spend{
		Key: c.Ledger, ID: id, Now: now, Limits: limits, TTL: now.Add(ledgerMemory).Seconds(),
	})
	switch {
	case err != nil:
		return 0, "", fmt.Errorf("spend: %w", err)
	case s.Applied || s.Item.Counts(id):
		return 0, "", nil
	}
	refusal, wait := limits.Refusal(*s.Item, now)
	if refusal == "" {
		return 0, "", fmt.Errorf("spend: the ledger refused a send that no limit speaks against")
	}
	return wait, refusal, nil
}

// refund takes a message off again that will never go out. Where an earlier try
// may have gone out, it stays counted.
func (i Issuer) refund(ctx context.Context, c Challenge) error {
	if c.State == MaybeDelivered {
		return nil
	}
	if err := i.Ledger.Refund(ctx, c.Ledger, SendID(c.AuthID)); err != nil {
		return fmt.Errorf("refund: %w", err)
	}
	return nil
}

// ledgerMemory is how long a ledger outlives its last send: longer than any
// window and any pause.
const ledgerMemory = 30 * 24 * time.Hour

// settle writes what became of the message, then answers.
func (i Issuer) settle(ctx context.Context, c Challenge, state State, answer Started) (Started, error) {
	s := Settlement{Key: c.Key, Owner: c.Owner, State: state, Lease: MillisOf(i.Now())}
	if state == Failed {
		s.Result = answer.Outcome
	}
	w, err := i.Challenges.Settle(ctx, s)
	switch {
	case err != nil:
		return Started{}, fmt.Errorf("settle: %w", err)
	case !w.Applied:
		return Started{Outcome: InProgress}, nil // taken over meanwhile
	}
	return answer, nil
}

func sent(c Challenge) Started {
	return Started{Outcome: Sent, AuthID: c.AuthID, Mask: c.Mask}
}
