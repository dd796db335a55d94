package stepfunctions

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// execution runs a machine: the state types, paths and functions that it uses, by
// the Amazon States Language.
type execution struct {
	machine machine
	name    string
	now     func() time.Time
	pass    func(time.Duration) // time
	// task does what a Task state asks for. A *taskError is told to Retry and Catch.
	task  func(resource string, parameters any, token string, timeout time.Duration) (any, error)
	trail []string // the states that it went through
}

// taskError is an error of a task, by its name in the language.
type taskError struct{ name, cause string }

func (e *taskError) Error() string { return e.name + ": " + e.cause }

// run returns the output, or the error of a Fail state.
func (x *execution) run(input any) (any, *taskError, error) {
	at, data := x.machine.StartAt, input
	for range 1000 {
		x.trail = append(x.trail, at)
		s := x.machine.States[at]
		context := map[string]any{
			"Execution": map[string]any{"Name": x.name},
			"State":     map[string]any{"EnteredTime": x.now().UTC().Format(time.RFC3339Nano)},
			"Task":      map[string]any{"Token": fmt.Sprint("token-", len(x.trail))},
		}
		if s.Type == "Fail" {
			failed, err := s.failure(data)
			return nil, failed, err
		}
		next, out, err := x.step(s, data, context)
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", at, err)
		}
		if s.End {
			return out, nil, nil
		}
		at, data = next, out
	}
	return nil, nil, errors.New("goes on without an end")
}

func (s state) failure(data any) (*taskError, error) {
	e := &taskError{s.Error, s.Cause}
	for path, to := range map[string]*string{s.ErrorPath: &e.name, s.CausePath: &e.cause} {
		if path == "" {
			continue
		}
		v, err := find(path, data, nil)
		if err != nil {
			return nil, err
		}
		*to, _ = v.(string)
	}
	return e, nil
}

func (x *execution) step(s state, data any, context any) (next string, out any, err error) {
	switch s.Type {
	case "Pass":
		result, err := fill(s.Parameters, data, context)
		if err != nil {
			return "", nil, err
		}
		out, err = put(s.ResultPath, s.resultPathIsNull, data, result)
		return s.Next, out, err
	case "Wait":
		seconds, err := find(s.SecondsPath, data, context)
		if err != nil {
			return "", nil, err
		}
		x.pass(time.Duration(seconds.(float64) * float64(time.Second)))
		return s.Next, data, nil
	case "Choice":
		for _, c := range s.Choices {
			if yes, err := c.holds(data); err != nil || yes {
				return c.Next, data, err
			}
		}
		return s.Default, data, nil
	case "Task":
		return x.doTask(s, data, context)
	}
	return "", nil, fmt.Errorf("the interpreter has no %s state", s.Type)
}

func (x *execution) doTask(s state, data, context any) (next string, out any, err error) {
	parameters, err := fill(s.Parameters, data, context)
	if err != nil {
		return "", nil, err
	}
	timeout := time.Duration(s.TimeoutSeconds * float64(time.Second))
	if s.TimeoutSecondsPath != "" {
		seconds, err := find(s.TimeoutSecondsPath, data, context)
		if err != nil {
			return "", nil, err
		}
		timeout = time.Duration(seconds.(float64) * float64(time.Second))
	}
	token := context.(map[string]any)["Task"].(map[string]any)["Token"].(string)
	result, err := x.retried(s.Retry, func() (any, error) { return x.task(s.Resource, parameters, token, timeout) })
	if err != nil {
		var e *taskError
		if !errors.As(err, &e) {
			return "", nil, err
		}
		for _, c := range s.Catch {
			if named(c.ErrorEquals, e.name) {
				out, err := put(c.ResultPath, c.ResultPath == nil, data, map[string]any{"Error": e.name, "Cause": e.cause})
				return c.Next, out, err
			}
		}
		return "", nil, err
	}
	if s.ResultSelector != nil {
		if result, err = fill(s.ResultSelector, result, context); err != nil {
			return "", nil, err
		}
	}
	out, err = put(s.ResultPath, s.resultPathIsNull, data, result)
	return s.Next, out, err
}

func (x *execution) retried(policy []retrier, do func() (any, error)) (any, error) {
	used := make([]int, len(policy))
	for {
		result, err := do()
		var e *taskError
		if !errors.As(err, &e) {
			return result, err
		}
		i := slices.IndexFunc(policy, func(r retrier) bool { return named(r.ErrorEquals, e.name) })
		if i < 0 || used[i] == policy[i].MaxAttempts {
			return nil, err
		}
		wait := policy[i].IntervalSeconds
		for range used[i] {
			wait *= policy[i].BackoffRate
		}
		used[i]++
		x.pass(time.Duration(wait * float64(time.Second)))
	}
}

func named(list []string, name string) bool {
	return slices.Contains(list, name) || slices.Contains(list, "States.ALL")
}

// holds evaluates a rule. A path that leads nowhere is an error but for IsPresent.
func (c choice) holds(data any) (bool, error) {
	for _, inner := range c.And {
		if yes, err := inner.holds(data); err != nil || !yes {
			return false, err
		}
	}
	for _, inner := range c.Or {
		if yes, err := inner.holds(data); err != nil || yes {
			return yes, err
		}
	}
	if c.Variable == "" {
		return len(c.Or) == 0, nil
	}
	v, err := find(c.Variable, data, nil)
	if c.IsPresent != nil {
		return (err == nil) == *c.IsPresent, nil
	}
	if err != nil {
		return false, err
	}
	switch {
	case c.IsString != nil:
		_, is := v.(string)
		return is == *c.IsString, nil
	case c.StringEquals != nil:
		return v == any(*c.StringEquals), nil
	case c.BooleanEquals != nil:
		return v == any(*c.BooleanEquals), nil
	case c.NumericLessThan != nil:
		n, is := v.(float64)
		return is && n < *c.NumericLessThan, nil
	}
	return false, errors.New("the interpreter does not know this comparison")
}

// fill makes a payload template: where a name ends in ".$", its value is a path or
// a function.
func fill(v, data, context any) (any, error) {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, inner := range v {
			value, err := any(nil), error(nil)
			if bare, dynamic := strings.CutSuffix(name, ".$"); dynamic {
				name = bare
				value, err = evaluate(inner.(string), data, context)
			} else {
				value, err = fill(inner, data, context)
			}
			if err != nil {
				return nil, err
			}
			out[name] = value
		}
		return out, nil
	case []any:
		return nil, errors.New("the interpreter does not know lists in templates")
	}
	return v, nil
}

var call = regexp.MustCompile(`^States\.(\w+)\((.*)\)$`)

func evaluate(expression string, data, context any) (any, error) {
	f := call.FindStringSubmatch(expression)
	if f == nil {
		return find(expression, data, context)
	}
	switch f[1] {
	case "StringToJson":
		var v any
		err := json.Unmarshal([]byte(strings.Trim(f[2], "'")), &v)
		return v, err
	case "MathAdd":
		sum := 0.0
		for _, part := range strings.Split(f[2], ", ") {
			n, err := strconv.ParseFloat(part, 64)
			if err != nil {
				v, err := find(part, data, context)
				if err != nil {
					return nil, err
				}
				n = v.(float64)
			}
			sum += n
		}
		return sum, nil
	}
	return nil, fmt.Errorf("the interpreter does not know States.%s", f[1])
}

// find follows a path of names, into the data or, with $$, into the context.
func find(path string, data, context any) (any, error) {
	v, rest := data, strings.TrimPrefix(path, "$")
	if in, ok := strings.CutPrefix(rest, "$"); ok {
		v, rest = context, in
	}
	for _, name := range strings.Split(strings.TrimPrefix(rest, "."), ".") {
		object, _ := v.(map[string]any)
		inner, ok := object[name]
		if !ok {
			return nil, fmt.Errorf("States.Runtime: nothing is at %s", path)
		}
		v = inner
	}
	return v, nil
}

// put places a result where ResultPath says: absent, it is all; null, it is
// dropped.
func put(path *string, null bool, data, result any) (any, error) {
	switch {
	case null:
		return data, nil
	case path == nil:
		return result, nil
	}
	name, ok := strings.CutPrefix(*path, "$.")
	if !ok || strings.Contains(name, ".") {
		return nil, fmt.Errorf("the interpreter does not know the result path %s", *path)
	}
	out := map[string]any{}
	for k, v := range data.(map[string]any) {
		out[k] = v
	}
	out[name] = result
	return out, nil
}
