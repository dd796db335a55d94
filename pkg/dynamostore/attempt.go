package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

const (
	// exists: without a condition that needs an item, an update makes one.
	exists = "attribute_exists(#pk)"
	// live: its message was counted and may have gone out. While it is only
	// reserved nobody can hold its code, and guesses would come on top of what the
	// number's limits allow.
	live = "#state IN (:sent, :unclear)"
	// attemptsLeft: an answer is only given for a guess that was counted, so a
	// thousand at once are not more than max.
	attemptsLeft = "#attempts < #max"
	// unused: a code passes once. Nothing is written after the guess that is right.
	unused = "#guess <> #code"
	// newCall: a repetition of the same call, whose first answer was lost, is
	// refused, and so it is told by the item that it was the one.
	newCall = "#op <> :op"
	// sameKey: digests of two keys cannot be compared.
	sameKey = "#kv = :kv"
	// sameUser: the standing of the challenge's user was checked, or there is none.
	sameUser = "#user = :user"
	// fresh: the caller may ask for a message of lately, except where the client
	// chose the code and its lifetime with it.
	fresh = "(#chosen = :one OR #sentAt > :after)"
	// sameID: the caller names the challenge by both its ids.
	sameID = "#authId = :authId"
)

const guessed = "SET #guess = :guess, #op = :op, #attempts = #attempts + :one"

var (
	attempt     = when(guessed, exists, live, attemptsLeft, unexpired, unused, newCall, sameKey, sameUser, fresh)
	attemptOnID = when(guessed, exists, live, attemptsLeft, unexpired, unused, newCall, sameKey, sameUser, fresh, sameID)
)

// Attempt implements [otp.Challenges].
func (s *Store) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	e, values := attempt, image{
		":guess":   binary(g.Digest),
		":op":      text(g.Op),
		":one":     one,
		":sent":    sentState,
		":unclear": unclearState,
		":now":     millis(g.Now),
		":kv":      number(int64(g.KeyVersion)),
		":user":    text(g.User),
		":after":   millis(g.SentAfter),
	}
	if g.AuthID != "" {
		e, values[":authId"] = attemptOnID, text(g.AuthID)
	}
	return s.change(ctx, g.Key, e, values, types.ReturnValueAllNew)
}
