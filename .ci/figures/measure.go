package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxColumns is the widest that a Go line may be, with a tab counted as four.
const maxColumns = 120

// maxLines is the most lines that a function may have, tests included.
const maxLines = 60

// tree holds what was measured of one code base. Code is every Go file that is neither
// a test nor generated.
type tree struct {
	code, deployed, tests int // lines
	// tokens and deployedTokens are the Go tokens of code without comments, which do not
	// depend on where lines are broken.
	tokens, deployedTokens int
	files                  []int
	functions              []function // of code
	deployedFunctions      []function
	testFunctions          []function
	comments               int // lines of code with a comment
	examples               int
	exported               map[string]int // names by package folder
	wide, long             []string       // places of wide lines and long functions, in code and in tests
	allLines               int            // of code and tests
	readmeLines, words     int
}

type function struct {
	name  string
	lines int
}

func measure(root string) (*tree, error) {
	linked, err := deployed(root)
	if err != nil {
		return nil, err
	}
	t := &tree{exported: map[string]int{}}
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", ".tools", ".aws-sam", "node_modules", "testdata"}, d.Name()) {
			return filepath.SkipDir
		}
		if d.IsDir() || filepath.Ext(path) != ".go" {
			return nil
		}
		relative, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		return t.add(root, relative, linked[filepath.Dir(relative)])
	})
	if err != nil {
		return nil, err
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	t.readmeLines, t.words = strings.Count(string(readme), "\n"), len(strings.Fields(string(readme)))
	return t, err
}

func (t *tree) add(root, path string, linked bool) error {
	source, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		return err
	}
	positions := token.NewFileSet()
	file, err := parser.ParseFile(positions, path, source, parser.ParseComments)
	if err != nil {
		return err
	}
	if ast.IsGenerated(file) {
		return nil
	}
	lines := strings.Count(string(source), "\n")
	t.allLines += lines
	for n, line := range strings.Split(string(source), "\n") {
		if columns(line) > maxColumns {
			t.wide = append(t.wide, fmt.Sprintf("%s:%d: %d columns", path, n+1, columns(line)))
		}
	}
	functions := functionsOf(positions, path, file)
	for _, f := range functions {
		if f.lines > maxLines {
			t.long = append(t.long, fmt.Sprintf("%s: %d lines", f.name, f.lines))
		}
	}
	if strings.HasSuffix(path, "_test.go") {
		t.tests += lines
		t.testFunctions = append(t.testFunctions, functions...)
		t.examples += count(functions, "Example")
		return nil
	}
	tokens := tokensOf(positions, source)
	t.code, t.tokens = t.code+lines, t.tokens+tokens
	t.files = append(t.files, lines)
	t.functions = append(t.functions, functions...)
	if linked {
		t.deployed, t.deployedTokens = t.deployed+lines, t.deployedTokens+tokens
		t.deployedFunctions = append(t.deployedFunctions, functions...)
	}
	for _, group := range file.Comments {
		t.comments += positions.Position(group.End()).Line - positions.Position(group.Pos()).Line + 1
	}
	if file.Name.Name != "main" {
		t.exported[filepath.Dir(path)] += exportedNames(file)
	}
	return nil
}

// tokensOf counts the tokens of a file that its author wrote, comments left out.
func tokensOf(positions *token.FileSet, source []byte) (n int) {
	var s scanner.Scanner
	s.Init(positions.AddFile("", positions.Base(), len(source)), source, nil, 0)
	for {
		switch _, tok, literal := s.Scan(); {
		case tok == token.EOF:
			return n
		case tok != token.SEMICOLON || literal != "\n": // not one that the scanner inserts
			n++
		}
	}
}

// columns is the width of a line, with a tab counted as four.
func columns(line string) int { return len([]rune(strings.ReplaceAll(line, "\t", "    "))) }

// functionsOf returns the named functions of a file, each with its lines from "func" to
// the closing brace.
func functionsOf(positions *token.FileSet, path string, file *ast.File) (all []function) {
	for _, d := range file.Decls {
		if f, ok := d.(*ast.FuncDecl); ok {
			lines := positions.Position(f.End()).Line - positions.Position(f.Pos()).Line + 1
			all = append(all, function{path + " " + f.Name.Name, lines})
		}
	}
	return all
}

func count(functions []function, prefix string) (n int) {
	for _, f := range functions {
		if _, name, _ := strings.Cut(f.name, " "); strings.HasPrefix(name, prefix) {
			n++
		}
	}
	return n
}

// exportedNames counts the exported top-level names and methods.
func exportedNames(file *ast.File) (n int) {
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.IsExported() {
				n++
			}
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					if s.Name.IsExported() {
						n++
					}
				case *ast.ValueSpec:
					for _, name := range s.Names {
						if name.IsExported() {
							n++
						}
					}
				}
			}
		}
	}
	return n
}
