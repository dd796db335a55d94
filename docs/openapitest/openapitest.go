// Package openapitest compares answers of the service with docs/openapi.yaml, for
// tests of the local server and of the commands. The schemas of the description are
// JSON Schema 2020-12, as in OpenAPI 3.1.
package openapitest

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"countersign/docs"
	"countersign/pkg/ams"
	"countersign/pkg/unimatrix"
)

// Description is the parsed docs/openapi.yaml. It is safe for concurrent use.
type Description struct {
	tree     any
	compiler *jsonschema.Compiler
	mu       sync.Mutex
	schemas  map[string]*jsonschema.Schema // by JSON pointer
	valid    sync.Map                      // bodies that passed, as schemas take long with the race detector
}

// resource names the description among the compiler's schemas. Nothing is fetched.
const resource = "https://countersign.test/openapi.json"

// Load returns the description, which is parsed once.
var Load = sync.OnceValue(func() *Description {
	tree, err := parse(docs.OpenAPI)
	compiler := jsonschema.NewCompiler()
	if err == nil {
		err = compiler.AddResource(resource, tree)
	}
	if err != nil {
		panic(err)
	}
	return &Description{tree: tree, compiler: compiler, schemas: map[string]*jsonschema.Schema{}}
})

// parse reads YAML into the values that package jsonschema takes.
func parse(text []byte) (tree any, err error) {
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	if text, err = json.Marshal(tree); err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(text))
}

// Find follows names from the top of the description, through references. It returns
// the node, nil if there is none, and its JSON pointer.
func (d *Description) Find(names ...string) (node any, pointer string) {
	node = d.tree
	for _, name := range names {
		inner, _ := node.(map[string]any)
		node = inner[name]
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		for {
			inner, _ := node.(map[string]any)
			ref, ok := inner["$ref"].(string)
			if !ok || len(inner) > 1 { // a schema may have more beside its reference
				break
			}
			pointer = strings.TrimPrefix(ref, "#")
			node, _ = d.Find(strings.Split(pointer[1:], "/")...)
		}
	}
	return node, pointer
}

// Object is Find for an object. It returns nil if the node is none.
func (d *Description) Object(names ...string) map[string]any {
	node, _ := d.Find(names...)
	object, _ := node.(map[string]any)
	return object
}

// Validate compares a value with the schema at the names.
func (d *Description) Validate(value any, names ...string) error {
	_, pointer := d.Find(names...)
	d.mu.Lock()
	defer d.mu.Unlock()
	schema := d.schemas[pointer]
	if schema == nil {
		var err error
		if schema, err = d.compiler.Compile(resource + "#" + pointer); err != nil {
			return err
		}
		d.schemas[pointer] = schema
	}
	return schema.Validate(value)
}

// path returns the path of the description that describes a request's path, and ""
// if none does. Each path is served under each prefix. An unknown path of the AMS
// contract is answered like the verify of its family.
func (d *Description) path(path, query string) string {
	for _, prefix := range d.Prefixes() {
		if rest, ok := strings.CutPrefix(path, prefix); ok && rest != "/" && d.Object("paths", rest) != nil {
			return rest
		}
	}
	switch {
	case ams.Serves(path) && strings.Contains(path, "/users/"):
		return "/v1/users/verifyAuthentication"
	case ams.Serves(path):
		return "/v1/security/verifyAuthentication"
	case !strings.HasPrefix(path, "/_dev/") && unimatrix.Serves(path, query):
		return "/"
	}
	return ""
}

// Prefixes returns the prefixes of the server's address, the longest first.
func (d *Description) Prefixes() (all []string) {
	servers, _ := d.Find("servers")
	variables := servers.([]any)[0].(map[string]any)["variables"].(map[string]any)
	for _, prefix := range variables["prefix"].(map[string]any)["enum"].([]any) {
		all = append(all, prefix.(string))
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) })
	return all
}
