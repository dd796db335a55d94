package dynamostore

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

const cleared = "SET #unanswered = :zero"

var (
	answered = when(cleared, exists)
	// answeredFrom makes the source known in the same write, if it is known or there is
	// room for it.
	answeredFrom = when(cleared+" ADD #known :sources",
		exists, either(knowsNone, "size(#known) < :most", knows))
	// answeredInstead replaces the known sources, which are as the caller read them.
	answeredInstead = when(cleared+", #known = :new", "#known = :old")
)

// Answered implements [otp.Ledgers]. If all known sources are others, a second write puts
// the new one in the place of one of them: an expression cannot choose it.
func (s *Store) Answered(ctx context.Context, a otp.Answer) error {
	if len(a.Source) == 0 {
		_, _, err := s.update(ctx, a.Ledger, answered, image{":zero": zero}, types.ReturnValueNone)
		return err // if it is refused, there is no ledger to mark
	}
	for range answeredTries {
		item, applied, err := s.update(ctx, a.Ledger, answeredFrom, image{
			":zero": zero, ":sources": set([][]byte{a.Source}), ":source": binary(a.Source),
			":most": number(otp.MaxKnown),
		}, types.ReturnValueNone)
		if err != nil || applied || item == nil {
			return err
		}
		n, err := readLedger(item)
		if err != nil {
			return err
		}
		_, applied, err = s.update(ctx, a.Ledger, answeredInstead, image{
			":zero": zero, ":old": set(n.Known), ":new": set(otp.Remember(n.Known, a.Source)),
		}, types.ReturnValueNone)
		if err != nil || applied {
			return err
		}
	}
	return errors.New("answered: the known sources of the number changed again and again")
}

// answeredTries is more than the right codes for one number that come at the same time.
const answeredTries = 5
