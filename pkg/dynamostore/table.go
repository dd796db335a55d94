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

// CreateTable makes the table of a [Store] if there is none of this name, and waits
// until it can be used, for as long as ctx allows. It is for engines on a laptop. In AWS,
// template.yaml makes the same table, with backups, encryption and the stream. Here,
// package streams switches the stream on: the engine is slower with it. A table of this
// name with another key is an error. Several processes may call it at once.
func CreateTable(ctx context.Context, client *dynamodb.Client, name string) error {
	if err := create(ctx, client, name); err != nil {
		return err
	}
	return sweep(ctx, client, name)
}

// CreateClientsTable makes the table of [Documents] as [CreateTable] makes that of
// a [Store]. Nothing in it ever expires.
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

// definition is both tables as template.yaml has them, but for the stream of the
// first; a test compares them.
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

// whenActive waits for the table and looks at its key: every write to a table
// with another one would fail, with an error that is harder to read.
func whenActive(ctx context.Context, client *dynamodb.Client, name string) error {
	for {
		out, err := client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name)})
		var missing *types.ResourceNotFoundException // a table just made may take a moment to be seen
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

// sweep switches TTL on where it is off: DynamoDB refuses to switch it on twice.
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
