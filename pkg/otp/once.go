package otp

import (
	"context"
	"fmt"
	"time"
)

// Once reports whether a caller's nonce comes for the first time, and remembers it until
// an instant, inclusive. Of any number of calls at once, one is the first. It takes one
// write. An error means that this is not known: the request must not be served.
//
// The memory is a record like that of a re-send, so each store has it, with its TTL, and
// a repeated write of the store recognises its own first try.
func (i Issuer) Once(ctx context.Context, client, nonce string, until time.Time) (first bool, err error) {
	s := i.begin(ctx, Start{Client: client})
	c, err := s.blank("\x00nonce\x00"+nonce, nil) // an id that no caller can choose
	if err != nil {
		return false, err
	}
	c.Encrypted, c.Code = []byte(none), c.Fingerprint
	c.TTL = until.Unix() + 1 // a TTL has whole seconds
	w, err := s.Challenges.Reserve(ctx, c, nil, s.at)
	if err != nil {
		return false, fmt.Errorf("remember a nonce: %w", err)
	}
	return w.ownedBy(c.Owner), nil
}
