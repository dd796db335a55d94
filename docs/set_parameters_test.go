package docs

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"countersign/pkg/filetest"
)

// fakeAWS stands in for the AWS CLI. It lists the parameters of the file "known", and
// writes the arguments of update-stack into the file "update", one a line. update-stack
// and wait fail if there is a file with their error.
const fakeAWS = `#!/bin/sh
cd "$(dirname "$0")"
case $2 in
describe-stacks) cat known ;;
update-stack) printf '%s\n' "$@" >update; if [ -e refusal ]; then cat refusal >&2; exit 254; fi ;;
wait) [ ! -e rollback ] ;;
*) exit 9 ;;
esac
`

// setParameters runs the script on a stack that has the template's parameters. It
// returns the arguments of update-stack, none if the script did not call it. trouble is
// the file that fakeAWS fails by, as NAME=TEXT, or "".
func setParameters(t *testing.T, trouble string, settings ...string) (update []string, output string, err error) {
	t.Helper()
	folder := t.TempDir()
	present := map[string]string{"Brand": `it's "A" \B`, "PerHour": "5", "PerDay": "10"}
	known := ""
	for _, name := range parameters(t) {
		known += name + "\t" + present[name] + "\n"
	}
	files := map[string]string{"aws": fakeAWS, "known": known}
	if name, text, ok := strings.Cut(trouble, "="); ok {
		files[name] = text
	}
	for name, text := range files {
		filetest.Write(t, filepath.Join(folder, name), []byte(text), 0o700)
	}
	cmd := exec.Command("./set-parameters.sh", append([]string{"countersign-prod"}, settings...)...)
	cmd.Env = append(os.Environ(), "PATH="+folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if text, unread := os.ReadFile(filepath.Join(folder, "update")); unread == nil {
		update = strings.Split(strings.TrimSpace(string(text)), "\n")
	}
	return update, string(out), err
}

// parameters returns the names of the template's parameters, sorted.
func parameters(t *testing.T) []string {
	t.Helper()
	var template struct {
		Parameters map[string]any `yaml:"Parameters"`
	}
	if err := yaml.Unmarshal(filetest.Read(t, "../template.yaml"), &template); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(template.Parameters))
}

// A change names every parameter of the stack: the given ones with their values, all
// others with the value that they have. Template and code stay.
func TestSetParameters(t *testing.T) {
	given := map[string]string{"AllowedCountries": "MY,SG", "Brand": `a "b" \c 50% d=e`, "SenderId": ""}
	update, output, err := setParameters(t, "", "AllowedCountries=MY,SG", `Brand=a "b" \c 50% d=e`, "SenderId=")
	if err != nil || len(update) < 2 {
		t.Fatalf("%v\n%s", err, output)
	}
	last := len(update) - 1
	want := "cloudformation update-stack --stack-name countersign-prod --use-previous-template" +
		" --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND --parameters"
	if got := strings.Join(update[:last], " "); got != want {
		t.Errorf("called aws %s\nwant       aws %s", got, want)
	}
	var list []struct {
		ParameterKey     string
		ParameterValue   *string
		UsePreviousValue bool
	}
	if err := json.Unmarshal([]byte(update[last]), &list); err != nil {
		t.Fatalf("%v\n%s", err, update[last])
	}
	var names []string
	for _, p := range list {
		names = append(names, p.ParameterKey)
		value, set := given[p.ParameterKey]
		if set == p.UsePreviousValue || set != (p.ParameterValue != nil) || set && *p.ParameterValue != value {
			t.Errorf("%s: previous value %t, value %v", p.ParameterKey, p.UsePreviousValue, p.ParameterValue)
		}
	}
	if slices.Sort(names); !slices.Equal(names, parameters(t)) {
		t.Errorf("the update names the parameters\n%v\nthe stack has\n%v", names, parameters(t))
	}
}

// Wrong settings change nothing, and the error names the mistake. An update that is
// rolled back is an error too.
func TestSetParametersRefuses(t *testing.T) {
	for _, c := range []struct {
		name, mistake string
		settings      []string
	}{
		{"unknown name", "has no parameter Senderid; it has: AccessLog AlarmTopic", []string{"Senderid=Acme"}},
		{"no value", "SenderId is not NAME=VALUE", []string{"SenderId"}},
		{"given twice", "SenderId is given twice", []string{"SenderId=A", "SenderId=B"}},
		{"nothing", "usage: ", nil},
		{"more in an hour than in a day", "PerHour would be 5 and PerDay 4", []string{"PerDay=4"}},
		{"both, and the wrong way round", "PerHour would be 9 and PerDay 8", []string{"PerDay=8", "PerHour=9"}},
		{"no number", "PerHour would be x and PerDay 10", []string{"PerHour=x"}},
	} {
		update, output, err := setParameters(t, "", c.settings...)
		if err == nil || update != nil || !strings.Contains(output, c.mistake) {
			t.Errorf("%s: %v, called aws %q\n%s\nwant %q", c.name, err, update, output, c.mistake)
		}
	}
	for trouble, mistake := range map[string]string{
		"rollback=": "did not complete", "refusal=AccessDenied: no": "AccessDenied: no",
	} {
		update, output, err := setParameters(t, trouble, "SenderId=Acme")
		if err == nil || update == nil || !strings.Contains(output, mistake) {
			t.Errorf("%s: %v, called aws %q\n%s", trouble, err, update, output)
		}
	}
}

// The script prints the command that brings the values of before back, as the shell reads it.
func TestSetParametersBack(t *testing.T) {
	_, output, err := setParameters(t, "", "Brand=Acme", "PerHour=4", "PerDay=4", "SenderId=")
	want := `The way back: ./set-parameters.sh countersign-prod ` +
		`Brand='it'\''s "A" \B' PerHour='5' PerDay='10' SenderId=''`
	if err != nil || !strings.Contains(output, want+"\n") {
		t.Errorf("%v\n%s\nwant %s", err, output, want)
	}
}

// A change to the values that the stack has already is no mistake.
func TestSetParametersUnchanged(t *testing.T) {
	_, output, err := setParameters(t, "refusal=An error occurred: No updates are to be performed.", "PerHour=5")
	if err != nil || !strings.Contains(output, "Nothing to change") || strings.Contains(output, "Changed") {
		t.Errorf("%v\n%s", err, output)
	}
}
