package functions

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// resource is what the tests below read of a resource in template.yaml.
type resource struct {
	Type       string
	Properties struct {
		CodeURI           string
		FunctionURLConfig any
		Auth              struct {
			DefaultAuthorizer   string
			EnableIamAuthorizer bool
		}
		Policies []struct {
			Statement []struct {
				Effect string
				Action any
			}
		}
		Events map[string]struct {
			Type       string
			Properties struct {
				Path string
				Auth any
			}
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

// The deployed API is open to nobody but IAM identities, and each function may
// do what it does and nothing else.
func TestTemplateIsClosed(t *testing.T) {
	want := map[string][]string{
		"functions/init/":    {"Allow dynamodb:PutItem", "Allow dynamodb:UpdateItem", "Allow sns:Publish", "Deny sns:Publish"},
		"functions/verify/":  {"Allow dynamodb:UpdateItem"},
		"functions/changes/": {"Allow dynamodb:UpdateItem"},
	}
	var paths []string
	for name, r := range template(t) {
		switch r.Type {
		case "AWS::Serverless::HttpApi":
			if !r.Properties.Auth.EnableIamAuthorizer || r.Properties.Auth.DefaultAuthorizer != "AWS_IAM" {
				t.Errorf("%s: authorisation is %+v, want AWS_IAM by default", name, r.Properties.Auth)
			}
		case "AWS::Serverless::Function":
			if r.Properties.FunctionURLConfig != nil {
				t.Errorf("%s has a function URL", name)
			}
			for event, e := range r.Properties.Events {
				if e.Properties.Auth != nil {
					t.Errorf("%s: event %s has an authorisation of its own", name, event)
				}
				if e.Type == "HttpApi" {
					paths = append(paths, e.Properties.Path)
				}
			}
			var may []string
			for _, p := range r.Properties.Policies {
				for _, s := range p.Statement {
					for _, a := range actions(s.Action) {
						may = append(may, s.Effect+" "+a)
					}
				}
			}
			if slices.Sort(may); !slices.Equal(may, want[r.Properties.CodeURI]) {
				t.Errorf("%s may %q, want %q", name, may, want[r.Properties.CodeURI])
			}
			delete(want, r.Properties.CodeURI)
		}
	}
	if len(want) > 0 {
		t.Errorf("no function for %v", want)
	}
	// The functions that send have routes of their own, the other has the rest.
	slices.Sort(paths)
	if got := strings.Join(paths, " "); got != " /ams/api/v1/customers/initAuthentication /ams/sandbox/api/v1/customers/initAuthentication /v1/customers/initAuthentication" {
		t.Errorf("routes %q", got)
	}
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
