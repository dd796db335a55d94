package streams

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"countersign/pkg/changes"
	"countersign/pkg/dynamostore"
	"countersign/pkg/otp"
)

// item is the attributes of an item in the table.
type item = map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

// sweeper is the principal that deletes items whose TTL is over.
const sweeper = "dynamodb.amazonaws.com"

// change reads a record. ok is false if the record is neither of a challenge nor of a receipt, or not readable.
func change(record streamtypes.Record) (c changes.Change, ok bool) {
	pk, _ := record.Dynamodb.Keys["pk"].(*streamtypes.AttributeValueMemberS)
	if pk == nil {
		return c, false
	}
	c.At = aws.ToTime(record.Dynamodb.ApproximateCreationDateTime)
	c.Swept = record.UserIdentity != nil && aws.ToString(record.UserIdentity.PrincipalId) == sweeper
	switch key := pk.Value; {
	case strings.HasPrefix(key, otp.ChallengePrefix):
		c.Was, c.Is, ok = images(record, dynamostore.ReadChallenge)
	case strings.HasPrefix(key, otp.ReceiptPrefix):
		c.WasReceipt, c.Receipt, ok = images(record, dynamostore.ReadReceipt)
	}
	return c, ok
}

// images reads the item of a record before and after the change. Either is nil if there is none.
func images[T any](record streamtypes.Record, read func(item) (*T, error)) (was, is *T, ok bool) {
	was, err := image(record.Dynamodb.OldImage, read)
	is, err2 := image(record.Dynamodb.NewImage, read)
	return was, is, err == nil && err2 == nil
}

// image reads an item in a record; it is nil if there is none.
func image[T any](from map[string]streamtypes.AttributeValue, read func(item) (*T, error)) (*T, error) {
	if len(from) == 0 {
		return nil, nil
	}
	to := make(item, len(from))
	for name, v := range from {
		switch v := v.(type) { // neither item has other types
		case *streamtypes.AttributeValueMemberS:
			to[name] = text(v.Value)
		case *streamtypes.AttributeValueMemberN:
			to[name] = &types.AttributeValueMemberN{Value: v.Value}
		case *streamtypes.AttributeValueMemberB:
			to[name] = &types.AttributeValueMemberB{Value: v.Value}
		}
	}
	return read(to)
}
