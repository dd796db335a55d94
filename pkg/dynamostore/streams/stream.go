package streams

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"

	"countersign/pkg/dynamostore"
)

// Stream is the stream of one table. The table keeps its position. Only one goroutine
// may use it.
type Stream struct {
	client *dynamodbstreams.Client
	tables *dynamodb.Client
	table  *string
	arn    string
	at     map[string]*string // iterator of each shard; nil: read to its end
}

// New returns the stream of the table of a [dynamostore.Store]. If the stream is off, New
// switches it on, and it has the changes from then on. Calls are bounded as those of
// client are.
func New(ctx context.Context, client *dynamodb.Client, table string) (*Stream, error) {
	s := &Stream{tables: client, table: &table, at: map[string]*string{}}
	if err := s.find(ctx); err != nil {
		return nil, err
	}
	o := client.Options()
	s.client = dynamodbstreams.New(dynamodbstreams.Options{
		Region: o.Region, BaseEndpoint: o.BaseEndpoint, Credentials: o.Credentials,
		HTTPClient: o.HTTPClient, Retryer: o.Retryer,
	})
	return s, nil
}

// find finds the ARN of the stream, and switches the stream on if it is off.
func (s *Stream) find(ctx context.Context) error {
	on, err := s.isOn(ctx)
	if err != nil {
		return dynamostore.Describe("DescribeTable", *s.table, err)
	}
	if on {
		return nil
	}
	_, err = s.tables.UpdateTable(ctx, &dynamodb.UpdateTableInput{
		TableName: s.table,
		StreamSpecification: &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages,
		},
	})
	if on, _ = s.isOn(ctx); !on { // another process may have been faster
		if err == nil {
			return fmt.Errorf("table %s has no stream", *s.table)
		}
		return dynamostore.Describe("UpdateTable", *s.table, err)
	}
	return nil
}

// isOn reports whether the stream is on, and keeps its ARN.
func (s *Stream) isOn(ctx context.Context) (bool, error) {
	out, err := s.tables.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: s.table})
	if err != nil || out.Table.StreamSpecification == nil || !aws.ToBool(out.Table.StreamSpecification.StreamEnabled) {
		return false, err
	}
	s.arn = aws.ToString(out.Table.LatestStreamArn)
	return s.arn != "", nil
}
