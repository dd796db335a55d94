package otp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// Resend asks for the code of a challenge once more.
type Resend struct {
	Client string
	AuthID string // of the challenge
	ID     string // idempotency key of this call, unique per client; "" for none
	Policy Policy
	Text   Text
	From   string // sender name, "" for the sender's own
}

// Resend sends the same code again: used attempts and the end of its lifetime
// stay, and the number's limits count the message like any other. Outcomes are
// those of [Issuer.Init], and of [Verifier.Verify] where no code is live: Unknown,
// Used, Expired, Locked. With an ID, a repeat of a finished call answers what
// that call did. An error means that the outcome is not known.
func (i Issuer) Resend(ctx context.Context, r Resend) (Started, error) {
	now, keys := MillisOf(i.Now()), i.Keys.Keys(ctx)
	if keyOfAuthID(r.Client, r.AuthID) == "" {
		return Started{Outcome: Unknown}, nil // no id of ours: nothing to look for, nothing to remember
	}
	record, err := i.record(keys, r, now)
	if err != nil {
		return Started{}, err
	}
	if r.ID == "" {
		return i.resend(ctx, keys, record, false, r, now)
	}
	w, err := i.Challenges.Reserve(ctx, record, nil, now)
	if err != nil {
		return Started{}, fmt.Errorf("reserve: %w", err)
	}
	seed := record.Seed // of another, when the call before was left unfinished
	if !mine(w, record) {
		var answer Started
		record, answer, err = i.resume(ctx, keys, record, *w.Item, resendFingerprinted(r), now)
		if err != nil || answer.Outcome != "" {
			answer.AuthID = ""
			return answer, err
		}
	}
	answer, err := i.resend(ctx, keys, record, !bytes.Equal(record.Seed, seed), r, now)
	if err != nil {
		i.settle(ctx, record, record.State, Started{}) // a retry may go on at once
		return Started{}, err
	}
	return i.recorded(ctx, record, answer, now)
}

// resendFingerprinted are the fields that must not change between retries.
func resendFingerprinted(r Resend) []string { return []string{"resend", r.AuthID} }

func (i Issuer) resend(ctx context.Context, keys *Keys, record Challenge, again bool, r Resend, now Millis) (Started, error) {
	key := keyOfAuthID(r.Client, r.AuthID)
	if key == "" {
		return Started{Outcome: Unknown}, nil
	}
	claim := Claim{Key: key, AuthID: r.AuthID, Owner: record.Owner, Lease: now.Add(Lease), Now: now}
	answer, err := i.again(ctx, keys, claim, func(keys *Keys, c Challenge) (post, error) {
		to, _, err := keys.decrypt(c)
		return post{
			id: SendID(record.Seed), maybe: again, to: to, from: r.From, text: r.Text,
			limits: r.Policy.Limits(), ledgers: keys.LedgerKeys(r.Client, to), now: now,
		}, err
	})
	answer.AuthID = ""
	return answer, err
}

// recorded writes what became of a call under its id.
func (i Issuer) recorded(ctx context.Context, record Challenge, answer Started, now Millis) (Started, error) {
	s := Settlement{Key: record.Key, Owner: record.Owner, State: record.State, Lease: MillisOf(i.Now())}
	switch answer.Outcome {
	case Sent:
		s.State, s.SentAt, s.Mask = Delivered, now, answer.Mask
	case Unclear:
		s.State = MaybeDelivered
	case InProgress:
	case Unknown, Used, Expired, Locked: // binds nothing: the id may be used for another challenge
		s.State, s.Result, s.Forget = Failed, answer.Outcome, true
	default:
		s.State, s.Result = Failed, answer.Outcome
	}
	return i.settled(ctx, s, answer)
}

// record is what stands under the id of a call of [Issuer.Resend]: a challenge
// that nobody can guess at, since it allows no attempt.
func (i Issuer) record(keys *Keys, r Resend, now Millis) (Challenge, error) {
	random := make([]byte, 16+16)
	if _, err := io.ReadFull(i.Rand, random); err != nil {
		return Challenge{}, fmt.Errorf("random bytes: %w", err)
	}
	own := "\x00resend\x00" + r.ID // no id that a caller may choose
	print, err := keys.fingerprint(keys.newest, resendFingerprinted(r))
	if err != nil {
		return Challenge{}, err
	}
	expires := now.Add(r.Policy.Validity)
	return Challenge{
		Reported:    Reported{Client: r.Client, AuthID: authIDOf(r.Client, own, now)},
		Key:         ChallengeKey(r.Client, own),
		Fingerprint: print,
		State:       Reserved,
		Owner:       id(random[:16]),
		Lease:       now.Add(Lease),
		Seed:        random[16:],
		Encrypted:   []byte(none),
		KeyVersion:  keys.newest,
		Code:        print,
		Guess:       []byte(none),
		Op:          none,
		SentAt:      now,
		ExpiresAt:   expires,
		TTL:         expires.Add(r.Policy.Memory).Seconds(),
	}, nil
}

// again takes a live challenge, counts a further message of it and hands that
// over.
func (i Issuer) again(ctx context.Context, keys *Keys, claim Claim, p func(*Keys, Challenge) (post, error)) (Started, error) {
	w, err := i.Challenges.Claim(ctx, claim)
	switch {
	case err != nil:
		return Started{}, fmt.Errorf("claim: %w", err)
	case w.Item == nil:
		return Started{Outcome: Unknown}, nil
	case !w.Applied && w.Item.Owner != claim.Owner:
		return Started{Outcome: unclaimed(*w.Item, claim)}, nil
	}
	c := *w.Item
	s := Settlement{Key: c.Key, Owner: c.Owner, State: c.State, Result: c.Result}
	answer, err := i.claimed(ctx, keys, c, p)
	switch answer.Outcome {
	case InProgress:
		return answer, nil // the lease is over, somebody else may own it by now
	case Sent:
		s.State, s.SentAt, s.Mask = Delivered, claim.Now, c.Mask
	}
	s.Lease = MillisOf(i.Now()) // the next call may go on at once
	if err != nil {
		i.settled(ctx, s, answer)
		return Started{}, err
	}
	return i.settled(ctx, s, answer)
}

// claimed sends the code of a challenge that this call owns.
func (i Issuer) claimed(ctx context.Context, keys *Keys, c Challenge, p func(*Keys, Challenge) (post, error)) (Started, error) {
	if !keys.holds(c.KeyVersion) {
		keys = i.Keys.Newer(ctx, c.KeyVersion)
	}
	if keys.retired(c.KeyVersion) {
		return Started{Outcome: Unknown}, nil
	}
	message, err := p(keys, c)
	if err != nil {
		return Started{}, err
	}
	return i.handOver(ctx, keys, c, message)
}

// handOver counts a further message and publishes it.
func (i Issuer) handOver(ctx context.Context, keys *Keys, c Challenge, p post) (Started, error) {
	wait, refusal, err := i.spend(ctx, p)
	if err != nil || refusal != "" {
		return Started{Outcome: refusal, Wait: wait}, err
	}
	delivery, cause, err := i.publish(ctx, keys, c, p)
	switch {
	case errors.Is(err, errLate):
		return Started{Outcome: InProgress}, nil
	case err != nil:
		return Started{}, err
	}
	switch delivery {
	case Accepted:
		return sent(c), nil
	case Refused:
		return Started{Outcome: Undeliverable, Cause: cause}, i.refund(ctx, p, p.ledgers)
	default:
		return Started{Outcome: Unclear, Cause: cause}, nil
	}
}

// unclaimed says why a challenge was not there to be claimed.
func unclaimed(c Challenge, claim Claim) Outcome {
	switch {
	case c.State == Failed, c.State == Reserved, claim.AuthID != "" && claim.AuthID != c.AuthID:
		return Unknown
	case c.passed():
		return Used
	case c.ExpiresAt <= claim.Now:
		return Expired
	case c.Attempts >= c.Max:
		return Locked
	}
	return InProgress // another call is sending it
}
