package dynamostore

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

// refundTries bounds how often a refund runs after a send that other sends push
// further down the list. Each of them would have to be counted in the few
// milliseconds between, which the limits of a number do not allow.
const refundTries = 5

// Refund implements [otp.Ledgers]. The send is nearly always the latest: it was
// counted by the same call, and as one that was not answered. Where either is not so,
// the refusal says how it stands.
func (s *Store) Refund(ctx context.Context, key, id string) error {
	k, off := 0, one
	for range refundTries {
		item, applied, err := s.update(ctx, key, refundAt(k), image{":id": text(id), ":off": off}, types.ReturnValueNone)
		if err != nil || applied || item == nil {
			return err
		}
		n, err := readNumber(item)
		if err != nil {
			return err
		}
		if k = slices.IndexFunc(n.Sends, func(s otp.Send) bool { return s.ID == id }); k < 0 {
			return nil // never counted, or taken off before: by this very call, where an answer was lost
		}
		if off = one; n.Unanswered == 0 { // a newer ledger while the key is rotated, or answered meanwhile
			off = zero
		}
	}
	return fmt.Errorf("refund: the send moved %d times while it was taken off", refundTries)
}

// refundAt takes off the k-th latest send where that is the one meant: it may
// have moved since it was looked up.
func refundAt(k int) *expression {
	if k == 0 {
		return refundLatest
	}
	index := "[" + strconv.Itoa(k) + "]"
	return when("REMOVE #sends"+index+", #by"+index+" SET #unanswered = #unanswered - :off", "#by"+index+" = :id", "#unanswered >= :off")
}

var refundLatest = when("REMOVE #sends[0], #by[0] SET #unanswered = #unanswered - :off", "#by[0] = :id", "#unanswered >= :off")
