package dynamostore

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

const (
	// maxBatch is the most keys that one BatchGetItem may have.
	maxBatch = 100
	// batchTries is how often the keys are asked for that DynamoDB left out, since the table is busy.
	batchTries = 5
)

// batch reads the items under keys with eventual reads, those that exist.
func (s *Store) batch(ctx context.Context, keys []string) (map[string]image, error) {
	found := make(map[string]image, len(keys))
	once := slices.Compact(slices.Sorted(slices.Values(keys))) // DynamoDB refuses a key that comes twice
	for some := range slices.Chunk(once, maxBatch) {
		if err := s.batchOf(ctx, some, found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// batchOf reads the items of one call, and of its repetitions.
func (s *Store) batchOf(ctx context.Context, keys []string, found map[string]image) error {
	wanted := types.KeysAndAttributes{}
	for _, key := range keys {
		wanted.Keys = append(wanted.Keys, image{"pk": text(key)})
	}
	pause := firstPause
	for range batchTries {
		out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{*s.table: wanted},
		})
		if err != nil {
			return Describe("BatchGetItem", *s.table, err)
		}
		for _, item := range out.Responses[*s.table] {
			r := reader{kind: "item", item: item}
			if found[r.text("pk")] = item; r.err != nil {
				return r.err
			}
		}
		if wanted = out.UnprocessedKeys[*s.table]; len(wanted.Keys) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return Describe("BatchGetItem", *s.table, context.Cause(ctx))
		case <-time.After(pause):
			pause *= 2
		}
	}
	return fmt.Errorf("BatchGetItem on table %s: %d items were left out %d times: the table is too busy",
		*s.table, len(wanted.Keys), batchTries)
}
