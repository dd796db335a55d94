package dynamotest

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// StreamTable makes a fresh table of challenges from template.yaml, with its
// stream. It is for tests that read that: the engine gets slower with each write
// that a stream has to remember.
func StreamTable(t testing.TB) string {
	t.Helper()
	client, name, d := Client(t, nil), "countersign-test-"+rand.Text(), deployed(t).Challenges
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	d.Table.TableName = aws.String(name)
	if _, err := client.CreateTable(ctx, &d.Table); err != nil {
		t.Fatalf("make a table from template.yaml: %v", err)
	}
	t.Cleanup(func() {
		_, err := client.DeleteTable(context.Background(), &dynamodb.DeleteTableInput{TableName: aws.String(name)})
		if err != nil {
			t.Errorf("delete the table: %v", err)
		}
	})
	active := dynamodb.NewTableExistsWaiter(client, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay = 20 * time.Millisecond
	})
	if err := active.Wait(ctx, &dynamodb.DescribeTableInput{TableName: aws.String(name)}, time.Minute); err != nil {
		t.Fatalf("wait for the table: %v", err)
	}
	return name
}

// Records returns what the stream of a table has, from its beginning: records as
// Lambda delivers them, but for the ARN of the stream, which is added.
func Records(t testing.TB, table string) (records []json.RawMessage) {
	t.Helper()
	var streams struct{ Streams []struct{ StreamArn string } }
	streamed(t, "ListStreams", map[string]string{"TableName": table}, &streams)
	if len(streams.Streams) != 1 {
		t.Fatalf("table %s has %d streams, want 1", table, len(streams.Streams))
	}
	arn := streams.Streams[0].StreamArn
	var described struct {
		StreamDescription struct{ Shards []struct{ ShardID string } }
	}
	streamed(t, "DescribeStream", map[string]string{"StreamArn": arn}, &described)
	for _, shard := range described.StreamDescription.Shards {
		var at struct{ ShardIterator string }
		streamed(t, "GetShardIterator", map[string]string{
			"StreamArn": arn, "ShardId": shard.ShardID, "ShardIteratorType": "TRIM_HORIZON",
		}, &at)
		for at.ShardIterator != "" {
			var got struct {
				Records           []map[string]any
				NextShardIterator string
			}
			streamed(t, "GetRecords", map[string]string{"ShardIterator": at.ShardIterator}, &got)
			for _, r := range got.Records {
				r["eventSourceARN"] = arn
				text, err := json.Marshal(r)
				if err != nil {
					t.Fatal(err)
				}
				records = append(records, text)
			}
			if at.ShardIterator = got.NextShardIterator; len(got.Records) == 0 {
				break // an open shard has no end
			}
		}
	}
	return records
}

// streamed calls an operation of DynamoDB Streams. The SDK is of no use here: it
// would take the records apart.
func streamed(t testing.TB, operation string, in, out any) {
	t.Helper()
	body, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, Endpoint(t), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Amz-Target", "DynamoDBStreams_20120810."+operation)
	req.Header.Set("Content-Type", "application/x-amz-json-1.0")
	req.Header.Set("X-Amz-Date", "20260101T000000Z")
	req.Header.Set("Authorization", "AWS4-HMAC-SHA256 "+
		"Credential=local/20260101/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: status %d, %v: %s", operation, resp.StatusCode, err, text)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(out); err != nil {
		t.Fatalf("%s: %v", operation, err)
	}
}
