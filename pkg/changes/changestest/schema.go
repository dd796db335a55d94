package changestest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"countersign/pkg/changes"
	"countersign/pkg/dynamostore/engine"
)

// definitions is the file in docs/events that the schemas refer to.
const definitions = "defs.json"

// Schemas returns the schemas of docs/events, by detail-type. They are stricter than the
// files: an event may have no property that its schema does not name.
var Schemas = sync.OnceValues(func() (map[string]*jsonschema.Schema, error) {
	root, err := engine.ModuleRoot()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(root, "docs/events/*.json"))
	if err != nil {
		return nil, err
	}
	c, all := jsonschema.NewCompiler(), map[string]*jsonschema.Schema{}
	c.AssertFormat()
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if filepath.Base(file) != definitions {
			properties := doc.(map[string]any)["properties"].(map[string]any)
			properties["detail"].(map[string]any)["unevaluatedProperties"] = false
		}
		if err := c.AddResource(file, doc); err != nil {
			return nil, err
		}
	}
	for _, file := range files {
		if filepath.Base(file) == definitions {
			continue
		}
		if all[strings.TrimSuffix(filepath.Base(file), ".json")], err = c.Compile(file); err != nil {
			return nil, err
		}
	}
	return all, nil
})

// Against checks an event against the schema of a kind. The error names each property
// that is wrong.
func Against(t testing.TB, kind string, event []byte) error {
	t.Helper()
	all, err := Schemas()
	if err != nil {
		t.Fatal(err)
	}
	if all[kind] == nil {
		t.Fatalf("docs/events has no %s.json", kind)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(event))
	if err != nil {
		t.Fatal(err)
	}
	return all[kind].Validate(doc)
}

// Valid fails the test for each fact whose event does not match its schema.
func Valid(t testing.TB, facts ...changes.Fact) {
	t.Helper()
	for _, f := range facts {
		event, err := json.Marshal(f.Event())
		if err != nil {
			t.Fatal(err)
		}
		if err := Against(t, string(f.Kind), event); err != nil {
			t.Errorf("the event %s does not match docs/events/%s.json with docs/events/defs.json; "+
				"if the change is meant, correct the schema: %v\n%s", f.Kind, f.Kind, err, event)
		}
	}
}
