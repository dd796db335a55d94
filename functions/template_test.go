package functions

import (
	"encoding/json"
	"os"
	"slices"
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
		DefinitionURI     string // of a state machine
		FunctionURLConfig any
		Policies          []struct {
			Statement []struct {
				Effect           string
				Action, Resource any
			}
		}
		Events map[string]struct {
			Type       string
			Properties struct{ Path string }
		}
	}
}

func template(t *testing.T) map[string]resource {
	t.Helper()
	text, err := os.ReadFile("../template.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var tree any
	if err := yaml.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	if text, err = json.Marshal(tree); err != nil {
		t.Fatal(err)
	}
	var out struct{ Resources map[string]resource }
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	return out.Resources
}

// The deployed API lets in whom the clients table names and nobody else, and each
// function may do what it does and nothing more.
func TestTemplateIsClosed(t *testing.T) {
	reads := []string{"Allow dynamodb:GetItem ClientsTable", "Allow secretsmanager:GetSecretValue Keyring"}
	sends := append([]string{
		"Allow dynamodb:PutItem ChallengesTable", "Allow dynamodb:UpdateItem ChallengesTable", "Allow sns:Publish *", "Deny sns:Publish arn:${AWS::Partition}:sns:*:*:*",
	}, reads...)
	want := map[string][]string{
		"functions/init/":   sends,
		"functions/otp/":    sends,
		"functions/verify/": append([]string{"Allow dynamodb:UpdateItem ChallengesTable"}, reads...),
		"functions/changes/": {
			"Allow dynamodb:PutItem ChallengesTable", "Allow dynamodb:UpdateItem ChallengesTable",
			"Allow events:PutEvents arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:event-bus/default",
		},
		"functions/cognito/": sends,
		"docs/step-functions/prove-number.asl.json": {
			"Allow lambda:InvokeFunction InitFunction", "Allow lambda:InvokeFunction VerifyFunction", "Allow dynamodb:PutItem WaitingTable", "Allow dynamodb:DeleteItem WaitingTable",
		},
	}
	paths := map[string]string{}
	for name, r := range template(t) {
		if r.Type != "AWS::Serverless::Function" && r.Type != "AWS::Serverless::StateMachine" {
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
		var may []string
		for _, p := range r.Properties.Policies {
			for _, s := range p.Statement {
				for _, a := range actions(s.Action) {
					may = append(may, s.Effect+" "+a+" "+target(s.Resource))
				}
			}
		}
		slices.Sort(may)
		source := r.Properties.CodeURI + r.Properties.DefinitionURI
		if slices.Sort(want[source]); !slices.Equal(may, want[source]) {
			t.Errorf("%s may %q, want %q", name, may, want[source])
		}
		delete(want, source)
	}
	if len(want) > 0 {
		t.Errorf("no function for %v", want)
	}
	// Every API of the contract has its paths, at the function that serves it, and
	// the rest goes to the Unimatrix contract.
	for _, prefix := range []string{"/ams/api", "/ams/sandbox/api", ""} {
		for api, function := range map[string]string{
			"/v1/customers/initAuthentication": "functions/init/", "/v1/users/initAuthentication": "functions/init/", "/v1/security/triggerChallenge": "functions/init/",
			"/v1/users/verifyAuthentication": "functions/verify/", "/v1/security/verifyAuthentication": "functions/verify/",
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

// target names a resource of a policy: what a !Ref, !GetAtt or !Sub is about.
func target(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSuffix(v, ".Arn")
	case []any:
		return target(v[0])
	case map[string]any:
		for _, inner := range v {
			return target(inner)
		}
	}
	return ""
}

func actions(a any) (out []string) {
	switch a := a.(type) {
	case string:
		return []string{a}
	case []any:
		for _, v := range a {
			out = append(out, v.(string))
		}
	}
	return out
}
