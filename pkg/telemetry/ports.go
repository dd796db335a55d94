package telemetry

import (
	"context"
	"time"

	"countersign/pkg/documents"
	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// Store notes how long a store's writes take, and some fields of the challenges that they return. It is as safe for
// concurrent use as the store.
type Store struct {
	otp.Challenges
	otp.Ledgers
	Now func() time.Time
}

// Reserve implements [otp.Challenges].
func (s Store) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis) (otp.Write, error) {
	begun := s.Now()
	w, err := s.Challenges.Reserve(ctx, c, over, now)
	return s.wrote(ctx, begun, w), err
}

// TakeOver implements [otp.Challenges].
func (s Store) TakeOver(ctx context.Context, t otp.TakeOver) (otp.Write, error) {
	begun := s.Now()
	w, err := s.Challenges.TakeOver(ctx, t)
	return s.wrote(ctx, begun, w), err
}

// Claim implements [otp.Challenges].
func (s Store) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	begun := s.Now()
	w, err := s.Challenges.Claim(ctx, c)
	if w.Item != nil {
		From(ctx).Test = w.Item.Test
	}
	return s.wrote(ctx, begun, w), err
}

// Settle implements [otp.Challenges].
func (s Store) Settle(ctx context.Context, x otp.Settlement) (otp.Write, error) {
	begun := s.Now()
	w, err := s.Challenges.Settle(ctx, x)
	return s.wrote(ctx, begun, w), err
}

// Attempt implements [otp.Challenges].
func (s Store) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	begun := s.Now()
	w, err := s.Challenges.Attempt(ctx, g)
	if w.Item != nil {
		r := From(ctx)
		r.Left, r.Test = max(0, w.Item.Max-w.Item.Attempts), w.Item.Test
	}
	return s.wrote(ctx, begun, w), err
}

// Spend implements [otp.Ledgers].
func (s Store) Spend(ctx context.Context, x otp.Spend) (otp.Spent, error) {
	begun := s.Now()
	spent, err := s.Ledgers.Spend(ctx, x)
	From(ctx).Storing += s.Now().Sub(begun)
	return spent, err
}

// Refund implements [otp.Ledgers].
func (s Store) Refund(ctx context.Context, key, id string, charged ...guard.Charged) error {
	begun := s.Now()
	err := s.Ledgers.Refund(ctx, key, id, charged...)
	From(ctx).Storing += s.Now().Sub(begun)
	return err
}

// wrote notes a write. Requests of verify and trigger have an id only, so the masked number comes from the challenge.
func (s Store) wrote(ctx context.Context, begun time.Time, w otp.Write) otp.Write {
	r := From(ctx)
	r.Storing += s.Now().Sub(begun)
	if c := w.Item; c != nil && c.Mask != "" {
		r.Mask, r.Country, r.AuthID = c.Mask, c.Region, c.AuthID
	}
	return w
}

// Documents notes how long the writes of documents take that belong to a request, such as the count of a guess at a
// password.
type Documents struct {
	documents.Table
	Now func() time.Time
}

// Put implements [documents.Table].
func (d Documents) Put(ctx context.Context, key string, text []byte, was int64) (ok bool, err error) {
	begun := d.Now()
	ok, err = d.Table.Put(ctx, key, text, was)
	From(ctx).Storing += d.Now().Sub(begun)
	return ok, err
}

// Receipts notes how long the look-up of a receipt takes, and that it failed. The message goes out all the same, so the
// line of the request has the fault beside its outcome.
type Receipts struct {
	otp.ReceiptReader
	Now func() time.Time
}

// Receipt implements [otp.ReceiptReader].
func (s Receipts) Receipt(ctx context.Context, messageID string) (*otp.Receipt, error) {
	begun := s.Now()
	found, err := s.ReceiptReader.Receipt(ctx, messageID)
	r := From(ctx)
	r.Storing += s.Now().Sub(begun)
	if err != nil {
		r.NoReceipt = err.Error()
	}
	return found, err
}

// Sender notes how long a sender takes, and counts the messages that it accepts.
type Sender struct {
	otp.Sender
	Now func() time.Time
}

// Send implements [otp.Sender].
func (s Sender) Send(ctx context.Context, m otp.Message) (otp.Delivery, string, error) {
	begun := s.Now()
	d, id, err := s.Sender.Send(ctx, m)
	r := From(ctx)
	r.Sending += s.Now().Sub(begun)
	if d == otp.Accepted {
		r.Sends++
	}
	return d, id, err
}
