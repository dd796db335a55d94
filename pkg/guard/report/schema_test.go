package report_test

import (
	"bytes"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign/pkg/clients"
	"countersign/pkg/filetest"
	"countersign/pkg/guard"
	"countersign/pkg/guard/report"
)

// valid fails the test unless docs/guard-report.json describes the JSON of a report.
func valid(t *testing.T, r report.Report) {
	t.Helper()
	const page = "../../../docs/guard-report.json"
	text := filetest.Read(t, page)
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(page, schema); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(page)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(r); err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err == nil {
		err = s.Validate(value)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, text)
	}
}

// TestSchema: reports of all kinds of rows, verdicts and rules are as docs/guard-report.json describes them.
func TestSchema(t *testing.T) {
	for _, mode := range []guard.Mode{guard.Enforce, guard.Monitor, guard.Off} {
		w := newWorld(t, mode, 2)
		valid(t, w.make(report.Options{All: true}))
		valid(t, w.make(report.Options{All: true}, acme(mode, 2)))
		w.learned("MY", 0)
		w.send(300, "MY", 0, "12345", hour)
		w.send(300, "GB", 1, "12345", hour)
		rules := []clients.GuardRule{
			{Verdict: clients.Allow, Countries: []string{"GB", "MY"}, Until: now.AddDate(0, 0, 1)},
			{Verdict: clients.Block, Countries: []string{"TH"}},
			{Verdict: clients.Block, Prefix: "+6012345", Until: now.AddDate(0, 0, 1)},
		}
		for n := range len(rules) + 1 {
			valid(t, w.make(report.Options{All: true}, acme(mode, 2, rules[:n]...)))
		}
	}
}
