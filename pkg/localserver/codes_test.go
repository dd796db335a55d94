package localserver

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/docs/openapitest"

	"countersign/pkg/filetest"
)

// TestEveryCodeHasAnExample: an answer has an example of each code that its schema allows, and
// of no other. Together they have all codes of the contracts.
func TestEveryCodeHasAnExample(t *testing.T) {
	d := openapitest.Load()
	shown := map[string]bool{}
	for path := range d.Object("paths") {
		for status := range d.Object("paths", path, "post", "responses") {
			schema := []string{"paths", path, "post", "responses", status, "content", "application/json", "schema"}
			found, _ := d.Find(schema...)
			allowed, codes := codesOf(found), map[string]bool{}
			for name := range answers(path, status) {
				example := answerOf(path, status, name)
				checkExample(t, d, path+" "+status+" "+name, example, schema)
				for code := range codesOf(example["value"]) {
					codes[code], shown[code] = true, true
					if base, _, _ := strings.Cut(name, "."); base != code {
						t.Errorf("%s %s %s is an example of %s", path, status, name, code)
					}
				}
			}
			for code := range allowed {
				if !codes[code] {
					t.Errorf("docs/openapi.yaml: %s %s has no example of %s: add one", path, status, code)
				}
			}
			for code := range codes {
				if !allowed[code] {
					t.Errorf("docs/openapi.yaml: %s %s has an example of %s: add its code to the schema, or remove "+
						"the example", path, status, code)
				}
			}
		}
	}
	for _, code := range contractCodes(t) {
		if !shown[code] {
			t.Errorf("%s has no example", code)
		}
	}
}

// checkExample checks an example answer: it has a summary, and its value fits the schema.
func checkExample(t *testing.T, d *openapitest.Description, name string, example map[string]any, schema []string) {
	t.Helper()
	if summary, _ := example["summary"].(string); len(summary) < 5 {
		t.Errorf("%s has no summary", name)
	}
	if err := d.Validate(example["value"], schema...); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

// contractCodes returns the codes of the contracts' documents and of the source code.
func contractCodes(t *testing.T) []string {
	t.Helper()
	all := slices.Clone(openapitest.Codes)
	code := regexp.MustCompile(`"([A-Z]{2,}[A-Z_]+|[0-9]+)"`)
	for _, file := range []string{"../../pkg/ams/result.go", "../../pkg/unimatrix/result.go"} {
		for _, match := range code.FindAllSubmatch(filetest.Read(t, file), -1) {
			all = append(all, string(match[1]))
		}
	}
	return all
}

// TestRequestsFitTheirSchema: the body of each example request fits its schema.
func TestRequestsFitTheirSchema(t *testing.T) {
	d := openapitest.Load()
	for path := range d.Object("paths") {
		schema := []string{"paths", path, "post", "requestBody", "content", "application/json", "schema"}
		for name, example := range requests(path) {
			if err := d.Validate(example.(map[string]any)["value"], schema...); err != nil {
				t.Errorf("request %s %s: %v", path, name, err)
			}
		}
	}
}

// codesOf collects the values of code and resultCode, in a schema or in a value.
func codesOf(node any) map[string]bool {
	codes := map[string]bool{}
	var walk func(node any, code bool)
	walk = func(node any, code bool) {
		switch node := node.(type) {
		case string:
			if code {
				codes[node] = true
			}
		case []any:
			for _, inner := range node {
				walk(inner, code)
			}
		case map[string]any:
			if ref, ok := node["$ref"].(string); ok {
				inner, _ := openapitest.Load().Find(strings.Split(ref, "/")[1:]...)
				walk(inner, false)
			}
			for name, inner := range node {
				switch {
				case name == "data", name == "$ref":
				case code && name != "enum" && name != "const":
				default:
					walk(inner, code || name == "code" || name == "resultCode")
				}
			}
		}
	}
	walk(node, false)
	return codes
}
