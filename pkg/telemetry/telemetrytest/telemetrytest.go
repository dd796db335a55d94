// Package telemetrytest reads log lines in tests as CloudWatch does.
package telemetrytest

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
)

// Line is a log line.
type Line struct {
	Members map[string]any
	// Metrics are the values that CloudWatch extracts from the line, by name and dimensions:
	// "sends stack=prod country=MY". Nil for a line without metrics.
	Metrics map[string]float64
}

// embedded is the part of a line that is in the embedded metric format.
type embedded struct {
	AWS *struct {
		Timestamp         int64
		CloudWatchMetrics []directive
	} `json:"_aws"`
}

type directive struct {
	Namespace  string
	Dimensions [][]string
	Metrics    []struct{ Name, Unit string }
}

// Read reads a line and checks it by the specification of the embedded metric format (each metric is a number and each
// dimension a string of the same object) and by our own rules: no metric is counted twice, and none has more dimensions
// than the stack and one other, because AWS charges for each combination.
func Read(t testing.TB, text string) Line {
	t.Helper()
	var l Line
	var aws embedded
	if err := json.Unmarshal([]byte(text), &l.Members); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if err := json.Unmarshal([]byte(text), &aws); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	if aws.AWS == nil {
		return l
	}
	if aws.AWS.Timestamp < 1e12 || len(aws.AWS.CloudWatchMetrics) == 0 {
		t.Errorf("no time or no metrics: %s", text)
	}
	l.Metrics = map[string]float64{}
	for _, d := range aws.AWS.CloudWatchMetrics {
		if err := l.add(d); err != nil {
			t.Errorf("%v: %s", err, text)
		}
	}
	return l
}

func (l Line) add(d directive) error {
	if d.Namespace != "Countersign" || len(d.Metrics) == 0 || len(d.Dimensions) == 0 {
		return fmt.Errorf("%+v must be in the namespace Countersign, with metrics and dimensions", d)
	}
	for _, set := range d.Dimensions {
		if len(set) == 0 || set[0] != "stack" || len(set) > 2 {
			return fmt.Errorf("dimensions %q, must be the stack and at most one other", set)
		}
		by := ""
		for _, name := range set {
			value, ok := l.Members[name].(string)
			if !ok || value == "" {
				return fmt.Errorf("dimension %q is %v, must be a member with text", name, l.Members[name])
			}
			by += " " + name + "=" + value
		}
		for _, m := range d.Metrics {
			value, ok := l.Members[m.Name].(float64)
			if !ok || !slices.Contains([]string{"Count", "Milliseconds", "None"}, m.Unit) {
				return fmt.Errorf("metric %q in %q is %v, must be a number of Count, Milliseconds or None",
					m.Name, m.Unit, l.Members[m.Name])
			}
			if _, twice := l.Metrics[m.Name+by]; twice {
				return fmt.Errorf("%s is counted twice", m.Name+by)
			}
			l.Metrics[m.Name+by] = value
		}
	}
	return nil
}
