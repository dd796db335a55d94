package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

const (
	claimed = "SET #owner = :owner, #lease = :lease"
	// signedLater: the request is no replay of the one that owned the challenge last, nor
	// of an older one.
	signedLater = "(NOT begins_with(#owner, :signed) OR #owner < :after)"
)

// claims are the expressions of a claim, by the fields that it has.
var claims = map[struct{ authID, after bool }]*expression{
	{false, false}: when(claimed, live, leaseOver, unexpired, unused, attemptsLeft),
	{true, false}:  when(claimed, live, leaseOver, unexpired, unused, attemptsLeft, sameID),
	{false, true}:  when(claimed, live, leaseOver, unexpired, unused, attemptsLeft, signedLater),
	{true, true}:   when(claimed, live, leaseOver, unexpired, unused, attemptsLeft, sameID, signedLater),
}

// Claim implements [otp.Challenges].
func (s *Store) Claim(ctx context.Context, c otp.Claim) (otp.Write, error) {
	values := image{
		":owner":   text(c.Owner),
		":lease":   millis(c.Lease),
		":now":     millis(c.Now),
		":sent":    sentState,
		":unclear": unclearState,
	}
	if c.AuthID != "" {
		values[":authId"] = text(c.AuthID)
	}
	if c.After != "" {
		values[":signed"], values[":after"] = text(otp.SignedMark), text(c.After)
	}
	e := claims[struct{ authID, after bool }{c.AuthID != "", c.After != ""}]
	return s.change(ctx, c.Key, e, values, types.ReturnValueAllNew)
}
