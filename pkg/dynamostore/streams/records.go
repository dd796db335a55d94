package streams

import (
	"cmp"
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streamtypes "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"countersign/pkg/changes"
	"countersign/pkg/dynamostore"
)

// Records are a piece of a stream.
type Records struct {
	List []changes.Change // of challenges

	last map[string]string  // sequence number of the last change in each shard
	next map[string]*string // iterator behind the piece, of each shard
}

// Next returns the next changes of each shard. It returns them again until they are
// finished, also after a restart. It skips records that are not of a challenge, and those
// that it cannot read.
func (s *Stream) Next(ctx context.Context) (*Records, error) {
	if err := s.shards(ctx); err != nil {
		return nil, err
	}
	r := &Records{last: map[string]string{}, next: map[string]*string{}}
	for shard, at := range s.at {
		if at == nil {
			continue
		}
		out, err := s.client.GetRecords(ctx, &dynamodbstreams.GetRecordsInput{ShardIterator: at, Limit: aws.Int32(200)})
		if err != nil {
			delete(s.at, shard) // an iterator is valid for some minutes: the next call makes another one
			return nil, dynamostore.Describe("GetRecords", *s.table, err)
		}
		r.next[shard] = out.NextShardIterator
		first := "" // record of the shard's piece
		for _, record := range out.Records {
			if record.Dynamodb == nil {
				continue
			}
			c, ok := change(record)
			if !ok {
				continue
			}
			c.Record = aws.ToString(record.Dynamodb.SequenceNumber)
			// The next process begins behind the last record of a challenge that is finished, and finds the same
			// first one.
			c.First = cmp.Or(first, c.Record)
			first, r.last[shard] = c.First, c.Record
			r.List = append(r.List, c)
		}
	}
	return r, nil
}

// position is the key prefix of the items that keep the position in each shard.
const position = "S#~"

// Finish records in the table that the changes of r are done. It writes nothing for a
// piece without challenges: that write would itself be a record of the stream.
func (s *Stream) Finish(ctx context.Context, r *Records) error {
	for shard, last := range r.last {
		_, err := s.tables.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.table, Item: item{
			"pk": text(position + shard), "stream": text(s.arn), "last": text(last),
		}})
		if err != nil {
			return dynamostore.Describe("PutItem", *s.table, err)
		}
	}
	for shard, next := range r.next {
		s.at[shard] = next
	}
	return nil
}

// shards adds the iterators of new shards.
func (s *Stream) shards(ctx context.Context) error {
	out, err := s.client.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: aws.String(s.arn)})
	if err != nil {
		return dynamostore.Describe("DescribeStream", *s.table, err)
	}
	for _, shard := range out.StreamDescription.Shards {
		id := aws.ToString(shard.ShardId)
		if _, ok := s.at[id]; ok {
			continue
		}
		if s.at[id], err = s.iterator(ctx, id); err != nil {
			delete(s.at, id)
			return err
		}
	}
	return nil
}

// iterator returns an iterator behind the last finished record of a shard.
func (s *Stream) iterator(ctx context.Context, shard string) (*string, error) {
	found, err := s.tables.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: s.table, Key: item{"pk": text(position + shard)}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, dynamostore.Describe("GetItem", *s.table, err)
	}
	in := &dynamodbstreams.GetShardIteratorInput{
		StreamArn: aws.String(s.arn), ShardId: aws.String(shard),
		ShardIteratorType: streamtypes.ShardIteratorTypeTrimHorizon,
	}
	last, ok := found.Item["last"].(*types.AttributeValueMemberS)
	if of, _ := found.Item["stream"].(*types.AttributeValueMemberS); ok && of != nil && of.Value == s.arn {
		in.ShardIteratorType, in.SequenceNumber = streamtypes.ShardIteratorTypeAfterSequenceNumber, &last.Value
	}
	out, err := s.client.GetShardIterator(ctx, in)
	if err != nil {
		return nil, dynamostore.Describe("GetShardIterator", *s.table, err)
	}
	return out.ShardIterator, nil
}
