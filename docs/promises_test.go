package docs

import (
	"go/scanner"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/pkg/filetest"
)

// promises returns the cells of each row of promises.md, by number.
func promises(t *testing.T) map[string][]string {
	t.Helper()
	rows := map[string][]string{}
	for line := range strings.Lines(string(filetest.Read(t, "promises.md"))) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		number := strings.TrimSpace(cells[0])
		if !strings.HasPrefix(number, "P") || len(cells) != 4 {
			continue
		}
		if rows[number] != nil {
			t.Errorf("%s has two rows", number)
		}
		rows[number] = cells
	}
	return rows
}

var number = regexp.MustCompile(`\bP[0-9]{1,2}\b`)

// Every number that a comment, a string or a page mentions has a row.
func TestNumbersAreExplained(t *testing.T) {
	rows, mentioned := promises(t), 0
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && strings.HasPrefix(d.Name(), ".") && path != "..":
			return filepath.SkipDir
		case d.IsDir() || !slices.Contains([]string{".go", ".md", ".yaml", ".json"}, filepath.Ext(path)):
			return nil
		}
		for _, p := range number.FindAllString(prose(path, filetest.Read(t, path)), -1) {
			mentioned++
			if rows[p] == nil {
				t.Errorf("%s mentions %s, which has no row in promises.md", path, p)
			}
		}
		return nil
	})
	if err != nil || mentioned < 2*len(rows) {
		t.Errorf("%v, %d mentions of %d promises: the search finds too little", err, mentioned, len(rows))
	}
}

// prose returns the text of a page, or the comments and strings of a Go file.
func prose(path string, text []byte) string {
	if filepath.Ext(path) != ".go" {
		return string(text)
	}
	var b strings.Builder
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile(path, -1, len(text)), text, nil, scanner.ScanComments)
	for {
		_, kind, words := s.Scan()
		switch kind {
		case token.EOF:
			return b.String()
		case token.COMMENT, token.STRING:
			b.WriteString(words + "\n")
		}
	}
}

// The commands that show a promise exist: each one names packages that have such a test,
// or a target of the Makefile.
func TestCommandsExist(t *testing.T) {
	rows := promises(t)
	makefile := string(filetest.Read(t, "../Makefile"))
	for n, cells := range rows {
		commands := regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1)
		if len(commands) == 0 && !strings.HasPrefix(cells[3], "not built yet") {
			t.Errorf("%s has no command that shows that it is %s", n, cells[3])
		}
		for _, c := range commands {
			words := strings.Fields(c[1])
			switch {
			case words[0] == "make" && strings.Contains(makefile, "\n"+words[1]+":"):
			case words[0] == "go" && words[1] == "test":
				for _, missing := range missing(t, words[2:]) {
					t.Errorf("%s: %q: the repository has no %s", n, c[1], missing)
				}
			default:
				t.Errorf("%s: %q is neither a test nor a target of the Makefile", n, c[1])
			}
		}
		if !regexp.MustCompile(`^(kept|partly|not built yet)\b`).MatchString(cells[3]) {
			t.Errorf("%s has the state %q, must begin with kept, partly, or not built yet", n, cells[3])
		}
	}
}

// missing returns the packages among the words of a command in which it would run no
// test. For tests of the conformance suite, it looks for the part too.
func missing(t *testing.T, words []string) (list []string) {
	t.Helper()
	name, part := "", ""
	if i := slices.Index(words, "-run"); i >= 0 {
		name, part, _ = strings.Cut(words[i+1], "/")
	}
	suite := string(filetest.Read(t, "../pkg/otp/storetest/storetest.go"))
	if part != "" && !regexp.MustCompile(`\{"`+part).MatchString(suite) {
		list = append(list, part)
	}
	test := regexp.MustCompile(`(?m)^func (Test|Fuzz)\w*\(`)
	named := regexp.MustCompile(name)
	for _, pkg := range words {
		if !strings.HasPrefix(pkg, "./") {
			continue
		}
		files, _ := filepath.Glob("../" + pkg + "/*_test.go")
		found := slices.ContainsFunc(files, func(file string) bool {
			return slices.ContainsFunc(test.FindAll(filetest.Read(t, file), -1), func(f []byte) bool {
				return named.Match(f[len("func ") : len(f)-1])
			})
		})
		if !found {
			list = append(list, name+" in "+pkg)
		}
	}
	return list
}
