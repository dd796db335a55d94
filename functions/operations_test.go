package functions

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/filetest"
)

// resources returns the resources of template.yaml, by name.
func resources(t *testing.T) map[string]map[string]any {
	t.Helper()
	var tree struct {
		Resources map[string]map[string]any `yaml:"Resources"`
	}
	readTemplate(t, &tree)
	return tree.Resources
}

// Each alarm notifies somebody, and has its section in the runbook.
func TestAlarms(t *testing.T) {
	book := string(filetest.Read(t, "../docs/runbook.md"))
	alarms := 0
	for name, r := range resources(t) {
		if r["Type"] != "AWS::CloudWatch::Alarm" {
			continue
		}
		alarms++
		p := r["Properties"].(map[string]any)
		short := strings.TrimPrefix(p["AlarmName"].(string), "${AWS::StackName}-")
		if !strings.Contains(p["AlarmDescription"].(string), "docs/runbook.md#"+short+".") ||
			!strings.Contains(book, "\n### "+short+"\n") {
			t.Errorf("%s: no section ### %s in docs/runbook.md", name, short)
		}
		if p["AlarmActions"] == nil || p["OKActions"] == nil || p["TreatMissingData"] == nil {
			t.Errorf("%s lacks AlarmActions, OKActions or TreatMissingData", name)
		}
	}
	if alarms < 13 {
		t.Errorf("%d alarms, want at least 13", alarms)
	}
}

// The functions write each metric of ours that an alarm watches or the dashboard draws.
func TestMetricsAreWritten(t *testing.T) {
	source := string(filetest.Read(t, "../pkg/telemetry/metrics.go")) +
		string(filetest.Read(t, "../pkg/telemetry/receipts.go"))
	text := string(filetest.Read(t, "../template.yaml"))
	for _, m := range regexp.MustCompile(`Namespace: Countersign, MetricName: (\w+)|Namespace: `+
		`Countersign\s+MetricName: (\w+)|"Countersign","(\w+)"|MetricName=\\"(\w+)|SELECT SUM\((\w+)\)`).
		FindAllStringSubmatch(text, -1) {
		name := strings.Join(m[1:], "")
		if !strings.Contains(source, `"`+name+`", "Count"`) &&
			!strings.Contains(source, `"`+name+`", "None"`) &&
			!strings.Contains(source, `{"`+name+`", one(`) &&
			!strings.Contains(source, `{"`+name+`", strangers}`) &&
			!strings.Contains(source, `appendCount(line, "`+name+`", `) &&
			name != "latency" {
			t.Errorf("nothing writes the metric %q", name)
		}
	}
}

// Each rule of Contributor Insights counts what a function's lines have, in log groups of the stack, and is drawn and
// watched under its own name.
func TestInsightRules(t *testing.T) {
	text := string(filetest.Read(t, "../template.yaml"))
	lines := string(filetest.Read(t, "../pkg/telemetry/lines.go")) +
		string(filetest.Read(t, "../pkg/telemetry/metrics.go"))
	rules := 0
	for name, r := range resources(t) {
		if r["Type"] != "AWS::CloudWatch::InsightRule" {
			continue
		}
		rules++
		p := r["Properties"].(map[string]any)
		var body struct {
			LogGroupNames []string
			Contribution  struct {
				Keys    []string
				ValueOf string
				Filters []struct{ Match string }
			}
		}
		if err := json.Unmarshal([]byte(p["RuleBody"].(string)), &body); err != nil {
			t.Fatalf("%s: %v in %s", name, err, p["RuleBody"])
		}
		for _, group := range body.LogGroupNames {
			if !strings.HasPrefix(group, "/countersign/${AWS::StackName}/") {
				t.Errorf("%s reads the log groups %s: want those of the stack", name, group)
			}
		}
		fields := append(body.Contribution.Keys, body.Contribution.ValueOf)
		for _, f := range body.Contribution.Filters {
			fields = append(fields, f.Match)
		}
		for _, f := range fields {
			if member := strings.TrimPrefix(f, "$."); !strings.Contains(lines, `"`+member+`"`) {
				t.Errorf("%s counts %s: no line has that member", name, f)
			}
		}
		for _, use := range []string{"INSIGHT_RULE_METRIC('%s'", `"ruleName":"%s"`} {
			if use = strings.ReplaceAll(use, "%s", p["RuleName"].(string)); !strings.Contains(text, use) {
				t.Errorf("%s: nothing has %s", name, use)
			}
		}
	}
	if rules == 0 {
		t.Error("no rule")
	}
}

// The dashboard is JSON after CloudFormation has replaced the names in it.
func TestDashboard(t *testing.T) {
	sub, _ := resources(t)["Dashboard"]["Properties"].(map[string]any)["DashboardBody"].([]any)
	if len(sub) != 2 {
		t.Fatal("DashboardBody must be a !Sub of a text and a list of names")
	}
	body := strings.ReplaceAll(sub[0].(string), "${ServerErrors}", `"5xx","ApiId","api"`)
	body = regexp.MustCompile(`\$\{SpendLimit\}`).ReplaceAllString(body, "1")
	body = regexp.MustCompile(`\$\{[A-Za-z:.]+\}`).ReplaceAllString(body, "name")
	var out struct {
		Widgets []struct {
			X, Y, Width, Height int
			Properties          struct {
				Title       string
				Metrics     [][]any
				InsightRule struct{ RuleName string }
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &out); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	for _, w := range out.Widgets {
		drawn := len(w.Properties.Metrics) > 0 || w.Properties.InsightRule.RuleName != ""
		if w.Properties.Title == "" || !drawn || w.X+w.Width > 24 {
			t.Errorf("%+v: a widget must have a title, metrics or a rule, and end at column 24 or before", w)
		}
	}
	if len(out.Widgets) < 10 {
		t.Errorf("%d widgets, want at least 10", len(out.Widgets))
	}
}

// Each function has a log group of its own, with the function's condition and a retention of LogDays.
func TestLogGroups(t *testing.T) {
	var used []any
	all := resources(t)
	for name, r := range all {
		if r["Type"] != "AWS::Serverless::Function" {
			continue
		}
		p := r["Properties"].(map[string]any)
		logging, _ := p["LoggingConfig"].(map[string]any)
		group, _ := logging["LogGroup"].(string)
		if slices.Contains(used, any(group)) || all[group]["Type"] != "AWS::Logs::LogGroup" ||
			all[group]["Condition"] != r["Condition"] ||
			all[group]["Properties"].(map[string]any)["RetentionInDays"] != "LogDays" {
			t.Errorf("%s logs to %q: want an AWS::Logs::LogGroup of its own", name, group)
		}
		used = append(used, group)
	}
}
