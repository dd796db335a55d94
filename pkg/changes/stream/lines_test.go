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

// A batch that is finished makes no log line. Any other makes one line, which names the
// invocation, the first record that is not finished, and the steps that failed.
func TestLines(t *testing.T) {
	good := []string{record(1, none, right, 0), record(2, none, wrong, 0), number0}
	unnumbered := strings.ReplaceAll(good[0], `"SequenceNumber":"s1"`, `"SequenceNumber":""`)
	const broken = `{"eventSourceARN":"arn","dynamodb":{"SequenceNumber":"s1","NewImage":"canary"}}`
	throttled := errors.New("throttled")
	unfinished := func(sequence string, done, of float64, cause string) map[string]any {
		return map[string]any{"msg": "changes", "sequence": sequence, "done": done, "of": of, "cause": cause}
	}
	for name, c := range map[string]struct {
		records []string
		table   error
		taken   int // facts that the bus takes; -1: all
		want    map[string]any
	}{
		"success":      {good, nil, -1, nil},
		"publish":      {good, nil, 1, unfinished("s2", 1, 2, "publish: away")},
		"answered":     {good, throttled, -1, unfinished("s1", 0, 2, "answered: throttled")},
		"both":         {good, throttled, 1, unfinished("s1", 0, 2, "answered: throttled\npublish: away")},
		"no sequences": {[]string{unnumbered}, nil, 0, unfinished("", 0, 1, "publish: away")},
		"unreadable": {[]string{broken}, nil, -1, map[string]any{
			"msg": "record", "stream": "arn", "sequence": "s1", "cause": "it is not a record of DynamoDB's",
		}},
	} {
		var lines bytes.Buffer
		m, b := &memory{fail: c.table}, &bus{}
		if c.taken >= 0 {
			b.fail = func([]changes.Fact) (int, error) { return c.taken, errors.New("away") }
		}
		ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "an invocation"})
		_, err := handler(m, b, slog.New(slog.NewJSONHandler(&lines, nil))).Handle(ctx, batch(c.records...))
		if (err != nil) != (name == "no sequences") {
			t.Errorf("%s: %v", name, err)
		}
		if c.want == nil {
			if lines.Len() > 0 {
				t.Errorf("%s: log %s, want no line", name, lines.String())
			}
			continue
		}
		oneLine(t, name, lines.Bytes(), c.want)
	}
}

// oneLine checks that a log is one line, an error with these fields and the invocation.
func oneLine(t *testing.T, name string, log []byte, want map[string]any) {
	t.Helper()
	var line map[string]any
	if err := json.Unmarshal(log, &line); err != nil {
		t.Errorf("%s: log %s, want one line of JSON: %v", name, log, err)
		return
	}
	want["level"], want["request"] = "ERROR", "an invocation"
	for field, value := range want {
		if line[field] != value {
			t.Errorf("%s: %s is %v, want %v", name, field, line[field], value)
		}
	}
}
