package storetest

import (
	"context"
	"errors"
	"sync/atomic"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// Redo makes a store in the same process behave as a real client over a lossy
// network: it tries a lost request up to three times, and the caller gets the answer
// to the last try.
func Redo(s Store, next func() Fate) Store { return losing(s, 3, next) }

// failing makes requests fail for the caller: with LostBefore before they are
// applied, with LostAfter after.
func failing(s Store, next func() Fate) Store { return losing(s, 1, next) }

func losing(s Store, tries int, next func() Fate) Store {
	return &decorated{s, func(call func() error) error {
		for range tries {
			switch next() {
			case Through:
				return call()
			case LostAfter:
				if err := call(); err != nil {
					return err
				}
			}
		}
		return errLost
	}}
}

var errLost = errors.New("scripted loss")

// nth lets every request through but the n-th, counted from 1.
func nth(n int, fate Fate) func() Fate {
	var count atomic.Int64 // a call may have two requests at once
	return func() Fate {
		if count.Add(1) == int64(n) {
			return fate
		}
		return Through
	}
}

// forever lets every request through before the n-th, counted from 1. That one has the
// fate, and all later ones are lost.
func forever(n int, fate Fate) func() Fate {
	var count atomic.Int64
	return func() Fate {
		switch is := count.Add(1); {
		case is < int64(n):
			return Through
		case is == int64(n):
			return fate
		}
		return LostBefore
	}
}

// Decorate makes a store that passes each request to s through do, which may call it or
// fail it.
func Decorate(s Store, do func(call func() error) error) Store { return &decorated{s, do} }

// decorated passes each request to a store through do.
type decorated struct {
	Store
	do func(call func() error) error
}

func through[T any](d *decorated, call func() (T, error)) (T, error) {
	var out T
	err := d.do(func() (err error) {
		out, err = call()
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return out, nil
}

func (d *decorated) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	return through(d, func() (otp.Write, error) { return d.Store.Claim(ctx, c) })
}

func (d *decorated) Reserve(
	ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis,
) (otp.Write, error) {
	return through(d, func() (otp.Write, error) { return d.Store.Reserve(ctx, c, over, now) })
}

func (d *decorated) TakeOver(ctx context.Context, t otp.TakeOver) (otp.Write, error) {
	return through(d, func() (otp.Write, error) { return d.Store.TakeOver(ctx, t) })
}

func (d *decorated) Settle(ctx context.Context, s otp.Settlement) (otp.Write, error) {
	return through(d, func() (otp.Write, error) { return d.Store.Settle(ctx, s) })
}

func (d *decorated) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	return through(d, func() (otp.Write, error) { return d.Store.Attempt(ctx, g) })
}

func (d *decorated) Spend(ctx context.Context, s otp.Spend) (otp.Spent, error) {
	return through(d, func() (otp.Spent, error) { return d.Store.Spend(ctx, s) })
}

func (d *decorated) Refund(ctx context.Context, key, id string, charged ...guard.Charged) error {
	return d.do(func() error { return d.Store.Refund(ctx, key, id, charged...) })
}

func (d *decorated) Answered(ctx context.Context, a otp.Answer) error {
	return d.do(func() error { return d.Store.Answered(ctx, a) })
}

func (d *decorated) Receive(ctx context.Context, r otp.Receipt) (bool, error) {
	return through(d, func() (bool, error) { return d.Store.Receive(ctx, r) })
}

func (d *decorated) Receipt(ctx context.Context, messageID string) (*otp.Receipt, error) {
	return through(d, func() (*otp.Receipt, error) { return d.Store.Receipt(ctx, messageID) })
}

func (d *decorated) Charge(ctx context.Context, c guard.Charge) (e guard.Entry, applied bool, err error) {
	err = d.do(func() (err error) {
		e, applied, err = d.Store.Charge(ctx, c)
		return err
	})
	if err != nil {
		return guard.Entry{}, false, err
	}
	return e, applied, nil
}

func (d *decorated) Uncharge(ctx context.Context, c guard.Charged) error {
	return d.do(func() error { return d.Store.Uncharge(ctx, c) })
}

// recorder keeps the requests to a store and the messages to a sender.
type recorder struct {
	Store
	*Inbox
	calls    []string
	reserved []otp.Challenge
	spent    []otp.Spend
}

func (r *recorder) Reserve(
	ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis,
) (otp.Write, error) {
	r.calls, r.reserved = append(r.calls, "reserve"), append(r.reserved, c)
	return r.Store.Reserve(ctx, c, over, now)
}

func (r *recorder) TakeOver(ctx context.Context, t otp.TakeOver) (otp.Write, error) {
	r.calls = append(r.calls, "take over")
	return r.Store.TakeOver(ctx, t)
}

func (r *recorder) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	r.calls = append(r.calls, "claim")
	return r.Store.Claim(ctx, c)
}

func (r *recorder) Settle(ctx context.Context, s otp.Settlement) (otp.Write, error) {
	r.calls = append(r.calls, "settle")
	return r.Store.Settle(ctx, s)
}

func (r *recorder) Spend(ctx context.Context, s otp.Spend) (otp.Spent, error) {
	r.calls, r.spent = append(r.calls, "spend"), append(r.spent, s)
	return r.Store.Spend(ctx, s)
}

func (r *recorder) Refund(ctx context.Context, key, id string, charged ...guard.Charged) error {
	r.calls = append(r.calls, "refund")
	return r.Store.Refund(ctx, key, id, charged...)
}

func (r *recorder) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	r.calls = append(r.calls, "send")
	return r.Inbox.Send(ctx, m)
}

// swept is a store whose sweeper removes an item just before it is taken over.
type swept struct{ Store }

func (swept) TakeOver(context.Context, otp.TakeOver) (otp.Write, error) { return otp.Write{}, nil }

// stubborn is a store whose ledger refuses each send, for no reason that it shows.
type stubborn struct{ Store }

func (stubborn) Spend(context.Context, otp.Spend) (otp.Spent, error) {
	return otp.Spent{Item: &otp.Ledger{}}, nil
}

// Undecorated returns the store below a decorated one.
func Undecorated(s Store) Store {
	for d, ok := s.(*decorated); ok; d, ok = s.(*decorated) {
		s = d.Store
	}
	return s
}
