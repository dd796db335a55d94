package dynamostore

import (
	"context"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// The tests are outside the package because they use dynamotest, which imports this package.
var (
	Definition     = definition
	TimeToLive     = timeToLive
	WriteChallenge = writeChallenge
	ReadLedger     = readLedger
	WriteReceipt   = writeReceipt
)

// Codec writes and reads challenges with a list of fields.
type Codec []otp.Field

func (c Codec) Write(of *otp.Challenge) image {
	item := codec[otp.Challenge](c).write(of)
	item[retired] = empty
	return item
}

func (c Codec) Read(item image) (*otp.Challenge, error) {
	return codec[otp.Challenge](c).read("challenge", item)
}

// WriteEntry writes an entry of the guard with a revision.
func WriteEntry(e guard.Entry, rev int64) image {
	e.Rev = rev
	return writeEntry(e)
}

// Entry reads the entry under a key; it is nil if there is none. The read is strongly consistent.
func (s *Store) Entry(ctx context.Context, key string) (*guard.Entry, error) {
	item, err := s.get(ctx, key)
	if item == nil {
		return nil, err
	}
	e, err := ReadEntry(item)
	if err != nil {
		return nil, err
	}
	return &e, nil
}
