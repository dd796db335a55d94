package docs

import (
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"countersign/pkg/filetest"
)

// imports returns the imports of every package that a program links. Packages of the
// module are named without its path. It has no packages for tests.
var imports = sync.OnceValues(func() (map[string][]string, error) {
	const form = `{{if .GoFiles}}{{.ImportPath}} {{join .Imports " "}}{{end}}`
	cmd := exec.Command("go", "list", "-deps", "-f", form, "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		for i, word := range words {
			words[i] = strings.TrimPrefix(word, module)
		}
		if !forTests(words[0]) {
			all[words[0]] = words[1:]
		}
	}
	return all, err
})

const module = "countersign/"

// ours reports whether a package belongs to the module.
func ours(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return slices.Contains([]string{"functions", "cmd", "pkg", "docs"}, first)
}

func forTests(pkg string) bool { return ours(pkg) && strings.HasSuffix(pkg, "test") }

func allImports(t *testing.T) map[string][]string {
	t.Helper()
	all, err := imports()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

var (
	row = regexp.MustCompile(`^  subgraph (\w+)`)
	box = regexp.MustCompile(`(\w+)\["([^"]+)"\]`)
)

// picture is the diagram of packages: the row of each one, the first being 0, and the
// arrows between packages of one row.
type picture struct {
	rows   map[string]int
	arrows map[string]bool // "from -> to"
}

func packages(t *testing.T) picture {
	t.Helper()
	_, text, _ := strings.Cut(string(filetest.Read(t, "architecture.md")), "```mermaid\nflowchart")
	text, _, _ = strings.Cut(text, "```")
	p, names, at := picture{map[string]int{}, map[string]bool{}}, map[string]string{}, -1
	for _, found := range box.FindAllStringSubmatch(text, -1) {
		names[found[1]] = found[2]
	}
	for line := range strings.Lines(text) {
		if row.MatchString(line) {
			at++
		}
		for _, found := range box.FindAllStringSubmatch(line, -1) {
			if _, drawn := p.rows[found[2]]; drawn {
				t.Errorf("the picture of docs/architecture.md has %s twice: remove one", found[2])
			}
			p.rows[found[2]] = at
		}
		chain := strings.Split(box.ReplaceAllString(strings.TrimSpace(line), "$1"), " --> ")
		for i := range len(chain) - 1 {
			p.arrows[names[chain[i]]+" -> "+names[chain[i+1]]] = true
		}
	}
	return p
}

// The picture has each package once. A package imports packages of lower rows, and of its
// own row along the arrows. An arrow stands for an import.
func TestLayers(t *testing.T) {
	p, all := packages(t), allImports(t)
	for pkg, list := range all {
		if !ours(pkg) {
			continue
		}
		from, drawn := p.rows[pkg]
		if !drawn {
			t.Errorf("%s is not in the picture of architecture.md", pkg)
		}
		for _, imported := range list {
			edge := pkg + " -> " + imported
			switch to := p.rows[imported]; {
			case forTests(imported):
				t.Errorf("%s: only tests import a package for tests", edge)
			case ours(imported) && (to < from || to == from && !p.arrows[edge]):
				t.Errorf("%s: row %d imports row %d without an arrow", edge, from, to)
			}
			delete(p.arrows, edge)
		}
	}
	for pkg := range p.rows {
		if all[pkg] == nil {
			t.Errorf("architecture.md has %s, the code does not", pkg)
		}
	}
	for edge := range p.arrows {
		t.Errorf("architecture.md has the arrow %s, the code does not import it", edge)
	}
	for _, pkg := range []string{"pkg/otp", "pkg/guard"} {
		for _, imported := range all[pkg] {
			if strings.Contains(imported, ".") || ours(imported) && p.rows[imported] != p.rows[pkg] {
				t.Errorf("%s imports %s; the domain uses the standard library only", pkg, imported)
			}
		}
	}
}

// table returns the code words of the first two cells of the rows below a heading.
func table(t *testing.T, heading string) (rows [][2][]string) {
	t.Helper()
	_, text, found := strings.Cut(string(filetest.Read(t, "architecture.md")), "\n"+heading+"\n|---|")
	if !found {
		t.Fatalf("architecture.md has no table %q", heading)
	}
	text, _, _ = strings.Cut(text, "\n\n")
	for line := range strings.Lines(text) {
		var row [2][]string
		for i, cell := range strings.SplitN(strings.Trim(line, "| \n"), " | ", 3) {
			for _, word := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
				if i < len(row) {
					row[i] = append(row[i], word[1])
				}
			}
		}
		if row[1] != nil {
			rows = append(rows, row)
		}
	}
	return rows
}

// The libraries of the table, and what belongs to them, have the users that it names, and
// no others.
func TestUsersOfLibraries(t *testing.T) {
	for _, row := range table(t, "| library | imported only by |") {
		library, want := row[0][0], row[1]
		var users []string
		for pkg, list := range allImports(t) {
			uses := func(imported string) bool {
				return imported == library || strings.HasPrefix(imported, library+"/")
			}
			if ours(pkg) && slices.ContainsFunc(list, uses) {
				users = append(users, pkg)
			}
		}
		slices.Sort(users)
		if slices.Sort(want); !slices.Equal(users, want) {
			t.Errorf("%s is imported by %q, the table has %q", library, users, want)
		}
	}
}

// A program links nothing that the table bars, not even by way of other packages.
func TestLinked(t *testing.T) {
	all, programs := allImports(t), 0
	for _, row := range table(t, "| program | links none of | because |") {
		for _, barred := range row[1] {
			if all[barred] == nil {
				t.Errorf("the table bars %s, which is no package", barred)
			}
		}
		for _, program := range row[0] {
			programs++
			if all[program] == nil {
				t.Errorf("the table has %s, which is no package", program)
			}
			links := map[string]bool{}
			collect(all, program, links)
			for _, barred := range row[1] {
				if links[barred] {
					t.Errorf("%s links %s", program, barred)
				}
			}
		}
	}
	if programs < 15 {
		t.Errorf("the table has %d programs", programs)
	}
}

// source returns the text of a package without its tests.
func source(t *testing.T, pkg string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", pkg, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, name := range files {
		if !strings.HasSuffix(name, "_test.go") {
			text.Write(filetest.Read(t, name))
		}
	}
	return text.String()
}

// collect adds a package and everything that it imports, directly or not, to links.
func collect(all map[string][]string, pkg string, links map[string]bool) {
	if links[pkg] {
		return
	}
	links[pkg] = true
	for _, imported := range all[pkg] {
		collect(all, imported, links)
	}
}
