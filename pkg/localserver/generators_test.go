package localserver

import (
	"fmt"
	"slices"
	"testing"

	"countersign/docs/openapitest"
)

// TestTypesHaveNames: generators of clients name types by titles and by the names of components, and some drop what
// they cannot name. So no title stands twice, and each alternative of a union is a component or has no members.
func TestTypesHaveNames(t *testing.T) {
	titles := map[string]string{}
	var visit func(where string, node any)
	visit = func(where string, node any) {
		switch n := node.(type) {
		case []any:
			for i, inner := range n {
				visit(fmt.Sprint(where, "/", i), inner)
			}
		case map[string]any:
			if title, ok := n["title"].(string); ok {
				if titles[title] != "" {
					t.Errorf("%s: the title %q stands at %s too: leave it out", where, title, titles[title])
				}
				titles[title] = where
			}
			if n["allOf"] != nil {
				t.Errorf("%s: allOf: write a component of its own", where)
			}
			alternatives, _ := n["oneOf"].([]any)
			more, _ := n["anyOf"].([]any)
			for i, one := range slices.Concat(alternatives, more) {
				members, _ := one.(map[string]any)
				if members["properties"] != nil && members["$ref"] == nil || members["required"] != nil {
					t.Errorf("%s: alternative %d has members: make it a component, so that it has a name", where, i)
				}
			}
			for name, inner := range n {
				visit(where+"/"+name, inner)
			}
		}
	}
	root, _ := openapitest.Load().Find()
	visit("", root)
	if len(titles) == 0 {
		t.Error("no title was found, not even that of the document")
	}
}
