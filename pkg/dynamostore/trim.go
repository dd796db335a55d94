package dynamostore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

// trimBudget is the longest time that a counted send waits for a trim.
const trimBudget = 400 * time.Millisecond

// trim drops the sends that no limit needs, if a spend left enough of them.
// [otp.Limits.Trim] returns how many stay. It is a second write, because DynamoDB cannot
// add at the front of a list and cut its end in one. The next spend trims again, so trim
// has little time and ignores errors: the send is counted already.
//
// Other writes may come between the spend and the trim. They move entries only towards the
// end, so all from index keep on are still beyond those that the limits need.
func (s *Store) trim(ctx context.Context, p otp.Spend, counted image) {
	sends, _ := counted["sends"].(*types.AttributeValueMemberL)
	if sends == nil {
		return
	}
	s.trimTo(ctx, p, len(sends.Value))
}

// trimTo is trim for a ledger with so many sends.
func (s *Store) trimTo(ctx context.Context, p otp.Spend, length int) {
	keep := p.Limits.Trim(length)
	if keep >= length {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, trimBudget)
	defer cancel()
	_, _, _ = s.update(ctx, p.Key, dropFrom(keep, length), nil, types.ReturnValueNone)
}

// dropFrom returns the expression that removes the entries from index keep on. It names the
// last one first: DynamoDB's indexes are those before the write, but dynoxide 1.2.1 removes
// one entry after the other. The condition keeps the write from making a new item if the
// ledger has been deleted.
func dropFrom(keep, length int) *expression {
	drop := make([]string, 0, 2*(length-keep))
	for k := length - 1; k >= keep; k-- {
		index := "[" + strconv.Itoa(k) + "]"
		drop = append(drop, "#sends"+index, "#by"+index)
	}
	return when("REMOVE "+strings.Join(drop, ", "), fmt.Sprintf("attribute_exists(#sends[%d])", keep))
}
