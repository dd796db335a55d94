package functions

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// operations is the template as far as operators see it.
func operations(t *testing.T) (resources map[string]map[string]any, text string) {
	t.Helper()
	var tree struct {
		Resources map[string]map[string]any `yaml:"Resources"`
	}
	readTemplate(t, &tree)
	return tree.Resources, string(file(t, "../template.yaml"))
}

// Each alarm has its section in the runbook, and each of our metrics that is
// watched or drawn is one that the functions write.
func TestAlarms(t *testing.T) {
	resources, text := operations(t)
	book, err := os.ReadFile("../docs/runbook.md")
	if err != nil {
		t.Fatal(err)
	}
	alarms := 0
	for name, r := range resources {
		if r["Type"] != "AWS::CloudWatch::Alarm" {
			continue
		}
		alarms++
		p := r["Properties"].(map[string]any)
		short := strings.TrimPrefix(p["AlarmName"].(string), "${AWS::StackName}-")
		if !strings.Contains(p["AlarmDescription"].(string), "docs/runbook.md#"+short+".") ||
			!strings.Contains(string(book), "\n### "+short+"\n") {
			t.Errorf("%s: no section ### %s in docs/runbook.md", name, short)
		}
		if p["AlarmActions"] == nil || p["OKActions"] == nil || p["TreatMissingData"] == nil {
			t.Errorf("%s tells nobody", name)
		}
	}
	if alarms < 13 {
		t.Errorf("%d alarms", alarms)
	}
	source, err := os.ReadFile("../pkg/telemetry/metrics.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`Namespace: Countersign, MetricName: (\w+)|Namespace: `+
		`Countersign\s+MetricName: (\w+)|"Countersign","(\w+)"|MetricName=\\"(\w+)`).FindAllStringSubmatch(text, -1) {
		name := strings.Join(m[1:], "")
		if !strings.Contains(string(source), `"`+name+`", "Count"`) &&
			!strings.Contains(string(source), `{"`+name+`", one(`) &&
			!strings.Contains(string(source), `{"`+name+`", strangers}`) &&
			name != "latency" {
			t.Errorf("nothing writes the metric %q", name)
		}
	}
}

// The dashboard is JSON once CloudFormation has put names into it.
func TestDashboard(t *testing.T) {
	resources, _ := operations(t)
	sub, _ := resources["Dashboard"]["Properties"].(map[string]any)["DashboardBody"].([]any)
	if len(sub) != 2 {
		t.Fatal("there is no text with its own names")
	}
	body := strings.ReplaceAll(sub[0].(string), "${ServerErrors}", `"5xx","ApiId","api"`)
	body = regexp.MustCompile(`\$\{SpendLimit\}`).ReplaceAllString(body, "1")
	body = regexp.MustCompile(`\$\{[A-Za-z:.]+\}`).ReplaceAllString(body, "name")
	var out struct {
		Widgets []struct {
			X, Y, Width, Height int
			Properties          struct {
				Title   string
				Metrics [][]any
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	for _, w := range out.Widgets {
		if w.Properties.Title == "" || len(w.Properties.Metrics) == 0 || w.X+w.Width > 24 {
			t.Errorf("%+v", w)
		}
	}
	if len(out.Widgets) < 10 {
		t.Errorf("%d widgets", len(out.Widgets))
	}
}

// Each function has a log group of its own that forgets.
func TestLogGroups(t *testing.T) {
	resources, _ := operations(t)
	var used []any
	for name, r := range resources {
		if r["Type"] != "AWS::Serverless::Function" {
			continue
		}
		p := r["Properties"].(map[string]any)
		logging, _ := p["LoggingConfig"].(map[string]any)
		group, _ := logging["LogGroup"].(string)
		if slices.Contains(used, any(group)) || resources[group]["Type"] != "AWS::Logs::LogGroup" ||
			resources[group]["Condition"] != r["Condition"] ||
			resources[group]["Properties"].(map[string]any)["RetentionInDays"] != "LogDays" {
			t.Errorf("%s logs to %q", name, group)
		}
		used = append(used, group)
	}
}
