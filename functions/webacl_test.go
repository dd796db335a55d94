package functions

import (
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// gateways has both APIs in template.yaml, with the routes of the functions.
type gateways struct {
	Resources map[string]struct {
		Condition  string `yaml:"Condition"`
		Properties struct {
			DisableExecuteAPIEndpoint yaml.Node `yaml:"DisableExecuteApiEndpoint"`
			OpenAPIVersion            string    `yaml:"OpenApiVersion"`
			ResourceArn               string    `yaml:"ResourceArn"`
			DefinitionBody            struct {
				Paths map[string]map[string]struct {
					Integration struct {
						Type string `yaml:"type"`
						URI  string `yaml:"uri"`
					} `yaml:"x-amazon-apigateway-integration"`
				} `yaml:"paths"`
			} `yaml:"DefinitionBody"`
			Events map[string]struct {
				Type       string `yaml:"Type"`
				Properties struct {
					Path string `yaml:"Path"`
				} `yaml:"Properties"`
			} `yaml:"Events"`
		} `yaml:"Properties"`
	} `yaml:"Resources"`
}

// The REST API, which is made for a web ACL only, leads each path to the same function as the HTTP API.
func TestRestAPIServesTheSamePaths(t *testing.T) {
	var file gateways
	readTemplate(t, &file)
	function, group := regexp.MustCompile(`functions/\$\{(\w+)\.Arn\}/invocations$`), regexp.MustCompile(`/v1/\w+/`)
	leads := map[string]string{}
	for path, methods := range file.Resources["RestApi"].Properties.DefinitionBody.Paths {
		to := methods["x-amazon-apigateway-any-method"].Integration
		name := function.FindStringSubmatch(to.URI)
		if len(methods) != 1 || to.Type != "aws_proxy" || name == nil {
			t.Fatalf("%s: %+v", path, methods)
		}
		leads[path] = name[1]
	}
	routes := 0
	for name, r := range file.Resources {
		for _, e := range r.Properties.Events {
			if e.Type != "HttpApi" {
				continue
			}
			routes++
			paths := []string{group.ReplaceAllString(e.Properties.Path, "/v1/{group}/")}
			if e.Properties.Path == "" { // the default route
				paths = []string{"/", "/{proxy+}"}
			}
			for _, path := range paths {
				if leads[path] != name {
					t.Errorf("%s leads to %q, want %s", path, leads[path], name)
				}
			}
		}
	}
	if routes != 19 {
		t.Errorf("%d routes of the HTTP API, want 19", routes)
	}
}

// There is no way around the web ACL: the HTTP API's address is shut with the same condition, and the REST API has the
// one stage that the ACL is associated with.
func TestWebACLHasNoWayAround(t *testing.T) {
	var file gateways
	readTemplate(t, &file)
	shut := file.Resources["Api"].Properties.DisableExecuteAPIEndpoint
	if shut.Tag != "!If" || shut.Content[0].Value != "HasWebAcl" || shut.Content[1].Value != "true" {
		t.Error("the HTTP API's address is open although there is a web ACL")
	}
	if file.Resources["RestApi"].Properties.OpenAPIVersion == "" {
		t.Error("RestApi has no OpenApiVersion: SAM makes a second stage then, without the web ACL")
	}
	acl := file.Resources["WebAclAssociation"]
	if acl.Condition != "HasWebAcl" ||
		!strings.HasSuffix(acl.Properties.ResourceArn, "/restapis/${RestApi}/stages/${RestApi.Stage}") {
		t.Errorf("the web ACL is for %q on condition %q", acl.Properties.ResourceArn, acl.Condition)
	}
}
