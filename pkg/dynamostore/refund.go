package dynamostore

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// refundTries is the number of times that a refund looks for a send that later sends push
// down the list. Each of those would have to be counted within a few milliseconds, which
// the limits of a number do not allow.
const refundTries = 5

// Refund implements [otp.Ledgers]. The send is nearly always the latest, and unanswered:
// the same call counted it.
func (s *Store) Refund(ctx context.Context, key, id string, charged ...guard.Charged) error {
	refunded, err := s.refund(ctx, key, id, true)
	if err != nil || !refunded {
		return err
	}
	return s.uncharge(ctx, charged)
}

// refund removes the latest send, if it has the id, and one unanswered message if the send counts as one. Otherwise the
// write is refused, and the item that refused it has the place of the send and the count. It reports whether there was
// such a send.
func (s *Store) refund(ctx context.Context, key, id string, counts bool) (refunded bool, err error) {
	k, unanswered := 0, counts
	for range refundTries {
		off := zero
		if unanswered {
			off = one
		}
		values := image{":id": text(id), ":off": off}
		item, applied, err := s.update(ctx, key, refundAt(k), values, types.ReturnValueNone)
		if err != nil || applied || item == nil {
			return applied, err
		}
		n, err := readLedger(item)
		if err != nil {
			return false, err
		}
		if k = slices.IndexFunc(n.Sends, func(s otp.Send) bool { return s.ID == id }); k < 0 {
			return false, nil // never counted, or refunded before, perhaps by this call when an answer was lost
		}
		unanswered = counts && n.Unanswered > 0 // else the number answered meanwhile, or its key was rotated
	}
	return false, fmt.Errorf("refund: the send moved %d times while it was looked up", refundTries)
}

// refundAt returns the expression that removes the k-th latest send, if it still has the
// id. The send may have moved since it was read.
func refundAt(k int) *expression {
	if k == 0 {
		return refundLatest
	}
	return refundOf("[" + strconv.Itoa(k) + "]")
}

var refundLatest = refundOf("[0]")

func refundOf(index string) *expression {
	return when("REMOVE #sends"+index+", #by"+index+" SET #unanswered = #unanswered - :off",
		"#by"+index+" = :id", "#unanswered >= :off")
}
