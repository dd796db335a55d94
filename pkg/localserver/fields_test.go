package localserver

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"countersign/docs/openapitest"
)

// The targets of the two requests at the path of Unimatrix.
const (
	sendAction   = "/?accessKeyId=demo&action=otp.send"
	verifyAction = "/?accessKeyId=demo&action=otp.verify"
)

// readers are the functions and lists with the documented fields of a request, by their name in the source, and the
// target of the request.
var readers = map[string]string{
	"pkg/ams customers":         initShort,
	"pkg/ams users Init":        usersInit,
	"pkg/ams trigger":           triggerPath,
	"pkg/ams setPassword":       setPath,
	"pkg/ams users Verify":      verifyPath,
	"pkg/ams security":          "/v1/security/verifyAuthentication",
	"pkg/unimatrix sendNames":   sendAction,
	"pkg/unimatrix verifyNames": verifyAction,
}

// TestEveryFieldIsDescribed: the description has a property for each field that a contract reads.
func TestEveryFieldIsDescribed(t *testing.T) {
	described := map[string]map[string]bool{} // names of properties by target
	for target, schema := range requestSchemas() {
		described[target] = map[string]bool{}
		eachProperty(schema, "", func(name string, _ any) { described[target][name] = true })
	}
	found := map[string]bool{}
	for _, pkg := range []string{"pkg/ams", "pkg/unimatrix"} {
		for reader, fields := range fieldsOfPackage(t, pkg) {
			target, ok := readers[reader]
			if !ok {
				t.Errorf("%s reads fields of a request that this test does not know: add it to readers in "+
					"pkg/localserver/fields_test.go", reader)
				continue
			}
			found[reader] = true
			for _, field := range fields {
				if !described[target][field] {
					t.Errorf("%s reads the field %s, which docs/openapi.yaml lacks: "+
						"add a property of this name to the schema of the request of %s", reader, field, target)
				}
			}
		}
	}
	for reader := range readers {
		if !found[reader] {
			t.Errorf("the source has no %s: correct readers in pkg/localserver/fields_test.go", reader)
		}
	}
}

// fieldsOfPackage returns the fields that each function or list of a package documents.
func fieldsOfPackage(t *testing.T, pkg string) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	files, _ := filepath.Glob("../../" + pkg + "/*.go")
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declared := range tree.Decls {
			switch d := declared.(type) {
			case *ast.FuncDecl:
				if fields := fieldsOf(d.Body, ""); len(fields) > 0 {
					all[readerName(pkg, d)] = fields
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					v, ok := spec.(*ast.ValueSpec)
					if ok && strings.HasSuffix(v.Names[0].Name, "Names") {
						all[pkg+" "+v.Names[0].Name] = literals(v.Values[0])
					}
				}
			}
		}
	}
	return all
}

// readerName is the name of a function in readers. Two methods have the same name.
func readerName(pkg string, f *ast.FuncDecl) string {
	name := pkg + " " + f.Name.Name
	if f.Name.Name == "users" {
		name += " " + f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
	}
	return name
}

// fieldsOf returns the keys of the values of type strictjson.Fields in a part of the source. A field of an inner
// object has the name of the outer one before it.
func fieldsOf(part ast.Node, outer string) (names []string) {
	ast.Inspect(part, func(node ast.Node) bool {
		literal, ok := node.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if of, ok := literal.Type.(*ast.SelectorExpr); !ok || of.Sel.Name != "Fields" {
			return true
		}
		for _, element := range literal.Elts {
			pair := element.(*ast.KeyValueExpr)
			for _, name := range literals(pair.Key) {
				names = append(names, outer+name)
				names = append(names, fieldsOf(pair.Value, outer+name+".")...)
			}
		}
		return false
	})
	return names
}

// literals returns the strings in an expression.
func literals(of ast.Expr) (all []string) {
	for node := range ast.Preorder(of) {
		if literal, ok := node.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			text, _ := strconv.Unquote(literal.Value)
			all = append(all, text)
		}
	}
	return all
}

// requestSchemas returns the schemas of all requests by their target.
func requestSchemas() map[string]any {
	all := map[string]any{}
	for path := range openapitest.Load().Object("paths") {
		content := openapitest.Load().Object("paths", path, "post", "requestBody", "content", "application/json")
		all[path] = content["schema"]
	}
	for _, alternative := range resolved(all["/"])["anyOf"].([]any) {
		action := map[string]string{
			"#/components/schemas/SendRequest": "otp.send", "#/components/schemas/VerifyRequest": "otp.verify",
		}[alternative.(map[string]any)["$ref"].(string)]
		all["/?accessKeyId=demo&action="+action] = alternative
	}
	delete(all, "/")
	return all
}

// eachProperty visits the properties of a schema. An inner property has the name of the outer one before it.
func eachProperty(schema any, outer string, visit func(name string, schema any)) {
	properties, _ := resolved(schema)["properties"].(map[string]any)
	for name, property := range properties {
		visit(outer+name, property)
		eachProperty(property, outer+name+".", visit)
	}
}

// resolved returns a schema with the members of those that it refers to.
func resolved(schema any) map[string]any {
	node, _ := schema.(map[string]any)
	ref, ok := node["$ref"].(string)
	if !ok {
		return node
	}
	found, _ := openapitest.Load().Find(strings.Split(ref, "/")[1:]...)
	all := map[string]any{}
	for name, value := range resolved(found) {
		all[name] = value
	}
	for name, value := range node {
		all[name] = value
	}
	return all
}

// TestMaxLengthsAreTrue: a value of a field's maxLength is read, and one more character is refused.
func TestMaxLengthsAreTrue(t *testing.T) {
	s := stage(t, captures{})
	compared := 0
	for target, schema := range requestSchemas() {
		eachProperty(schema, "", func(name string, schema any) {
			limit, ok := resolved(schema)["maxLength"].(json.Number)
			if !ok || name == "identityValue" { // whose description states that longer texts are read too
				return
			}
			n, err := strconv.Atoi(limit.String())
			if err != nil {
				t.Fatal(err)
			}
			compared++
			for _, length := range []int{n, n + 1} {
				letter := "1"
				if name == "payment.payee" { // which has no long number
					letter = "p"
				}
				_, text, _ := s.send(t, target, bodyWith(t, target, name, strings.Repeat(letter, length)))
				// A value of setPassword may be short enough, and break another rule.
				refused := strings.Contains(text, "PARAM_ILLEGAL") && strings.Contains(text, "at most ") ||
					strings.Contains(text, `"104002"`)
				if refused != (length > n) {
					t.Errorf("%s with %d characters in %s answered %s: the reader and the maxLength %d of "+
						"docs/openapi.yaml differ, so correct one of them", target, length, name, text, n)
				}
			}
		})
	}
	if compared < 15 {
		t.Errorf("%d fields with a maxLength, want 15 or more", compared)
	}
}

// bodyWith returns an example request with another value in one of its fields.
func bodyWith(t *testing.T, target, field, value string) string {
	t.Helper()
	path, _, _ := strings.Cut(target, "?")
	name := "SUCCESS"
	switch {
	case path == "/":
		name = "0.right"
	case field == "authenticationValue" && requests(path)["SUCCESS.alias"] != nil:
		name = "SUCCESS.alias"
	}
	if strings.HasPrefix(field, "payment.") {
		name += ".payment"
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(request(t, path, name)), &body); err != nil {
		t.Fatal(err)
	}
	node, names := body, strings.Split(field, ".")
	for _, outer := range names[:len(names)-1] {
		inner, ok := node[outer].(map[string]any)
		if !ok {
			inner = map[string]any{}
			node[outer] = inner
		}
		node = inner
	}
	node[names[len(names)-1]] = value
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
