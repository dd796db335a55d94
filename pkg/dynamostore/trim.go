package dynamostore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

// trimBudget bounds the time that a counted send waits until old ones are dropped.
const trimBudget = 400 * time.Millisecond

// trim drops the sends that no limit looks at any more, where a spend left enough
// of them; [otp.Limits.Trim] says how many stay. DynamoDB cannot put in front of a
// list and cut its end in one write. A trim that fails is made up for by the next
// spend, so it gets little time and its error is dropped: the send is counted.
//
// Other writes may come between the spend and the trim. Entries move to the end
// only, and no matter which they are by then, all from index keep on are beyond
// what the limits look at.
func (s *Store) trim(ctx context.Context, p otp.Spend, counted image) {
	sends, _ := counted["sends"].(*types.AttributeValueMemberL)
	if sends == nil {
		return
	}
	length := len(sends.Value)
	keep := p.Limits.Trim(length)
	if keep >= length {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, trimBudget)
	defer cancel()
	e := dropFrom(keep, length)
	_, _ = s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                s.table,
		Key:                      image{"pk": text(p.Key)},
		UpdateExpression:         e.update,
		ConditionExpression:      e.condition,
		ExpressionAttributeNames: e.names,
	})
}

// dropFrom removes the entries from index keep on. Indexes are those before the
// write, so their order should not matter; from the end it does not even where an
// engine removes one after the other, as dynoxide 1.2.1 does. The condition keeps
// the write from making an item where there is none any more.
func dropFrom(keep, length int) *expression {
	drop := make([]string, 0, 2*(length-keep))
	for k := length - 1; k >= keep; k-- {
		index := "[" + strconv.Itoa(k) + "]"
		drop = append(drop, "#sends"+index, "#by"+index)
	}
	return when("REMOVE "+strings.Join(drop, ", "), fmt.Sprintf("attribute_exists(#sends[%d])", keep))
}
