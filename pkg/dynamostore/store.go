package dynamostore

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"countersign/pkg/guard"
	"countersign/pkg/otp"
)

// Store is [otp.Challenges], [otp.Ledgers], [otp.Receipts] and [guard.Budgets] on one table.
// It holds no state and is safe for concurrent use.
type Store struct {
	client *dynamodb.Client
	table  *string
}

var (
	_ otp.Challenges = (*Store)(nil)
	_ otp.Ledgers    = (*Store)(nil)
	_ otp.Receipts   = (*Store)(nil)
	_ guard.Budgets  = (*Store)(nil)
	_ guard.Reader   = (*Store)(nil)
)

// New returns the store on a table, which must exist; see [CreateTable]. How
// long a call may take is up to the client; [NewClient] makes one that bounds it.
func New(client *dynamodb.Client, table string) *Store {
	return &Store{client: client, table: aws.String(table)}
}

// image is the attributes of an item.
type image = map[string]types.AttributeValue

// get reads the item under key, with every write before it. It is nil if there is none.
func (s *Store) get(ctx context.Context, key string) (image, error) {
	out, err := s.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: s.table, Key: image{"pk": text(key)}, ConsistentRead: aws.Bool(true),
	})
	switch {
	case err != nil:
		return nil, Describe("GetItem", *s.table, err)
	case len(out.Item) == 0:
		return nil, nil
	}
	return out.Item, nil
}

// put writes an item. If the condition refuses the write, applied is false and old is the
// present item.
func (s *Store) put(ctx context.Context, item image, e *expression, values image) (old image, applied bool, err error) {
	_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{
		TableName:                           s.table,
		Item:                                item,
		ConditionExpression:                 e.condition,
		ExpressionAttributeNames:            e.names,
		ExpressionAttributeValues:           values,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	})
	if err != nil {
		return s.refused("PutItem", err)
	}
	return nil, true, nil
}

// update changes the item under key. If the write is applied, item has the attributes that
// returns asks for. If the condition refuses it, item is the present item, nil for none.
func (s *Store) update(
	ctx context.Context, key string, e *expression, values image, returns types.ReturnValue,
	options ...func(*dynamodb.Options),
) (item image, applied bool, err error) {
	out, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName:                           s.table,
		Key:                                 image{"pk": text(key)},
		UpdateExpression:                    e.update,
		ConditionExpression:                 e.condition,
		ExpressionAttributeNames:            e.names,
		ExpressionAttributeValues:           values,
		ReturnValues:                        returns,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}, options...)
	if err != nil {
		return s.refused("UpdateItem", err)
	}
	if returns != types.ReturnValueNone && len(out.Attributes) == 0 {
		// Without this, a write that was applied would read as "no such item".
		return nil, false, fmt.Errorf("UpdateItem on table %s: applied, but the answer has no item", *s.table)
	}
	return out.Attributes, true, nil
}

// refused returns the item that refused a write, or an error if the write failed otherwise.
func (s *Store) refused(operation string, err error) (old image, applied bool, _ error) {
	var c *types.ConditionalCheckFailedException
	if !errors.As(err, &c) {
		return nil, false, Describe(operation, *s.table, err)
	}
	return c.Item, false, nil
}

// noAnswer is the error of a write that was refused without the item that refused it.
func noAnswer(operation string) error {
	return errors.New(operation + " was refused without the item that refused it: " +
		"does this table answer ReturnValuesOnConditionCheckFailure?")
}

// change updates a challenge.
func (s *Store) change(
	ctx context.Context, key string, e *expression, values image, returns types.ReturnValue,
) (otp.Write, error) {
	item, applied, err := s.update(ctx, key, e, values, returns)
	if err != nil || item == nil {
		return otp.Write{Applied: applied}, err
	}
	c, err := ReadChallenge(item)
	if err != nil {
		return otp.Write{}, err
	}
	return otp.Write{Applied: applied, Item: c}, nil
}
