package docs

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/filetest"
)

var (
	run    = regexp.MustCompile(`go test ([^\n]*?)-run '?([\w^$|/]+)'?([^\n]*)`)
	folder = regexp.MustCompile(`\./[\w./]+`)
	target = regexp.MustCompile(`(pkg/[\w/]+):(Fuzz\w+)`)
	tests  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
)

// go test passes where no test has the name after -run. So the commands of CI, the Makefile and CONTRIBUTING.md name
// tests that there are.
func TestRuns(t *testing.T) {
	files, _ := filepath.Glob("../.ci/*/run")
	n := 0
	for _, file := range append(files, "../.ci/run", "../Makefile", "../CONTRIBUTING.md") {
		for _, command := range run.FindAllStringSubmatch(string(filetest.Read(t, file)), -1) {
			if strings.Trim(command[2], "^$") == "" {
				continue // fuzzing and benchmarks run no test
			}
			n++
			var names []string
			for _, at := range folder.FindAllString(command[1]+command[3], -1) {
				for _, found := range testsBelow(t, at) {
					names = append(names, found...)
				}
			}
			for name := range strings.SplitSeq(command[2], "|") {
				name, _, _ = strings.Cut(name, "/")
				is := regexp.MustCompile(name)
				if !slices.ContainsFunc(names, is.MatchString) {
					t.Errorf("%s: %s: no test matches %s", file, command[0], name)
				}
			}
		}
	}
	if n < 10 {
		t.Errorf("%d commands with -run were found, want more", n)
	}
}

// make fuzz runs each fuzz target of the tree.
func TestFuzzTargets(t *testing.T) {
	var listed, there []string
	for _, m := range target.FindAllStringSubmatch(string(filetest.Read(t, "../Makefile")), -1) {
		listed = append(listed, m[1]+":"+m[2])
	}
	for path, names := range testsBelow(t, "./...") {
		for _, name := range names {
			if strings.HasPrefix(name, "Fuzz") {
				there = append(there, path+":"+name)
			}
		}
	}
	slices.Sort(listed)
	slices.Sort(there)
	if !slices.Equal(listed, there) {
		t.Errorf("make fuzz runs\n%s\nand the tree has\n%s", strings.Join(listed, "\n"), strings.Join(there, "\n"))
	}
}

// testsBelow returns the names of the tests in a package, or below it with /..., by their folder.
func testsBelow(t *testing.T, at string) map[string][]string {
	t.Helper()
	root, deep := strings.CutSuffix(strings.TrimPrefix(at, "./"), "...")
	root = filepath.Join("..", root)
	all := map[string][]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (!deep || strings.HasPrefix(d.Name(), ".")):
			return fs.SkipDir
		case !strings.HasSuffix(path, "_test.go"):
			return nil
		}
		in := strings.TrimPrefix(filepath.ToSlash(filepath.Dir(path)), "../")
		for _, m := range tests.FindAllStringSubmatch(string(filetest.Read(t, path)), -1) {
			all[in] = append(all[in], m[1])
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return all
}
