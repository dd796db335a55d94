package otp

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Issuer makes challenges and sends their codes. All fields are required. It
// holds no state of its own and is safe for concurrent use.
type Issuer struct {
	Challenges Challenges
	Ledgers    Ledgers
	Sender     Sender
	Keys       Keyring
	Now        func() time.Time
	Rand       io.Reader // crypto/rand.Reader, or a test's own
}

// Lease is how long one invocation may work on a challenge before another may
// take it over. It is longer than any invocation lasts, so that no two ever
// send at the same time.
const Lease = 15 * time.Second

// SettleTime is how much longer than its call the writes may take that follow a
// message, together. A function has to have so much time left.
const SettleTime = time.Second

// Start asks for a challenge. The contract has checked every field.
type Start struct {
	Client        string
	ID            string   // idempotency key, unique per client; with [Issuer.Send] a scenario, see [Keys.Scenarios]
	Fingerprinted []string // the fields that must be the same whenever ID comes again
	To            Phone
	Mask          string // To with its middle starred, kept for replays
	Region        string // country of To, "" where it is not known
	Policy        Policy
	Text          Text   // the message
	From          string // sender name, "" for the sender's own

	Code           Code          // chosen by the client; "" makes one
	Digits         int           // of the code that is made; 0 is what the policy says
	StatedValidity time.Duration // at most so long a validity is told to Text; 0 is any

	// User is the reference of the user whose number it is, see [Users]; "" where
	// the caller gave the number. Refusal is what stands against the user; the
	// challenge fails with it at once, and To and Mask are not needed.
	User    string
	Refusal Outcome
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
	now, keys := MillisOf(i.Now()), i.Keys.Keys(ctx)
	c, err := i.fresh(keys, r, now)
	if err != nil {
		return Started{}, err
	}
	w, err := i.Challenges.Reserve(ctx, c, nil, now)
	if err != nil {
		return Started{}, fmt.Errorf("reserve: %w", err)
	}
	if mine(w, c) {
		return i.send(ctx, keys, c, i.post(keys, c, r, now))
	}
	seed := c.Seed
	c, answer, err := i.resume(ctx, keys, c, *w.Item, r.Fingerprinted, now)
	switch {
	case err != nil || answer.Outcome != "":
		return answer, err
	case c.passed() || c.Attempts >= c.Max:
		// Its code is spent: the message did arrive, or is of no use any more.
		return i.settle(ctx, c, Delivered, sent(c))
	case r.Refusal != "": // meanwhile: a code that did arrive dies with it
		return i.settle(ctx, c, Failed, Started{Outcome: r.Refusal})
	}
	if !keys.holds(c.KeyVersion) {
		keys = i.Keys.Newer(ctx, c.KeyVersion)
	}
	p := i.post(keys, c, r, now)
	p.maybe = !bytes.Equal(c.Seed, seed) // taken over: who had it may have got as far as sending
	return i.send(ctx, keys, c, p)
}

// fresh makes a new challenge, owned by this call.
func (i Issuer) fresh(keys *Keys, r Start, now Millis) (Challenge, error) {
	key, version := ChallengeKey(r.Client, r.ID), keys.newest
	random := make([]byte, 16+16)
	_, err := io.ReadFull(i.Rand, random)
	if err != nil {
		return Challenge{}, fmt.Errorf("random bytes: %w", err)
	}
	seed := random[16:]
	code, n := r.Code, cmp.Or(r.Digits, r.Policy.Digits)
	if code != "" {
		n = len(code)
	} else if code, err = keys.generate(version, key, seed, n); err != nil {
		return Challenge{}, err
	}
	print, err := keys.fingerprint(version, r.Fingerprinted)
	if err != nil {
		return Challenge{}, err
	}
	digest, _ := keys.digest(version, key, string(code))
	expires := now.Add(r.Policy.Validity)
	c := Challenge{
		Reported: Reported{
			Client: r.Client, AuthID: authIDOf(r.Client, r.ID, now), Region: r.Region, Mask: r.Mask,
		},
		Key:         key,
		Fingerprint: print,
		State:       Reserved,
		Owner:       id(random[:16]),
		Lease:       now.Add(Lease),
		Seed:        seed,
		Encrypted:   keys.encrypt(version, key, seed, r.To, r.Code),
		Chosen:      r.Code != "",
		Digits:      n,
		KeyVersion:  version,
		Code:        digest,
		Guess:       []byte(none),
		Op:          none,
		Max:         r.Policy.Attempts,
		SentAt:      now,
		ExpiresAt:   expires,
		User:        r.User,
		Block:       keys.Block(r.To),
		TTL:         expires.Add(r.Policy.Memory).Seconds(),
	}
	if r.Refusal != "" {
		c.State, c.Result = Failed, r.Refusal
	} else {
		ledgers := keys.LedgerKeys(r.Client, r.To)
		c.LedgerKey = ledgers[len(ledgers)-1]
	}
	return c, nil
}

// send counts the first message of a challenge, hands it over and settles what
// became of it.
func (i Issuer) send(ctx context.Context, keys *Keys, c Challenge, p post) (Started, error) {
	if c.State == Failed {
		return Started{Outcome: c.Result}, nil
	}
	wait, refusal, err := i.spend(ctx, p)
	if err != nil {
		// Nothing went out: let a retry go on at once. Should this fail too, it
		// waits for the end of the lease.
		i.settle(ctx, c, c.State, Started{})
		return Started{}, err
	}
	if refusal != "" {
		return i.settle(ctx, c, Failed, Started{Outcome: refusal, Wait: wait})
	}
	return i.first(ctx, keys, c, p)
}

// first hands the first message of a challenge over. It is counted.
func (i Issuer) first(ctx context.Context, keys *Keys, c Challenge, p post) (Started, error) {
	delivery, cause, err := i.publish(ctx, keys, c, p)
	switch {
	case errors.Is(err, errLate):
		return Started{Outcome: InProgress}, nil
	case err != nil:
		return Started{}, err
	}
	switch delivery {
	case Accepted:
		return i.settle(ctx, c, Delivered, sent(c))
	case Refused:
		if err := i.refund(ctx, p, p.ledgers); err != nil {
			return Started{}, err
		}
		return i.settle(ctx, c, Failed, Started{Outcome: Undeliverable, Cause: cause})
	default:
		return i.settle(ctx, c, MaybeDelivered, Started{Outcome: Unclear, Cause: cause})
	}
}

// settle writes what became of the message, then answers.
func (i Issuer) settle(ctx context.Context, c Challenge, state State, answer Started) (Started, error) {
	s := Settlement{Key: c.Key, Owner: c.Owner, State: state, Lease: MillisOf(i.Now())}
	if state == Failed {
		s.Result = answer.Outcome
	}
	return i.settled(ctx, s, answer)
}

func (i Issuer) settled(ctx context.Context, s Settlement, answer Started) (Started, error) {
	ctx, cancel := outlive(ctx)
	defer cancel()
	w, err := i.Challenges.Settle(ctx, s)
	switch {
	case err != nil:
		return Started{}, fmt.Errorf("settle: %w", err)
	case !w.Applied:
		return Started{Outcome: InProgress}, nil // taken over meanwhile
	}
	return answer, nil
}

// outlive returns a context that ends SettleTime after ctx would: what became of a
// message is written down also where the call's time ended while it was sent. Of two
// such writes the second has what the first left.
func outlive(ctx context.Context) (context.Context, context.CancelFunc) {
	late := context.WithoutCancel(ctx)
	if end, limited := ctx.Deadline(); limited {
		return context.WithDeadline(late, end.Add(SettleTime))
	}
	return context.WithCancel(late)
}

func sent(c Challenge) Started {
	return Started{Outcome: Sent, AuthID: c.AuthID, Mask: c.Mask}
}
