package otp

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// Every constant of type Outcome in the package is in Outcomes, in the order of
// its declaration.
func TestOutcomesAreComplete(t *testing.T) {
	var declared []Outcome
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if strings.HasSuffix(file.Name(), ".go") && !strings.HasSuffix(file.Name(), "_test.go") {
			declared = append(declared, outcomesIn(t, file.Name())...)
		}
	}
	if got := Outcomes(); !slices.Equal(got, declared) {
		t.Errorf("the list outcomes in pkg/otp/outcome.go is %q, but the constants are %q: "+
			"give each constant its place in the list", got, declared)
	}
	slices.Sort(declared)
	for i := range len(declared) - 1 {
		if declared[i] == declared[i+1] {
			t.Errorf("two outcomes have the text %q: change one in pkg/otp/outcome.go", declared[i])
		}
	}
	Outcomes()[0] = "changed"
	if Outcomes()[0] == "changed" {
		t.Error("a caller of Outcomes can change the list of all others")
	}
}

// outcomesIn returns the values of the constants of type Outcome in a file.
func outcomesIn(t *testing.T, name string) (found []Outcome) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Outcome" {
			for _, value := range spec.Values {
				if literal, ok := value.(*ast.BasicLit); ok {
					text, _ := strconv.Unquote(literal.Value)
					found = append(found, Outcome(text))
				}
			}
		}
		return true
	})
	return found
}
