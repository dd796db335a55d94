package functions

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/filetest"
)

// The role of the state machine has the permissions that its tasks need and no other. The comment on each action names
// the tasks.
func TestStateMachineActions(t *testing.T) {
	const definition = "prove-number.asl.json"
	var machine struct {
		States map[string]struct {
			Resource   string
			Parameters struct{ FunctionName, TableName string }
		}
	}
	if err := json.Unmarshal(filetest.Read(t, "../docs/step-functions/"+definition), &machine); err != nil {
		t.Fatal(err)
	}
	r := roles(t)[definition]
	of := func(reference string) string {
		return strings.NewReplacer("${", "", ".Arn", "", "}", "").Replace(reference)
	}
	want := map[string][]string{}
	for _, state := range slices.Sorted(maps.Keys(machine.States)) {
		s := machine.States[state]
		_, task, ok := strings.Cut(s.Resource, ":::")
		if !ok {
			continue
		}
		task, _, _ = strings.Cut(strings.TrimPrefix(task, "aws-sdk:"), ".")
		name := map[string]string{
			"lambda:invoke": "lambda:InvokeFunction", "dynamodb:putItem": "dynamodb:PutItem",
			"dynamodb:deleteItem": "dynamodb:DeleteItem",
		}[task]
		on := of(r.substitutions[of(s.Parameters.FunctionName+s.Parameters.TableName)])
		want[name+" on "+on] = append(want[name+" on "+on], state)
	}
	for _, s := range r.statements {
		for _, a := range s.actions {
			what := a.name + " on " + of(s.resource)
			if comment := "# " + strings.Join(want[what], ", "); !s.allow || a.comment != comment {
				t.Errorf("template.yaml:%d: %s may %s, want a permission that tasks need, with the comment %q",
					a.line, r.name, what, comment)
			}
			delete(want, what)
		}
	}
	if len(want) > 0 {
		t.Errorf("template.yaml: %s lacks %q", r.name, want)
	}
}
