// Package stepfunctions runs the state machine of this folder against the handlers of
// functions/init and functions/verify. That the definition is Amazon States Language is
// checked by asl-validator (make test-api).
package stepfunctions

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"countersign/pkg/filetest"
)

type object = map[string]any

// substitutions are the values that template.yaml puts into the definition, by name.
var substitutions = map[string]string{
	"Partition": "aws", "Client": "demo", "InitFunction": "init", "VerifyFunction": "verify",
	"WaitingTable": "waiting", "ValiditySeconds": "300",
}

var placeholder = regexp.MustCompile(`\$\{(\w+)\}`)

// machine is a definition with its placeholders filled, and one execution of it.
type machine struct {
	t      *testing.T
	states object
	name   string // of the execution
	now    time.Time
	task   func(resource string, parameters object, timeout time.Duration) (result any, failure string)
	trail  []string // the states of the execution, in order
}

func definition(t *testing.T) (text string, states object) {
	t.Helper()
	file := filetest.Read(t, "prove-number.asl.json")
	text = placeholder.ReplaceAllStringFunc(string(file), func(s string) string { return substitutions[s[2:len(s)-1]] })
	var all struct{ States object }
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	return string(file), all.States
}

// run executes the machine. It returns the output of the last state, or the error with which
// a Fail state ends. It knows the kinds of state, path and function that the definition uses,
// and fails the test at any other.
func (m *machine) run(input object) (output any, failure string) {
	m.t.Helper()
	data := any(input)
	for at := "Begin"; len(m.trail) < 200; {
		m.trail = append(m.trail, at)
		s := m.states[at].(object)
		next, _ := s["Next"].(string)
		switch s["Type"] {
		case "Pass":
			data = put(s, data, m.fill(s["Parameters"], data))
		case "Wait":
			m.now = m.now.Add(m.seconds(s["SecondsPath"], data))
		case "Choice":
			next = m.choose(s, data)
		case "Task":
			data, next = m.do(s, data)
		case "Fail":
			if path, ok := s["ErrorPath"].(string); ok {
				return nil, m.value(path, data).(string)
			}
			return nil, s["Error"].(string)
		default:
			m.t.Fatalf("%s: the test has no %v state", at, s["Type"])
		}
		if s["End"] == true {
			return data, ""
		}
		at = next
	}
	m.t.Fatalf("the execution does not end: %q", m.trail)
	return nil, ""
}

// do runs a task, again where Retry names its error, and returns the state after it.
func (m *machine) do(s object, data any) (out any, next string) {
	m.t.Helper()
	timeout := time.Duration(0)
	if s["TimeoutSecondsPath"] != nil {
		timeout = m.seconds(s["TimeoutSecondsPath"], data)
	}
	for tries := 0.0; ; tries++ {
		result, failure := m.task(s["Resource"].(string), m.fill(s["Parameters"], data).(object), timeout)
		if failure == "" {
			if s["ResultSelector"] != nil {
				result = m.fill(s["ResultSelector"], result)
			}
			return put(s, data, result), s["Next"].(string)
		}
		if retry := handler(s["Retry"], failure); retry == nil || tries == retry["MaxAttempts"] {
			catch := handler(s["Catch"], failure)
			return put(catch, data, object{"Error": failure}), catch["Next"].(string)
		}
	}
}

// handler returns the retrier or catcher that names an error, nil where none does.
func handler(list any, failure string) object {
	all, _ := list.([]any)
	for _, h := range all {
		names := h.(object)["ErrorEquals"].([]any)
		if slices.Contains(names, any(failure)) || slices.Contains(names, any("States.ALL")) {
			return h.(object)
		}
	}
	return nil
}

func (m *machine) choose(s object, data any) (next string) {
	for _, c := range s["Choices"].([]any) {
		rule := c.(object)
		all, several := rule["And"].([]any)
		if !several {
			all = []any{rule}
		}
		if !slices.ContainsFunc(all, func(r any) bool { return !m.holds(r.(object), data) }) {
			return rule["Next"].(string)
		}
	}
	return s["Default"].(string)
}

func (m *machine) holds(rule object, data any) bool {
	v, found := find(rule["Variable"].(string), data)
	_, text := v.(string)
	number, _ := v.(float64)
	for comparison, want := range rule {
		switch comparison {
		case "Variable", "Next":
		case "IsPresent":
			return found == want
		case "IsString":
			return text == want
		case "StringEquals", "BooleanEquals":
			return v == want
		case "NumericLessThan":
			return number < want.(float64)
		default:
			m.t.Fatalf("the test has no comparison %s", comparison)
		}
	}
	return false
}

// fill makes a payload of a template: the value of a name that ends in ".$" is a path or a
// function.
func (m *machine) fill(template, data any) any {
	m.t.Helper()
	fields, ok := template.(object)
	if !ok {
		return template
	}
	out := object{}
	for name, v := range fields {
		if bare, dynamic := strings.CutSuffix(name, ".$"); dynamic {
			out[bare] = m.value(v.(string), data)
		} else {
			out[name] = m.fill(v, data)
		}
	}
	return out
}

var function = regexp.MustCompile(`^States\.(\w+)\((.*)\)$`)

// value evaluates a path into the data, a path into the execution ("$$"), or a function.
func (m *machine) value(expression string, data any) (v any) {
	m.t.Helper()
	f := function.FindStringSubmatch(expression)
	switch {
	case f == nil:
		if path, ok := strings.CutPrefix(expression, "$$"); ok {
			expression, data = "$"+path, m.context()
		}
		v, ok := find(expression, data)
		if !ok {
			m.t.Fatalf("%s: %s leads nowhere in %v", m.trail[len(m.trail)-1], expression, data)
		}
		return v
	case f[1] == "StringToJson":
		if err := json.Unmarshal([]byte(strings.Trim(f[2], "'")), &v); err != nil {
			m.t.Fatal(err)
		}
		return v
	case f[1] == "MathAdd":
		sum := 0.0
		for part := range strings.SplitSeq(f[2], ", ") {
			if part == "1" {
				sum++
			} else {
				sum += m.value(part, data).(float64)
			}
		}
		return sum
	}
	m.t.Fatalf("the test has no function %s", expression)
	return nil
}

// context is what the machine knows of its execution.
func (m *machine) context() object {
	return object{
		"Execution": object{"Name": m.name},
		"State":     object{"EnteredTime": m.now.Format(time.RFC3339)},
		"Task":      object{"Token": fmt.Sprint("token-", len(m.trail))},
	}
}

func (m *machine) seconds(path, data any) time.Duration {
	return time.Duration(m.value(path.(string), data).(float64) * float64(time.Second))
}

// find follows a path of names.
func find(path string, data any) (any, bool) {
	for _, name := range strings.Split(path, ".")[1:] {
		fields, _ := data.(object)
		inner, ok := fields[name]
		if !ok {
			return nil, false
		}
		data = inner
	}
	return data, true
}

// put places a result where ResultPath points: if it is absent, the result replaces the data;
// if it is null, the result is dropped.
func put(s object, data, result any) any {
	path, given := s["ResultPath"]
	if !given {
		return result
	}
	if path == nil {
		return data
	}
	out := maps.Clone(data.(object))
	out[strings.TrimPrefix(path.(string), "$.")] = result
	return out
}
