package functions

import (
	"encoding/json"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"countersign/pkg/ams"
)

// resource is what the tests below read of a resource in template.yaml.
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

// readTemplate reads what a test wants of template.yaml.
func readTemplate(t testing.TB, into any) {
	t.Helper()
	if err := yaml.Unmarshal(file(t, "../template.yaml"), into); err != nil {
		t.Fatal(err)
	}
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

// The deployed API lets in whom the clients table names and nobody else: each path is
// at the function that asks for that, and there is no other way in.
func TestTemplateIsClosed(t *testing.T) {
	paths := map[string]string{}
	for name, r := range template(t) {
		if strings.HasPrefix(r.Type, "AWS::IAM::") || r.Type == "AWS::Serverless::Connector" {
			if s := r.Properties.PolicyDocument.Statement; len(s) != 1 || s[0].Action != "sqs:SendMessage" ||
				s[0].Resource != "FailedEvents.Arn" { // which Lambda does, in a function's name
				t.Errorf(
					"%s gives permissions; those of functions must stand in their Policies, where these tests read "+
						"them",
					name,
				)
			}
		}
		if r.Type == "AWS::Lambda::Permission" && !strings.Contains(r.Properties.SourceArn, ".Arn") &&
			!strings.Contains(r.Properties.SourceArn, ":${AWS::AccountId}:${") {
			t.Errorf("%s lets anybody's API or pool invoke the function: name ours as SourceArn", name)
		}
		if r.Type != "AWS::Serverless::Function" {
			continue
		}
		if r.Properties.FunctionURLConfig != nil {
			t.Errorf("%s has a function URL", name)
		}
		for event, e := range r.Properties.Events {
			if e.Type == "HttpApi" {
				if other := paths[e.Properties.Path]; other != "" {
					t.Errorf("%s: event %s has a path of %s", name, event, other)
				}
				paths[e.Properties.Path] = r.Properties.CodeURI
			}
		}
	}
	// Every API of the contract has its paths, at the function that serves it, and
	// the rest goes to the Unimatrix contract.
	for _, prefix := range []string{"/ams/api", "/ams/sandbox/api", ""} {
		for api, function := range map[string]string{
			"/v1/customers/initAuthentication": "functions/init/",
			"/v1/users/initAuthentication":     "functions/init/", "/v1/security/triggerChallenge": "functions/init/",
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
