package storetest

import (
	"context"
	"errors"

	"countersign/pkg/otp"
)

// Redo gives a store in the same process what a real client does over a lossy
// network: it tries a request that was lost up to three times, and the caller sees
// the answer to the last try.
func Redo(s Store, next func() Fate) Store { return losing(s, 3, next) }

// failing makes requests fail for the caller: with LostBefore nothing was
// applied, with LostAfter it was.
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
	count := 0
	return func() Fate {
		if count++; count == n {
			return fate
		}
		return Through
	}
}

// decorated passes each call of a store through do.
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
func (d *decorated) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis) (otp.Write, error) {
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

func (d *decorated) Refund(ctx context.Context, key, id string) error {
	return d.do(func() error { return d.Store.Refund(ctx, key, id) })
}

func (d *decorated) Answered(ctx context.Context, key string) error {
	return d.do(func() error { return d.Store.Answered(ctx, key) })
}
