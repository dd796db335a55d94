package functions

import (
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"

	"go.yaml.in/yaml/v4"

	"countersign/pkg/ams"
)

// resource has the members of a resource in template.yaml that the tests of this file need.
type resource struct {
	Type       string
	Properties struct {
		CodeURI           string
		FunctionURLConfig any
		Events            map[string]struct {
			Type       string
			Properties struct{ Path string }
		}
		SourceArn      string // of a permission
		PolicyDocument struct {
			Statement []struct{ Action, Resource any }
		}
	}
}

// templateTree is template.yaml, parsed once: under the race detector each time takes 60 ms.
var templateTree = sync.OnceValues(func() (tree yaml.Node, err error) {
	text, err := os.ReadFile("../template.yaml")
	if err != nil {
		return tree, err
	}
	err = yaml.Unmarshal(text, &tree)
	return tree, err
})

// readTemplate reads the members of template.yaml that into has.
func readTemplate(t testing.TB, into any) {
	t.Helper()
	tree, err := templateTree()
	if err != nil {
		t.Fatal(err)
	}
	if err := tree.Decode(into); err != nil {
		t.Fatal(err)
	}
}

// environment has the variables that template.yaml sets, for all functions or for one.
type environment struct {
	Variables map[string]yaml.Node `yaml:"Variables"`
}

// values returns the text of each variable: the name in a !Ref, the pattern of a !Sub. See [first] for an !If.
func (e environment) values() map[string]string {
	values := map[string]string{}
	for name, value := range e.Variables {
		values[name] = first(value).Value
	}
	return values
}

// globals returns the variables of all functions.
func globals(t *testing.T) environment {
	t.Helper()
	var file struct {
		Globals struct {
			Function struct {
				Environment environment `yaml:"Environment"`
			} `yaml:"Function"`
		} `yaml:"Globals"`
	}
	readTemplate(t, &file)
	return file.Globals.Function.Environment
}

func template(t *testing.T) map[string]resource {
	t.Helper()
	var tree any
	readTemplate(t, &tree)
	text, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	var out struct{ Resources map[string]resource }
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out.Resources
}

// toQueue reports whether a policy allows nothing but sending to the queue of failed events, which Lambda does in the
// name of a function.
func (r resource) toQueue() bool {
	s := r.Properties.PolicyDocument.Statement
	return len(s) == 1 && s[0].Action == "sqs:SendMessage" && s[0].Resource == "FailedEvents.Arn"
}

// deliveryLog begins the ARNs of the two groups of SNS's log of text messages.
const deliveryLog = "arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:" +
	"sns/${AWS::Region}/${AWS::AccountId}/DirectPublishToPhoneNumber"

// fromStack reports whether a permission is for an API or a pool of this stack, or for SNS's delivery log.
func (r resource) fromStack() bool {
	source := r.Properties.SourceArn
	return strings.Contains(source, ".Arn") || strings.Contains(source, ":${AWS::AccountId}:${") ||
		source == deliveryLog+"*:*"
}

// Nothing invokes a function but this stack's own APIs and pool, and SNS's delivery log, and nothing gives a function
// permissions but its own Policies.
func TestTemplateIsClosed(t *testing.T) {
	for name, r := range template(t) {
		switch {
		case strings.HasPrefix(r.Type, "AWS::IAM::"), r.Type == "AWS::Serverless::Connector":
			if !r.toQueue() {
				t.Errorf("%s gives permissions: write those of a function into its Policies, the only place that "+
					"these tests read", name)
			}
		case r.Type == "AWS::Lambda::Permission":
			if !r.fromStack() {
				t.Errorf("%s lets any API or pool invoke the function: name ours as SourceArn", name)
			}
		case r.Type == "AWS::Serverless::Function":
			if r.Properties.FunctionURLConfig != nil {
				t.Errorf("%s has a function URL, which checks no client", name)
			}
		}
	}
}

// Each path of the AMS/DWS contract leads to the function that serves it. All other paths lead to the Unimatrix
// contract.
func TestPathsLeadToTheirFunctions(t *testing.T) {
	paths := map[string]string{}
	for name, r := range template(t) {
		for event, e := range r.Properties.Events {
			if r.Type != "AWS::Serverless::Function" || e.Type != "HttpApi" {
				continue
			}
			if other := paths[e.Properties.Path]; other != "" {
				t.Errorf("%s: event %s has a path of %s", name, event, other)
			}
			paths[e.Properties.Path] = r.Properties.CodeURI
		}
	}
	for _, prefix := range []string{"/ams/api", "/ams/sandbox/api", ""} {
		for api, function := range map[string]string{
			"/v1/customers/initAuthentication": "functions/init/",
			"/v1/users/initAuthentication":     "functions/init/", "/v1/security/triggerChallenge": "functions/init/",
			"/v1/security/setPassword":          "functions/init/",
			"/v1/users/verifyAuthentication":    "functions/verify/",
			"/v1/security/verifyAuthentication": "functions/verify/",
		} {
			path := prefix + api
			if paths[path] != function || ams.Sends(path) != (function == "functions/init/") {
				t.Errorf("%s goes to %q, want %s", path, paths[path], function)
			}
			delete(paths, path)
		}
	}
	if len(paths) != 1 || paths[""] != "functions/otp/" {
		t.Errorf("further routes %v, want the rest at functions/otp/", paths)
	}
}
