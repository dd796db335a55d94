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
	// asRead: the item is the one that the caller looked at and found to be over.
	// Each write to it changes its owner, its state or its op.
	asRead = "(#owner = :owner AND #state = :state AND #op = :op AND " + leaseOver + ")"
)

var (
	reserveFree = when("", either(noItem, forgotten))
	reserveOver = when("", either(noItem, forgotten, asRead))
)

// Reserve implements [otp.Challenges].
func (s *Store) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis) (otp.Write, error) {
	// Rounded down: a TTL of whole seconds is at or before now just when it is at
	// or before the start of now's second.
	e, values := reserveFree, image{":seconds": number(int64(now) / 1000)}
	if over != nil {
		e = reserveOver
		values[":owner"], values[":state"], values[":op"] = text(over.Owner), text(string(over.State)), text(over.Op)
		values[":now"] = millis(now)
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
	standing, err := ReadChallenge(old)
	return otp.Write{Item: standing}, err
}
