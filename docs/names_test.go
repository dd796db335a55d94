package docs

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/filetest"
)

var (
	inCode   = regexp.MustCompile("`([^`]+)`")
	filePath = regexp.MustCompile(`^(\.ci|cmd|docs|events|functions|pkg)(/[\w.-]+)*/?$`)
	goName   = regexp.MustCompile(`^((?:cmd|docs|functions|pkg)(?:/\w+)*)\.([A-Za-z]\w*(?:\.\w+)?)$`)
	filename = regexp.MustCompile(`\.(go|md|json|yaml|sh|sql|svg|toml)$`)
)

// The files, folders and Go names that these pages mention exist. A name has the form
// pkg/otp.Issuer.Init, a method after its type.
func TestNames(t *testing.T) {
	names := map[string][]string{} // by package
	for _, page := range []string{"architecture.md", "../CONTRIBUTING.md"} {
		mentioned := 0
		for _, found := range inCode.FindAllStringSubmatch(string(filetest.Read(t, page)), -1) {
			name := goName.FindStringSubmatch(found[1])
			switch {
			case name != nil && !filename.MatchString(found[1]):
				mentioned++
				if names[name[1]] == nil {
					names[name[1]] = declared(t, filepath.Join("..", name[1]))
				}
				if !slices.Contains(names[name[1]], name[2]) {
					t.Errorf("%s has %s, the code does not", page, found[1])
				}
			case filePath.MatchString(found[1]):
				mentioned++
				if _, err := os.Stat(filepath.Join("..", path.Clean(found[1]))); err != nil {
					t.Errorf("%s has %s, the repository does not", page, found[1])
				}
			}
		}
		if mentioned < 20 {
			t.Errorf("%s mentions %d names", page, mentioned)
		}
	}
}

// declared returns the names that a package declares, methods after their type.
func declared(t *testing.T, folder string) (names []string) {
	t.Helper()
	files, err := filepath.Glob(folder + "/*.go")
	if err != nil || files == nil {
		t.Fatalf("%s: no files, %v", folder, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range parsed.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				names = append(names, receiver(d)+d.Name.Name)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						names = append(names, s.Name.Name)
					case *ast.ValueSpec:
						for _, name := range s.Names {
							names = append(names, name.Name)
						}
					}
				}
			}
		}
	}
	return names
}

// receiver returns the type of a method with a dot behind it, "" for a function.
func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	of := f.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	if name, ok := of.(*ast.Ident); ok {
		return name.Name + "."
	}
	return ""
}
