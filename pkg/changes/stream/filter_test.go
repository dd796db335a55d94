package stream_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"countersign/pkg/changes/changestest"
	"countersign/pkg/changes/stream"
	"countersign/pkg/filetest"
)

// The filters of template.yaml hold back records without facts, and no others.
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
		if !passes(t, patterns, text) {
			continue
		}
		passed = append(passed, text)
		noUser := strings.Contains(string(text), `"result":{"S":"no_user"}`)
		if noUser && !strings.Contains(string(text), `"eventName":"MODIFY"`) {
			t.Errorf("the function is called for a user who does not exist: %s", text)
		}
	}
	if len(passed) == 0 || len(passed) > len(l.records)*3/4 {
		t.Errorf("%d of %d records pass, want some and at most three quarters", len(passed), len(l.records))
	}
	changestest.Sort(l.Want)
	b := &bus{}
	deliver(t, func() stream.Handler { return handler(&memory{}, b, nil) }, passed, 100)
	if got := changestest.Of(b.facts); !reflect.DeepEqual(got, l.Want) {
		t.Error(changestest.Diff(got, l.Want))
	}
	for _, text := range []string{traffic, number0} {
		if passes(t, patterns, json.RawMessage(text)) {
			t.Errorf("the function is called for a record that is not of a challenge: %s", text)
		}
	}
}

// passes reports whether a record matches one of the patterns.
func passes(t *testing.T, patterns []map[string]any, text json.RawMessage) bool {
	t.Helper()
	var record map[string]any
	if err := json.Unmarshal(text, &record); err != nil {
		t.Fatal(err)
	}
	return slices.ContainsFunc(patterns, func(p map[string]any) bool { return matches(p, record) })
}

type sourceMapping struct {
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
	text := filetest.Read(t, "../../../template.yaml")
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

// Lambda tries a failed record nearly as long as the stream has it, and then puts its
// place in a queue. The function reports the failure of a single record.
func TestMapping(t *testing.T) {
	m := mapping(t)
	if m.MaximumRetryAttempts != nil || m.MaximumRecordAgeInSeconds < 3600 || m.MaximumRecordAgeInSeconds >= 86400 {
		t.Errorf("%+v: Lambda gives up a record too soon, or after the stream has lost it", m)
	}
	if !reflect.DeepEqual(m.FunctionResponseTypes, []string{"ReportBatchItemFailures"}) {
		t.Errorf("response types %v, want ReportBatchItemFailures", m.FunctionResponseTypes)
	}
}

// matches implements the part of EventBridge's patterns that the template uses: a list
// holds allowed values, allowed prefixes, or the values that are not allowed.
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
				panic(fmt.Sprintf("this test does not know the rule %v", rule))
			case rule == nil && one == value,
				text && begins && strings.HasPrefix(v, prefix),
				text && not && !slices.Contains(others, value):
				return true
			}
		}
	}
	return false
}
