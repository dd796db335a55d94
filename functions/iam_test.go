package functions

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// sdk is what the packages of AWS's services begin with, and prefixes what IAM calls
// the services.
const sdk = "github.com/aws/aws-sdk-go-v2/service/"

var prefixes = map[string]string{"dynamodb": "dynamodb", "eventbridge": "events", "secretsmanager": "secretsmanager", "sns": "sns"}

// uncalled are operations that are linked, though nobody calls them.
var uncalled = map[string]string{
	"dynamodb:DescribeEndpoints": "each operation of the SDK can look up its endpoint first; pkg/dynamostore/client.go switches that off",
}

// Each function may do what its binary can do and nothing more, and the comment on
// each action names the code that needs it: the exported functions of ours that are
// in the binary and come to call the operation.
//
// A role must not have more than the binary: the linker leaves out what cannot be
// called. Whether the resources are the right ones TestBinaries shows.
func TestActions(t *testing.T) {
	all, ours, unseen := roles(t), code(t), maps.Clone(uncalled)
	for _, function := range functionNames(t) {
		r, needs := all[function], needed(t, file(t, bootstrap(t, function)), ours)
		for name, callers := range needs {
			switch {
			case callers != "":
			case uncalled[name] == "":
				t.Errorf("%s is in the binary of %s, but no code of ours calls it: find out why (go build -ldflags=-dumpdep) and leave it out, or add it to uncalled", name, r.name)
			default:
				delete(unseen, name)
				delete(needs, name)
			}
		}
		for _, s := range r.statements {
			for _, a := range s.actions {
				callers, called := needs[a.name]
				switch {
				case !s.allow, called && callers == "":
				case !called:
					t.Errorf("template.yaml:%d: %s may %s, which its binary never calls: take the action out", a.line, r.name, a.name)
				case a.comment != "# "+callers:
					t.Errorf("template.yaml:%d: %s: the comment on %s is %q, must be %q", a.line, r.name, a.name, a.comment, "# "+callers)
				}
			}
		}
		for name, callers := range needs {
			if callers != "" && !r.names(name) {
				t.Errorf("template.yaml: %s calls %s and may not: add to its Policies, on its resource,\n\tAction: %s # %s", r.name, name, name, callers)
			}
		}
	}
	for name := range unseen {
		t.Errorf("no binary has %s any more: take it out of uncalled", name)
	}
}

// needed returns the actions that a binary needs, with the code that calls for each.
func needed(t *testing.T, binary []byte, ours []routine) map[string]string {
	t.Helper()
	needs := map[string]string{}
	for _, name := range linked(t, binary) {
		needs[name] = callers(binary, ours, name)
	}
	if len(needs) == 0 {
		t.Fatal("there is no operation in the binary: how does Go write names of functions now?")
	}
	return needs
}

var method = regexp.MustCompile(`^(\w+)\.\(\*Client\)\.([A-Z]\w*)(\x00|$)`)

// linked lists the SDK's operations in a binary: it has the names of all functions
// in it, for stack traces, even where it is stripped.
func linked(t *testing.T, binary []byte) (names []string) {
	t.Helper()
	for _, name := range bytes.Split(binary, []byte("\x00"+sdk))[1:] {
		found := method.FindSubmatch(name[:min(len(name), 100)])
		if found == nil || string(found[2]) == "Options" { // tells its settings
			continue
		}
		prefix := prefixes[string(found[1])]
		if prefix == "" {
			t.Fatalf("add to prefixes what IAM calls the service of %s%s", sdk, found[1])
		}
		names = append(names, prefix+":"+string(found[2]))
	}
	return names
}

// callers names the exported functions in a binary that come to ask for an action, as
// comments in template.yaml do: with the folder where it is not that of the one before.
func callers(binary []byte, ours []routine, action string) string {
	var names []string
	folder := ""
	for _, r := range ours {
		if ast.IsExported(r.name) && r.needs(action, ours, map[string]bool{}) && bytes.Contains(binary, []byte("\x00"+r.symbol+"\x00")) {
			name := r.name
			if r.folder != folder {
				folder, name = r.folder, r.folder+"/"+r.file+": "+name
			} else {
				name = r.file + ": " + name
			}
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// routine is a function of ours.
type routine struct {
	folder, file, name string   // pkg/dynamostore, reserve.go, Reserve
	symbol             string   // its name in binaries
	calls              []string // names of functions
	asks               []string // actions
}

// needs reports whether r asks for an action, or calls a function of its package that
// does. Functions of one name, on several types, are not told apart.
func (r routine) needs(action string, ours []routine, seen map[string]bool) bool {
	if seen[r.symbol] {
		return false
	}
	seen[r.symbol] = true
	return slices.Contains(r.asks, action) || slices.ContainsFunc(ours, func(other routine) bool {
		return other.folder == r.folder && slices.Contains(r.calls, other.name) && other.needs(action, ours, seen)
	})
}

// code reads the functions of those packages in pkg that ask for anything, in the order
// of their files.
func code(t *testing.T) (ours []routine) {
	t.Helper()
	asking := map[string]bool{}
	err := filepath.WalkDir("../pkg", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		tree, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder, name := filepath.Split(strings.TrimPrefix(filepath.ToSlash(path), "../"))
		for _, d := range tree.Decls {
			if f, ok := d.(*ast.FuncDecl); ok {
				r := routine{folder: strings.TrimSuffix(folder, "/"), file: name, name: f.Name.Name}
				r.symbol = "countersign/" + r.folder + "." + receiver(f) + r.name
				r.calls, r.asks = calls(f, services(tree))
				ours, asking[r.folder] = append(ours, r), asking[r.folder] || len(r.asks) > 0
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(ours, func(r routine) bool { return !asking[r.folder] })
}

func receiver(f *ast.FuncDecl) string {
	if f.Recv == nil {
		return ""
	}
	switch of := f.Recv.List[0].Type.(type) {
	case *ast.StarExpr:
		if name, ok := of.X.(*ast.Ident); ok {
			return "(*" + name.Name + ")."
		}
	case *ast.Ident:
		return of.Name + "."
	}
	return "" // generic; none of these is in question
}

// services lists the services whose package a file imports, as IAM calls them.
func services(tree *ast.File) (list []string) {
	for _, i := range tree.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		if prefix := prefixes[strings.TrimPrefix(path, sdk)]; prefix != "" {
			list = append(list, prefix)
		}
	}
	return list
}

var paginator = regexp.MustCompile(`^New(\w+)Paginator$`)

// calls lists the names of what a function calls, and the actions that these are if
// they are operations, or that it asks for by items of a transaction.
func calls(f *ast.FuncDecl, services []string) (names, asks []string) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			switch called := n.Fun.(type) {
			case *ast.Ident:
				names = append(names, called.Name)
			case *ast.SelectorExpr:
				names = append(names, called.Sel.Name)
				for _, service := range services {
					asks = append(asks, service+":"+paginator.ReplaceAllString(called.Sel.Name, "$1"))
				}
			}
		}
		return true
	})
	return names, asks
}

// The state machine may do what its tasks do, and the comments name the tasks.
func TestStateMachineActions(t *testing.T) {
	const definition = "prove-number.asl.json"
	var machine struct {
		States map[string]struct {
			Resource   string
			Parameters struct{ FunctionName, TableName string }
		}
	}
	if err := json.Unmarshal(file(t, "../docs/step-functions/"+definition), &machine); err != nil {
		t.Fatal(err)
	}
	r := roles(t)[definition]
	of := func(reference string) string {
		return strings.NewReplacer("${", "", ".Arn", "", "}", "").Replace(reference)
	}
	want := map[string][]string{}
	for _, state := range slices.Sorted(maps.Keys(machine.States)) {
		s := machine.States[state]
		_, task, ok := strings.Cut(s.Resource, ":::")
		if !ok {
			continue
		}
		task, _, _ = strings.Cut(strings.TrimPrefix(task, "aws-sdk:"), ".")
		name := map[string]string{"lambda:invoke": "lambda:InvokeFunction", "dynamodb:putItem": "dynamodb:PutItem", "dynamodb:deleteItem": "dynamodb:DeleteItem"}[task]
		on := of(r.substitutions[of(s.Parameters.FunctionName+s.Parameters.TableName)])
		want[name+" on "+on] = append(want[name+" on "+on], state)
	}
	for _, s := range r.statements {
		for _, a := range s.actions {
			what := a.name + " on " + of(s.resource)
			if comment := "# " + strings.Join(want[what], ", "); !s.allow || a.comment != comment {
				t.Errorf("template.yaml:%d: %s may %s: no task needs that, or the comment is not that of those that do, %q", a.line, r.name, what, comment)
			}
			delete(want, what)
		}
	}
	if len(want) > 0 {
		t.Errorf("template.yaml: %s lacks %q", r.name, want)
	}
}
