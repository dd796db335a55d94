package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// CreateTable makes the table of a [Store] if there is none of this name. It waits until
// the table is active, for as long as ctx allows. A table of this name with another key is
// an error. Several processes may call it at once.
//
// It is for engines on a laptop. In AWS, template.yaml makes the same table, with backups,
// encryption and the stream. On a laptop, package streams switches the stream on for those
// that need it: the engine is slower with it.
func CreateTable(ctx context.Context, client *dynamodb.Client, name string) error {
	if err := create(ctx, client, name); err != nil {
		return err
	}
	return sweep(ctx, client, name)
}

// CreateClientsTable makes the table of [Documents] as [CreateTable] makes the table of a
// [Store]. Its items never expire.
func CreateClientsTable(ctx context.Context, client *dynamodb.Client, name string) error {
	return create(ctx, client, name)
}

func create(ctx context.Context, client *dynamodb.Client, name string) error {
	var exists *types.ResourceInUseException
	_, err := client.CreateTable(ctx, definition(name))
	if err != nil && !errors.As(err, &exists) {
		return Describe("CreateTable", name, err)
	}
	return whenActive(ctx, client, name)
}

// definition returns the definition of a table. template.yaml defines both tables in the
// same way, except for the stream of the first; a test compares them.
func definition(name string) *dynamodb.CreateTableInput {
	return &dynamodb.CreateTableInput{
		TableName:   aws.String(name),
		BillingMode: types.BillingModePayPerRequest,
		AttributeDefinitions: []types.AttributeDefinition{
			{AttributeName: aws.String("pk"), AttributeType: types.ScalarAttributeTypeS},
		},
		KeySchema: []types.KeySchemaElement{{AttributeName: aws.String("pk"), KeyType: types.KeyTypeHash}},
	}
}

func timeToLive() *types.TimeToLiveSpecification {
	return &types.TimeToLiveSpecification{AttributeName: aws.String("ttl"), Enabled: aws.Bool(true)}
}

// whenActive waits for the table and checks its key. With another key every write would
// fail, with an error that is harder to understand.
func whenActive(ctx context.Context, client *dynamodb.Client, name string) error {
	for {
		out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name)})
		var missing *types.ResourceNotFoundException // DescribeTable may not find a new table at once
		switch {
		case errors.As(err, &missing):
		case err != nil:
			return Describe("DescribeTable", name, err)
		case out.Table.TableStatus == types.TableStatusActive:
			return checkKey(name, out.Table.KeySchema)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("table %s is not active: %w", name, context.Cause(ctx))
		case <-time.After(100 * time.Millisecond):
		}
	}
}

func checkKey(name string, key []types.KeySchemaElement) error {
	if len(key) == 1 && aws.ToString(key[0].AttributeName) == "pk" && key[0].KeyType == types.KeyTypeHash {
		return nil
	}
	return fmt.Errorf("table %s exists with another key: its only key must be the partition key pk; "+
		"choose another name or delete it", name)
}

// sweep switches TTL on if it is off. DynamoDB refuses to switch it on twice.
func sweep(ctx context.Context, client *dynamodb.Client, name string) error {
	out, err := client.DescribeTimeToLive(ctx, &dynamodb.DescribeTimeToLiveInput{TableName: aws.String(name)})
	if err != nil {
		return Describe("DescribeTimeToLive", name, err)
	}
	if d := out.TimeToLiveDescription; d != nil {
		switch d.TimeToLiveStatus {
		case types.TimeToLiveStatusEnabled, types.TimeToLiveStatusEnabling:
			return nil
		}
	}
	_, err = client.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: aws.String(name), TimeToLiveSpecification: timeToLive(),
	})
	if err != nil {
		return Describe("UpdateTimeToLive", name, err)
	}
	return nil
}
