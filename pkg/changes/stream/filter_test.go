package stream_test

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"countersign/pkg/changes/changestest"
	"countersign/pkg/changes/stream"
)

// The filters of template.yaml keep back what means nothing, and nothing else.
func TestFilters(t *testing.T) {
	l := life(t)
	var patterns []map[string]any
	for _, f := range mapping(t).FilterCriteria.Filters {
		var p map[string]any
		if err := json.Unmarshal([]byte(f.Pattern), &p); err != nil {
			t.Fatalf("%s: %v", f.Pattern, err)
		}
		patterns = append(patterns, p)
	}
	var passed []json.RawMessage
	for _, text := range l.records {
		var r map[string]any
		if err := json.Unmarshal(text, &r); err != nil {
			t.Fatal(err)
		}
		for _, p := range patterns {
			if matches(p, r) {
				if passed = append(
					passed,
					text,
				); r["eventName"] != "MODIFY" &&
					strings.Contains(string(text), `"result":{"S":"no_user"}`) {
					t.Errorf("the function is called for somebody who does not exist: %s", text)
				}
				break
			}
		}
	}
	if len(passed) == 0 || len(passed) > len(l.records)*3/4 {
		t.Errorf("%d of %d records pass", len(passed), len(l.records))
	}
	changestest.Sort(l.Want)
	b := &bus{}
	deliver(t, func() stream.Handler { return handler(&memory{}, b, nil) }, passed, 100)
	if got := changestest.Of(b.facts); !reflect.DeepEqual(got, l.Want) {
		t.Error(changestest.Diff(got, l.Want))
	}
	for _, text := range []string{traffic, number0} {
		var r map[string]any
		json.Unmarshal([]byte(text), &r)
		for _, p := range patterns {
			if matches(p, r) {
				t.Errorf("the function is called for its own writes: %s", text)
			}
		}
	}
}

type sourceMapping struct {
	BatchSize                 int      `yaml:"BatchSize"`
	FunctionResponseTypes     []string `yaml:"FunctionResponseTypes"`
	MaximumRetryAttempts      *int     `yaml:"MaximumRetryAttempts"`
	MaximumRecordAgeInSeconds int      `yaml:"MaximumRecordAgeInSeconds"`
	FilterCriteria            struct {
		Filters []struct {
			Pattern string `yaml:"Pattern"`
		} `yaml:"Filters"`
	} `yaml:"FilterCriteria"`
}

func mapping(t *testing.T) sourceMapping {
	t.Helper()
	text, err := os.ReadFile("../../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Properties struct {
				Events map[string]struct {
					Properties sourceMapping `yaml:"Properties"`
				} `yaml:"Events"`
			} `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(text, &template); err != nil {
		t.Fatal(err)
	}
	return template.Resources["ChangesFunction"].Properties.Events["Stream"].Properties
}

// A failed record is tried for as long as the stream has it, and then named in a
// queue; one record's failure is reported by itself.
func TestMapping(t *testing.T) {
	m := mapping(t)
	if m.MaximumRetryAttempts != nil || m.MaximumRecordAgeInSeconds < 3600 || m.MaximumRecordAgeInSeconds >= 86400 {
		t.Errorf("%+v: a record is given up too soon, or when the stream has lost it", m)
	}
	if !reflect.DeepEqual(m.FunctionResponseTypes, []string{"ReportBatchItemFailures"}) {
		t.Errorf("%v", m.FunctionResponseTypes)
	}
}

// matches is as much of EventBridge's patterns as the template uses: a list holds
// what a value may be, literally or as a prefix, or what it must not be.
func matches(pattern, value any) bool {
	switch p := pattern.(type) {
	case map[string]any:
		v, ok := value.(map[string]any)
		for name, inner := range p {
			if !ok || !matches(inner, v[name]) {
				return false
			}
		}
		return ok
	case []any:
		for _, one := range p {
			rule, _ := one.(map[string]any)
			prefix, begins := rule["prefix"].(string)
			others, not := rule["anything-but"].([]any)
			v, text := value.(string)
			switch {
			case rule != nil && !begins && !not:
				panic(fmt.Sprintf("a rule that this test does not know: %v", rule))
			case rule == nil && one == value,
				text && begins && strings.HasPrefix(v, prefix),
				text && not && !slices.Contains(others, value):
				return true
			}
		}
	}
	return false
}
