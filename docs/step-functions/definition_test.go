// Package stepfunctions checks the state machine of this folder, and runs it
// against the real handlers.
package stepfunctions

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// machine is a definition as far as the interpreter runs it.
type machine struct {
	Comment, StartAt, QueryLanguage string
	States                          map[string]state
}

type state struct {
	Comment, Type, Resource    string
	Parameters, ResultSelector any
	ResultPath                 *string
	TimeoutSeconds             float64
	TimeoutSecondsPath         string
	SecondsPath                string
	Retry                      []retrier
	Catch                      []catcher
	Choices                    []choice
	Default, Next              string
	End                        bool
	Error, Cause               string
	ErrorPath, CausePath       string
	resultPathIsNull           bool
}

type retrier struct {
	ErrorEquals                  []string
	IntervalSeconds, BackoffRate float64
	MaxAttempts                  int
}

type catcher struct {
	ErrorEquals []string
	ResultPath  *string
	Next        string
}

type choice struct {
	And, Or             []choice
	Variable, Next      string
	StringEquals        *string
	NumericLessThan     *float64
	BooleanEquals       *bool
	IsPresent, IsString *bool
}

// substitutions are what template.yaml puts in, by name.
var substitutions = map[string]string{
	"Partition": "aws", "Client": "demo", "InitFunction": initFunction, "VerifyFunction": verifyFunction,
	"WaitingTable": waitingTable, "ValiditySeconds": "300",
}

const (
	initFunction   = "arn:aws:lambda:ap-southeast-1:123456789012:function:init"
	verifyFunction = "arn:aws:lambda:ap-southeast-1:123456789012:function:verify"
	waitingTable   = "waiting"
)

var placeholder = regexp.MustCompile(`\$\{(\w+)\}`)

func text(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("prove-number.asl.json")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// definition reads the machine as CloudFormation hands it to Step Functions. A
// field that [state] does not have is an error: the interpreter would not run it.
func definition(t *testing.T) machine {
	t.Helper()
	filled := placeholder.ReplaceAllStringFunc(text(t), func(s string) string { return substitutions[s[2:len(s)-1]] })
	d := json.NewDecoder(strings.NewReader(filled))
	d.DisallowUnknownFields()
	var m machine
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	var raw struct{ States map[string]map[string]any }
	if err := json.Unmarshal([]byte(filled), &raw); err != nil {
		t.Fatal(err)
	}
	for name, s := range m.States {
		_, given := raw.States[name]["ResultPath"]
		s.resultPathIsNull = given && s.ResultPath == nil
		m.States[name] = s
	}
	return m
}

// nexts returns where a state may lead.
func (s state) nexts() (out []string) {
	for _, c := range s.Choices {
		out = append(out, c.Next)
	}
	for _, c := range s.Catch {
		out = append(out, c.Next)
	}
	for _, next := range []string{s.Next, s.Default} {
		if next != "" {
			out = append(out, next)
		}
	}
	return out
}

func (s state) terminal() bool { return s.End || s.Type == "Fail" || s.Type == "Succeed" }

// fields are what the Amazon States Language allows in a state of JSONPath, of
// those that are used here.
var fields = map[string][]string{
	"Pass":   {"Parameters", "ResultPath", "Next", "End"},
	"Task":   {"Resource", "Parameters", "ResultSelector", "ResultPath", "TimeoutSeconds", "TimeoutSecondsPath", "Retry", "Catch", "Next", "End"},
	"Choice": {"Choices", "Default"},
	"Wait":   {"SecondsPath", "Next", "End"},
	"Fail":   {"Error", "ErrorPath", "Cause", "CausePath"},
}

// The definition is Amazon States Language: each state has what its type allows
// and needs.
func TestFields(t *testing.T) {
	var raw struct{ States map[string]map[string]any }
	if err := json.Unmarshal([]byte(text(t)), &raw); err != nil {
		t.Fatal(err)
	}
	for name, s := range raw.States {
		kind, _ := s["Type"].(string)
		for field := range s {
			if field != "Type" && field != "Comment" && !slices.Contains(fields[kind], field) {
				t.Errorf("%s: a %s state has no %s", name, kind, field)
			}
		}
		if len(name) > 80 || fields[kind] == nil {
			t.Errorf("%q of type %q", name, kind)
		}
	}
	for name, s := range definition(t).States {
		if goes := s.Next != "" || s.Default != ""; goes == s.terminal() {
			t.Errorf("%s: leads on %t, ends %t, must be one of them", name, goes, s.terminal())
		}
		if s.Type == "Task" && (s.TimeoutSeconds == 0) == (s.TimeoutSecondsPath == "") && !strings.HasSuffix(s.Resource, "deleteItem") {
			t.Errorf("%s: must have one bound of its time", name)
		}
		if s.Error != "" && s.ErrorPath != "" || s.Cause != "" && s.CausePath != "" {
			t.Errorf("%s: an error or a cause twice", name)
		}
		for i, c := range s.Catch {
			if slices.Contains(c.ErrorEquals, "States.ALL") && (len(c.ErrorEquals) > 1 || i < len(s.Catch)-1) {
				t.Errorf("%s: States.ALL must be alone and last", name)
			}
		}
		waits := strings.HasSuffix(s.Resource, ".waitForTaskToken")
		if told := strings.Contains(asJSON(s.Parameters), "$$.Task.Token"); told != waits {
			t.Errorf("%s: waits for a token %t, tells it %t", name, waits, told)
		}
	}
}

// Every state can be reached, leads to states that exist, and to an end.
func TestGraph(t *testing.T) {
	m := definition(t)
	reached := map[string]bool{}
	var visit func(string)
	visit = func(name string) {
		s, ok := m.States[name]
		if !ok {
			t.Errorf("there is no state %q", name)
		}
		if reached[name] {
			return
		}
		reached[name] = true
		for _, next := range s.nexts() {
			visit(next)
		}
	}
	visit(m.StartAt)
	ends := map[string]bool{}
	for range m.States {
		for name, s := range m.States {
			ends[name] = ends[name] || s.terminal() || slices.ContainsFunc(s.nexts(), func(next string) bool { return ends[next] })
		}
	}
	for name := range m.States {
		if !reached[name] || !ends[name] {
			t.Errorf("%s: reached %t, comes to an end %t", name, reached[name], ends[name])
		}
	}
}

// One query language: JSONPath where a name says so, and there only.
func TestPaths(t *testing.T) {
	all := text(t)
	for _, jsonata := range []string{`{%`, `"Arguments"`, `"Output"`, `"Assign"`, `"Condition"`, `"JSONata"`} {
		if strings.Contains(all, jsonata) {
			t.Errorf("%s belongs to JSONata", jsonata)
		}
	}
	if m := definition(t); m.QueryLanguage != "JSONPath" {
		t.Errorf("query language %q", m.QueryLanguage)
	}
	path := regexp.MustCompile(`^\$\$?(\.[A-Za-z]+)+$`)
	function := regexp.MustCompile(`^States\.(MathAdd\(\$[.A-Za-z]+, (\$[.A-Za-z]+|[0-9]+)\)|StringToJson\('[^']*'\))$`)
	var walk func(where string, v any)
	walk = func(where string, v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, inner := range v {
				s, isText := inner.(string)
				switch {
				case strings.HasSuffix(name, ".$"):
					if !path.MatchString(s) && !function.MatchString(s) {
						t.Errorf("%s.%s: %q is neither a path nor a function that is known here", where, name, s)
					}
				case isText && (strings.HasSuffix(name, "Path") || name == "Variable"):
					if !path.MatchString(s) {
						t.Errorf("%s.%s: %q is no path", where, name, s)
					}
				case isText && strings.HasPrefix(s, "$"):
					if !placeholder.MatchString(s) {
						t.Errorf("%s.%s: %q would be taken as it stands", where, name, s)
					}
				default:
					walk(where+"."+name, inner)
				}
			}
		case []any:
			for _, inner := range v {
				walk(where, inner)
			}
		}
	}
	var tree any
	if err := json.Unmarshal([]byte(all), &tree); err != nil {
		t.Fatal(err)
	}
	walk("", tree)
}

// The template puts in what the definition leaves open, lets the machine do what
// its tasks do and nothing else, and keeps what it handles out of logs.
func TestTemplate(t *testing.T) {
	file, err := os.ReadFile("../../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var template struct {
		Resources map[string]struct {
			Type       string         `yaml:"Type"`
			Condition  string         `yaml:"Condition"`
			Properties map[string]any `yaml:"Properties"`
		} `yaml:"Resources"`
	}
	if err := yaml.Unmarshal(file, &template); err != nil {
		t.Fatal(err)
	}
	r := template.Resources["ProveNumber"]
	if r.Type != "AWS::Serverless::StateMachine" || r.Condition == "" || r.Properties["DefinitionUri"] != "docs/step-functions/prove-number.asl.json" {
		t.Fatalf("%+v", r)
	}
	if kind := r.Properties["Type"]; kind != "STANDARD" { // an express machine cannot wait for a token
		t.Errorf("type %v", kind)
	}
	if r.Properties["Logging"] != nil {
		t.Error("what is logged of an execution would have numbers and codes in it")
	}
	given, _ := r.Properties["DefinitionSubstitutions"].(map[string]any)
	open := map[string]bool{}
	for _, found := range placeholder.FindAllStringSubmatch(text(t), -1) {
		open[found[1]] = true
	}
	for _, names := range [][]string{slices.Sorted(maps.Keys(given)), slices.Sorted(maps.Keys(substitutions))} {
		if want := slices.Sorted(maps.Keys(open)); !slices.Equal(names, want) {
			t.Errorf("%v are put in, %v are open", names, want)
		}
	}
}

func asJSON(v any) string {
	text, _ := json.Marshal(v)
	return string(text)
}
