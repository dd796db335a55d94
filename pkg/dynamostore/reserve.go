package dynamostore

import (
	"context"

	"countersign/pkg/otp"
)

const (
	// noItem: the key is free.
	noItem = "attribute_not_exists(#pk)"
	// forgotten: the TTL of the item is over, though DynamoDB has not deleted it yet.
	forgotten = "#ttl <= :seconds"
	// asRead: the item is still as the caller read it. Each write changes its owner, its
	// state or its op.
	asRead = "(#owner = :owner AND #state = :state AND #op = :op AND " + leaseOver + ")"
)

var (
	reserveFree = when("", either(noItem, forgotten))
	reserveOver = when("", either(noItem, forgotten, asRead))
)

// Reserve implements [otp.Challenges].
func (s *Store) Reserve(ctx context.Context, c otp.Challenge, over *otp.Challenge, now otp.Millis) (otp.Write, error) {
	// A TTL has whole seconds, so now is rounded down to compare them.
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
		return otp.Write{}, noAnswer("reserve")
	}
	standing, err := ReadChallenge(old)
	return otp.Write{Item: standing}, err
}
