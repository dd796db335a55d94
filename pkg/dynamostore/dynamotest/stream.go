package dynamotest

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// Records returns all records of the stream of a table, in the form in which Lambda
// delivers them: it adds the ARN of the stream to each.
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

// streamed calls an operation of DynamoDB Streams. The SDK is of no use here: its records
// do not have the form of Lambda's.
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
