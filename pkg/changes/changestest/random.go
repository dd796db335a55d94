package changestest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"countersign/pkg/otp"
)

// Wander leads a few challenges through random steps, including some that [Life.Lead]
// does not have: requests to the store fail now and then, before or after they are
// applied, and nobody repeats them. The steps depend on the seed only, so they are the
// same on two stores. After each step, between returns the store to continue on.
func (l *Life) Wander(seed uint64, steps int, s Store, between func(Store) Store) {
	w := wanderer{
		Life: l, Rand: rand.New(rand.NewPCG(seed, 0)), broken: &broken{Store: s}, codes: map[string]otp.Code{},
	}
	w.On(w.broken)
	w.policy.Cooldown, w.policy.PerHour, w.policy.PerDay, w.policy.Validity = 0, 20, 20, time.Minute
	for range steps {
		w.step()
		w.Now = w.Now.Add(7 * time.Millisecond)
		w.broken.Store = between(w.broken.Store)
	}
}

type wanderer struct {
	*Life
	*rand.Rand
	broken *broken
	codes  map[string]otp.Code // the latest under each id
}

// step makes one call or advances the time. It ignores the outcome.
func (w *wanderer) step() {
	id := fmt.Sprint("id ", w.IntN(2))
	w.answers = [][]otp.Delivery{nil, nil, {otp.MaybeSent}, {otp.Refused}}[w.IntN(4)]
	w.broken.in, w.broken.after = 0, w.IntN(2) == 0
	if w.IntN(8) == 0 {
		w.broken.in = 1 + w.IntN(4)
	}
	ctx, sent := w.t.Context(), len(w.Codes)
	if w.IntN(4) == 0 {
		reason := otp.Reasons()[w.IntN(len(otp.Reasons()))]
		r := otp.Receipt{MessageID: messageID(w.IntN(w.messages + 2)), Reason: reason, At: w.Now, TTL: w.Now.Seconds()}
		_, _ = w.receipts.Receive(ctx, r)
		return
	}
	switch w.IntN(10) {
	case 0:
		_, _ = w.issuer.Init(ctx, w.start(id))
	case 1, 2, 3:
		id = "scenario " + id
		r := w.start(id)
		r.Fingerprinted, r.Digits, r.Policy.Attempts = nil, 4+w.IntN(2), 3+w.IntN(3)
		_, _ = w.issuer.Send(ctx, r)
	case 4:
		if w.IntN(2) == 0 {
			id = "scenario " + id
		}
		_, _ = w.issuer.Resend(ctx, otp.Resend{
			Client: w.client, AuthID: w.made(otp.Start{Client: w.client, ID: id}),
			ID: []string{"", "a", "b"}[w.IntN(3)], Policy: w.policy, Text: w.start(id).Text,
		})
	case 5:
		w.Now = w.Now.Add([]time.Duration{time.Second, 16 * time.Second, 61 * time.Second}[w.IntN(3)])
	default:
		if w.IntN(3) > 0 {
			id = "scenario " + id
		}
		code := w.codes[id]
		if code == "" || w.IntN(4) > 0 {
			code = "wrong"
		}
		_, _ = w.verifier.Verify(ctx, otp.Check{Client: w.client, ID: id, Code: code})
	}
	if len(w.Codes) > sent {
		w.codes[id] = w.code
	}
}

// broken is a store with one request that fails.
type broken struct {
	Store
	in    int  // the request that fails, counted from now; 0: none
	after bool // the request is applied before it fails
}

var errBroken = errors.New("the connection broke")

// via makes a request, or fails it if its turn has come.
func via[T any](b *broken, do func() (T, error)) (out T, err error) {
	if b.in--; b.in != 0 {
		return do()
	}
	if b.after {
		_, _ = do()
	}
	return out, errBroken
}

func (b *broken) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis) (otp.Write, error) {
	return via(b, func() (otp.Write, error) { return b.Store.Reserve(ctx, c, over, now) })
}

func (b *broken) TakeOver(ctx context.Context, t otp.TakeOver) (otp.Write, error) {
	return via(b, func() (otp.Write, error) { return b.Store.TakeOver(ctx, t) })
}

func (b *broken) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	return via(b, func() (otp.Write, error) { return b.Store.Claim(ctx, c) })
}

func (b *broken) Settle(ctx context.Context, s otp.Settlement) (otp.Write, error) {
	return via(b, func() (otp.Write, error) { return b.Store.Settle(ctx, s) })
}

func (b *broken) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	return via(b, func() (otp.Write, error) { return b.Store.Attempt(ctx, g) })
}

func (b *broken) Receive(ctx context.Context, r otp.Receipt) (bool, error) {
	return via(b, func() (bool, error) { return b.Store.Receive(ctx, r) })
}

func (b *broken) Spend(ctx context.Context, s otp.Spend) (otp.Spent, error) {
	return via(b, func() (otp.Spent, error) { return b.Store.Spend(ctx, s) })
}
