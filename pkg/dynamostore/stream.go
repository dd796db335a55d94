package dynamostore

import (
	"bytes"
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/dynamodbstreams"
	streams "github.com/aws/aws-sdk-go-v2/service/dynamodbstreams/types"

	"countersign/pkg/changes"
	"countersign/pkg/otp"
)

// Stream follows the stream of a table on an engine on a laptop; in AWS, Lambda
// follows it and package changes/stream reads what Lambda delivers. It keeps in the
// table how far it has come. One goroutine uses it.
type Stream struct {
	store  *Store
	client *dynamodbstreams.Client
	arn    string
	at     map[string]*string // iterator of each shard; nil: read to its end
}

// position is what the keys of the items begin with that say how far a shard is read.
const position = "S#~"

// NewStream returns the stream of a store's table. It switches it on where it is
// off: then it has what happens from now on.
func NewStream(ctx context.Context, s *Store) (*Stream, error) {
	arn, err := s.streamARN(ctx)
	if arn == "" && err == nil {
		_, err = s.client.UpdateTable(ctx, &dynamodb.UpdateTableInput{TableName: s.table, StreamSpecification: &types.StreamSpecification{
			StreamEnabled: aws.Bool(true), StreamViewType: types.StreamViewTypeNewAndOldImages,
		}})
		if arn, _ = s.streamARN(ctx); arn == "" {
			return nil, describe("UpdateTable", *s.table, errors.Join(errors.New("the table has no stream"), err))
		}
	} else if err != nil {
		return nil, describe("DescribeTable", *s.table, err)
	}
	o := s.client.Options()
	return &Stream{store: s, arn: arn, at: map[string]*string{}, client: dynamodbstreams.New(dynamodbstreams.Options{
		Region: o.Region, BaseEndpoint: o.BaseEndpoint, Credentials: o.Credentials, HTTPClient: o.HTTPClient, Retryer: newRetryer(),
	})}, nil
}

func (s *Store) streamARN(ctx context.Context) (string, error) {
	out, err := s.client.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: s.table})
	if err != nil || out.Table.StreamSpecification == nil || !aws.ToBool(out.Table.StreamSpecification.StreamEnabled) {
		return "", err
	}
	return aws.ToString(out.Table.LatestStreamArn), nil
}

// Records are a piece of a stream.
type Records struct {
	List []changes.Change // of challenges

	last map[string]string  // sequence number, of each shard that has any
	next map[string]*string // iterators behind them
}

// Next returns what comes next, of each shard. It comes again until it is finished,
// also after a restart. A record that is no challenge's as this program writes them
// is passed over.
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
			delete(s.at, shard) // an iterator lives for minutes: another one is made
			return nil, describe("GetRecords", *s.store.table, err)
		}
		r.next[shard] = out.NextShardIterator
		for _, record := range out.Records {
			if record.Dynamodb == nil {
				continue
			}
			if c, ok := change(record); ok {
				r.List = append(r.List, c)
				r.last[shard] = aws.ToString(record.Dynamodb.SequenceNumber)
			}
		}
	}
	return r, nil
}

// Finish notes that what Next returned is done with. What has no challenges in it
// is not worth a note: that would be a record by itself.
func (s *Stream) Finish(ctx context.Context, r *Records) error {
	for shard, last := range r.last {
		_, err := s.store.client.PutItem(ctx, &dynamodb.PutItemInput{TableName: s.store.table, Item: image{
			"pk": text(position + shard), "stream": text(s.arn), "last": text(last),
		}})
		if err != nil {
			return describe("PutItem", *s.store.table, err)
		}
	}
	for shard, next := range r.next {
		s.at[shard] = next
	}
	return nil
}

// shards finds shards that are new.
func (s *Stream) shards(ctx context.Context) error {
	out, err := s.client.DescribeStream(ctx, &dynamodbstreams.DescribeStreamInput{StreamArn: aws.String(s.arn)})
	if err != nil {
		return describe("DescribeStream", *s.store.table, err)
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

// iterator begins behind what was finished of a shard.
func (s *Stream) iterator(ctx context.Context, shard string) (*string, error) {
	found, err := s.store.client.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: s.store.table, Key: image{"pk": text(position + shard)}, ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, describe("GetItem", *s.store.table, err)
	}
	in := &dynamodbstreams.GetShardIteratorInput{StreamArn: aws.String(s.arn), ShardId: aws.String(shard), ShardIteratorType: streams.ShardIteratorTypeTrimHorizon}
	r := reader{kind: "position", item: found.Item}
	if len(found.Item) > 0 && r.text("stream") == s.arn {
		in.ShardIteratorType, in.SequenceNumber = streams.ShardIteratorTypeAfterSequenceNumber, aws.String(r.text("last"))
	}
	out, err := s.client.GetShardIterator(ctx, in)
	if err != nil {
		return nil, describe("GetShardIterator", *s.store.table, err)
	}
	return out.ShardIterator, nil
}

// sweeper is who deletes items whose TTL is over, as the stream calls it.
const sweeper = "dynamodb.amazonaws.com"

// change reads a record; ok is false where it is not of a challenge.
func change(record streams.Record) (c changes.Change, ok bool) {
	pk, _ := record.Dynamodb.Keys["pk"].(*streams.AttributeValueMemberS)
	if pk == nil || len(pk.Value) < 2 || pk.Value[:2] != "C#" {
		return c, false
	}
	was, err := streamed(record.Dynamodb.OldImage)
	is, err2 := streamed(record.Dynamodb.NewImage)
	if err != nil || err2 != nil {
		return c, false
	}
	c = changes.Change{Was: was, Is: is, Swept: record.UserIdentity != nil && aws.ToString(record.UserIdentity.PrincipalId) == sweeper}
	c.At = aws.ToTime(record.Dynamodb.ApproximateCreationDateTime)
	return c, true
}

// streamed reads a challenge as the stream has it, nil for none.
func streamed(from map[string]streams.AttributeValue) (*changes.Image, error) {
	if len(from) == 0 {
		return nil, nil
	}
	item := make(image, len(from))
	for name, v := range from {
		switch v := v.(type) { // a challenge has no others
		case *streams.AttributeValueMemberS:
			item[name] = text(v.Value)
		case *streams.AttributeValueMemberN:
			item[name] = &types.AttributeValueMemberN{Value: v.Value}
		case *streams.AttributeValueMemberB:
			item[name] = binary(v.Value)
		}
	}
	c, err := readChallenge(item)
	if err != nil {
		return nil, err
	}
	return imageOf(*c), nil
}

func imageOf(c otp.Challenge) *changes.Image {
	return &changes.Image{
		Key: c.Key, AuthID: c.AuthID, Seed: c.Seed, State: c.State, Result: c.Result,
		Passed: bytes.Equal(c.Guess, c.Code), Op: c.Op, Attempts: c.Attempts, Max: c.Max,
		SentAt: c.SentAt, ExpiresAt: c.ExpiresAt, Ledger: c.Ledger, Mask: c.Mask, Client: c.Client, Region: c.Region, Block: c.Block,
	}
}
