package dynamostore

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

const (
	cleared = "SET #unanswered = :zero"
	// answeredBefore: no later right code is known.
	answeredBefore = "(attribute_not_exists(#answered) OR #answered <= :at)"
	// keptShorter: the ledger would be swept before its number is forgotten.
	keptShorter = "#ttl <= :ttl"
	// roomForSource: the source is known, or there is room for it.
	roomForSource = "(" + knowsNone + " OR size(#known) < :most OR " + knows + ")"
)

// Answered implements [otp.Ledgers]. It takes one write, unless all known sources are others, a later code is known,
// or the ledger is kept longer already: an expression cannot choose, so the ledger that refused it chooses the next.
func (s *Store) Answered(ctx context.Context, a otp.Answer) error {
	var n *otp.Ledger
	for range answeredTries {
		e, values := answering(a, n)
		item, applied, err := s.update(ctx, a.Ledger, e, values, types.ReturnValueNone)
		if err != nil || applied || item == nil { // without an item, there is no ledger to mark
			return err
		}
		if n, err = readLedger(item); err != nil {
			return err
		}
	}
	return errors.New("answered: the ledger of the number changed again and again")
}

// answeredTries is more than the right codes for one number that come at the same time.
const answeredTries = 5

// answering returns the write for a ledger as it was read, or as most ledgers are.
func answering(a otp.Answer, n *otp.Ledger) (*expression, image) {
	update, clauses, values := cleared, []string{exists}, image{":zero": zero}
	also := func(set, clause, name string, value types.AttributeValue) {
		update, clauses, values[name] = update+set, append(clauses, clause), value
	}
	if a.At != 0 && (n == nil || n.Answered <= a.At) {
		also(", #answered = :at", answeredBefore, ":at", millis(a.At))
	}
	if ttl := a.At.Add(otp.KnownMemory).Seconds(); a.At != 0 && (n == nil || n.TTL <= ttl) {
		also(", #ttl = :ttl", keptShorter, ":ttl", number(ttl))
	}
	switch {
	case len(a.Source) == 0:
	case n == nil || len(n.Known) < otp.MaxKnown || n.Knows(a.Source):
		also(" ADD #known :sources", roomForSource, ":sources", set([][]byte{a.Source}))
		values[":source"], values[":most"] = binary(a.Source), number(otp.MaxKnown)
	default:
		also(", #known = :new", "#known = :old", ":old", set(n.Known))
		values[":new"] = set(otp.Remember(n.Known, a.Source))
	}
	return when(update, clauses...), values
}
