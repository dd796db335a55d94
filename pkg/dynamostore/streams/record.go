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

// challenges is the prefix of the keys of challenges.
const challenges = "C#"

// sweeper is the principal that deletes items whose TTL is over.
const sweeper = "dynamodb.amazonaws.com"

// change reads a record. ok is false if the record is not of a challenge, or not readable.
func change(record streamtypes.Record) (c changes.Change, ok bool) {
	pk, _ := record.Dynamodb.Keys["pk"].(*streamtypes.AttributeValueMemberS)
	if pk == nil || !strings.HasPrefix(pk.Value, challenges) {
		return c, false
	}
	was, err := image(record.Dynamodb.OldImage)
	is, err2 := image(record.Dynamodb.NewImage)
	if err != nil || err2 != nil {
		return c, false
	}
	return changes.Change{
		Was: was, Is: is,
		At:    aws.ToTime(record.Dynamodb.ApproximateCreationDateTime),
		Swept: record.UserIdentity != nil && aws.ToString(record.UserIdentity.PrincipalId) == sweeper,
	}, true
}

// image reads a challenge in a record; it is nil if there is none.
func image(from map[string]streamtypes.AttributeValue) (*otp.Challenge, error) {
	if len(from) == 0 {
		return nil, nil
	}
	to := make(item, len(from))
	for name, v := range from {
		switch v := v.(type) { // a challenge has no other types
		case *streamtypes.AttributeValueMemberS:
			to[name] = text(v.Value)
		case *streamtypes.AttributeValueMemberN:
			to[name] = &types.AttributeValueMemberN{Value: v.Value}
		case *streamtypes.AttributeValueMemberB:
			to[name] = &types.AttributeValueMemberB{Value: v.Value}
		}
	}
	return dynamostore.ReadChallenge(to)
}
