package stream_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"countersign/pkg/changes"
)

// A batch that is done with is silent. One that is not is one line, whatever of it
// has failed, that says in which invocation, from which record on and in which step.
func TestLines(t *testing.T) {
	good := []string{record(1, none, right, 0), record(2, none, wrong, 0), number0}
	for name, c := range map[string]struct {
		records []string
		table   error
		taken   int // by the bus, -1 is all
		want    map[string]any
	}{
		"well":         {good, nil, -1, nil},
		"publish":      {good, nil, 1, map[string]any{"msg": "changes", "sequence": "s2", "done": 1.0, "of": 2.0, "cause": "publish: away"}},
		"answered":     {good, errors.New("throttled"), -1, map[string]any{"msg": "changes", "sequence": "s1", "done": 0.0, "of": 2.0, "cause": "answered: throttled"}},
		"both":         {good, errors.New("throttled"), 1, map[string]any{"msg": "changes", "sequence": "s1", "done": 0.0, "of": 2.0, "cause": "answered: throttled\npublish: away"}},
		"no sequences": {[]string{strings.ReplaceAll(good[0], `"SequenceNumber":"s1"`, `"SequenceNumber":""`)}, nil, 0, map[string]any{"msg": "changes", "sequence": "", "done": 0.0, "of": 1.0, "cause": "publish: away"}},
		"unreadable":   {[]string{`{"eventSourceARN":"arn","dynamodb":{"SequenceNumber":"s1","NewImage":"canary"}}`}, nil, -1, map[string]any{"msg": "record", "stream": "arn", "sequence": "s1", "cause": "it is not a record of DynamoDB's"}},
	} {
		var said bytes.Buffer
		m, b := &memory{fail: c.table}, &bus{}
		if c.taken >= 0 {
			b.fail = func([]changes.Fact) (int, error) { return c.taken, errors.New("away") }
		}
		ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "an invocation"})
		_, err := handler(m, b, slog.New(slog.NewJSONHandler(&said, nil))).Handle(ctx, batch(c.records...))
		if (err != nil) != (name == "no sequences") {
			t.Errorf("%s: %v", name, err)
		}
		if c.want == nil || strings.Count(said.String(), "\n") != 1 {
			if c.want != nil || said.Len() > 0 {
				t.Errorf("%s: said %s", name, said.String())
			}
			continue
		}
		var line map[string]any
		if err := json.Unmarshal(said.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		c.want["level"], c.want["request"] = "ERROR", "an invocation"
		for field, value := range c.want {
			if line[field] != value {
				t.Errorf("%s: %s is %v, want %v", name, field, line[field], value)
			}
		}
	}
}
