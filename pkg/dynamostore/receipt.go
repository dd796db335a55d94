package dynamostore

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/otp"
)

var receipts = codec[otp.Receipt](otp.ReceiptFields)

// rank is the attribute by which the receipts of a message are compared.
const rank = "rank"

// receiveHigher: the message has no receipt, or one of a lower rank.
var receiveHigher = when("", either(noItem, "#rank < :rank"))

// Receive implements [otp.Receipts].
func (s *Store) Receive(ctx context.Context, r otp.Receipt) (changed bool, err error) {
	item := writeReceipt(r)
	out, err := s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                 s.table,
		Item:                      item,
		ConditionExpression:       receiveHigher.condition,
		ExpressionAttributeNames:  receiveHigher.names,
		ExpressionAttributeValues: image{":rank": item[rank]},
		ReturnValues:              types.ReturnValueAllOld,
	})
	if err != nil {
		_, _, err = s.refused("PutItem", err)
		return false, err
	}
	if len(out.Attributes) == 0 {
		return true, nil
	}
	was, err := ReadReceipt(out.Attributes)
	return err == nil && was.State() != r.State(), err
}

// Receipt implements [otp.ReceiptReader]. The read is strongly consistent: a re-send within
// the same second sees what the receipt has.
func (s *Store) Receipt(ctx context.Context, messageID string) (*otp.Receipt, error) {
	item, err := s.get(ctx, otp.ReceiptKey(messageID))
	if item == nil {
		return nil, err
	}
	return ReadReceipt(item)
}

func writeReceipt(r otp.Receipt) image {
	item := receipts.write(&r)
	item["pk"], item[rank] = text(otp.ReceiptKey(r.MessageID)), number(int64(r.Reason.Rank()))
	return item
}

// ReadReceipt reads the item of a receipt, as [ReadChallenge] reads that of a challenge.
func ReadReceipt(item map[string]types.AttributeValue) (*otp.Receipt, error) {
	r, err := receipts.read("receipt", item)
	if err != nil {
		return nil, err
	}
	if r.State() == "" {
		return nil, fmt.Errorf("receipt item: attribute %q is not a reason that this release knows", "reason")
	}
	r.MessageID = strings.TrimPrefix(r.MessageID, otp.ReceiptPrefix)
	return r, nil
}
