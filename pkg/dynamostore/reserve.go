package dynamostore

import (
	"context"
	"errors"

	"countersign/pkg/otp"
)

const (
	// noItem: nobody has used this key.
	noItem = "attribute_not_exists(#pk)"
	// forgotten: the memory of this key is over, though the item was not swept yet.
	forgotten = "#ttl <= :seconds"
	// abandoned: an init that was never known to send, and whose code nobody can
	// use any more. The owner makes sure that it is the one the caller looked at.
	abandoned = "(" + undelivered + " AND #owner = :over AND #expiresAt <= :now)"
)

var (
	reserveFree = when("", either(noItem, forgotten))
	reserveOver = when("", either(noItem, forgotten, abandoned))
)

// Reserve implements [otp.Challenges].
func (s *Store) Reserve(ctx context.Context, c otp.Challenge, over string, now otp.Millis) (otp.Write, error) {
	// Rounded down: a TTL of whole seconds is at or before now just when it is at
	// or before the start of now's second.
	e, values := reserveFree, image{":seconds": number(int64(now) / 1000)}
	if over != "" {
		e = reserveOver
		values[":reserved"], values[":unclear"] = reservedState, unclearState
		values[":over"], values[":now"] = text(over), millis(now)
	}
	old, applied, err := s.put(ctx, writeChallenge(c), e, values)
	switch {
	case err != nil:
		return otp.Write{}, err
	case applied:
		return otp.Write{Applied: true}, nil
	case old == nil:
		return otp.Write{}, errors.New("reserve was refused without the challenge that refused it: does this table answer ReturnValuesOnConditionCheckFailure?")
	}
	standing, err := readChallenge(old)
	return otp.Write{Item: standing}, err
}
