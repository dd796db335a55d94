package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

const (
	// exists: without it, an update of a missing item makes one.
	exists = "attribute_exists(#pk)"
	// live: the message is counted and may have gone out. Nobody can have the code of a
	// challenge that is only reserved, and guesses at it would exceed what the number's
	// limits allow.
	live = "#state IN (:sent, :unclear)"
	// attemptsLeft: every guess that is answered is counted, so a thousand at once are
	// not more than max.
	attemptsLeft = "#attempts < #max"
	// unused: a code passes once. The right guess is the last one that is written.
	unused = "#guess <> #code"
	// newCall: a call whose first answer was lost is refused when it is repeated, and
	// finds its own op in the item that refused it.
	newCall = "#op <> :op"
	// sameKey: digests of two keys cannot be compared.
	sameKey = "#kv = :kv"
	// sameUser: the caller has checked the challenge's user, or there is none.
	sameUser = "#user = :user"
	// fresh: the caller may demand that the message is recent, unless the client chose
	// the code and its lifetime.
	fresh = "(#chosen = :one OR #sentAt > :after)"
	// sameID: the caller names the challenge by both ids, and they belong together.
	sameID = "#authId = :authId"
)

const guessed = "SET #guess = :guess, #op = :op, #attempts = #attempts + :one"

var mayGuess = all(exists, live, attemptsLeft, unexpired, unused, newCall, sameKey, sameUser, fresh)

// attempts are the expressions of an attempt, without and with the AuthID, by what becomes
// of the source of the challenge.
var attempts = struct{ keep, replace, remove [2]*expression }{
	keep:    attemptsThat(guessed),
	replace: attemptsThat(guessed + ", #source = :source"),
	remove:  attemptsThat(guessed + " REMOVE #source"),
}

func attemptsThat(update string) [2]*expression {
	return [2]*expression{when(update, mayGuess), when(update, mayGuess, sameID)}
}

// Attempt implements [otp.Challenges].
func (s *Store) Attempt(ctx context.Context, g otp.Guess) (otp.Write, error) {
	e, values := attempts.remove, image{
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
	switch {
	case g.KeepSource:
		e = attempts.keep
	case len(g.Source) > 0:
		e, values[":source"] = attempts.replace, binary(g.Source)
	}
	if g.AuthID == "" {
		return s.change(ctx, g.Key, e[0], values, types.ReturnValueAllNew)
	}
	values[":authId"] = text(g.AuthID)
	return s.change(ctx, g.Key, e[1], values, types.ReturnValueAllNew)
}
