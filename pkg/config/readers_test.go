package config_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"countersign/pkg/config"
)

// Each name that the sources read with config.Get has a row in the table; without one, the process panics at its start.
func TestEachNameThatIsReadHasARow(t *testing.T) {
	calls := 0
	for _, root := range []string{"../../cmd", "../../functions", "../../pkg"} {
		err := filepath.WalkDir(root, func(file string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
				return err
			}
			files := token.NewFileSet()
			tree, err := parser.ParseFile(files, file, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			for node := range ast.Preorder(tree) {
				call, ok := node.(*ast.CallExpr)
				if !ok || !isConfigGet(call) {
					continue
				}
				calls++
				where := strings.TrimPrefix(files.Position(call.Pos()).String(), "../../")
				testName(t, where, call.Args[1])
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if calls < 5 {
		t.Errorf("the sources call config.Get %d times, want 5 or more", calls)
	}
}

// isConfigGet reports whether a call is one of config.Get with a source and a name.
func isConfigGet(call *ast.CallExpr) bool {
	of, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || of.Sel.Name != "Get" || len(call.Args) != 2 {
		return false
	}
	pkg, ok := of.X.(*ast.Ident)
	return ok && pkg.Name == "config"
}

// testName checks that a name is a literal with a row in the table.
func testName(t *testing.T, where string, arg ast.Expr) {
	t.Helper()
	literal, ok := arg.(*ast.BasicLit)
	if !ok {
		t.Errorf("%s: config.Get has a name that is no literal: write the name in the call, so that this test finds it",
			where)
		return
	}
	name, err := strconv.Unquote(literal.Value)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := config.Find(name); !ok {
		t.Errorf("%s reads the setting %s, which has no row: add one to the table in pkg/config/settings.go",
			where, name)
	}
}
