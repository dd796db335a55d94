package main

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"countersign/pkg/filetest"
)

var (
	spanOfCode = regexp.MustCompile("`([^`\n]+(?:\n[^`\n]+)?)`")
	flagOfPage = regexp.MustCompile(`^--[a-z][a-z-]*`)
)

// The commands and flags of the pages exist: somebody pastes them at night.
func TestCommandsOfPages(t *testing.T) {
	k, err := kong.New(&cli, kong.PostBuild(fillHelp), kong.Groups{"own": "own"})
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	err = filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != "../.." || d.Name() == "testdata"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".md" && d.Name() != "template.yaml":
			return nil
		}
		for _, command := range commandsOf(string(filetest.Read(t, path))) {
			checked++
			if err := exists(k.Model.Node, strings.Fields(command)); err != nil {
				t.Errorf("%s: %s: %v", path, command, err)
			}
		}
		return nil
	})
	if err != nil || checked < 100 {
		t.Errorf("%d commands checked, error %v", checked, err)
	}
}

// commandsOf returns the commands of a page without the program's name: from code in the text, where the name may be
// left out, and from the lines of blocks.
func commandsOf(page string) (all []string) {
	groups := []string{"client", "user", "keys", "number", "guard"}
	for i, part := range strings.Split(page, "```") {
		if i%2 == 1 { // a block
			for line := range strings.Lines(part) {
				line, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "$ "), "#")
				if command, ok := strings.CutPrefix(line, "countersign "); ok {
					all = append(all, command)
				}
			}
			continue
		}
		for _, span := range spanOfCode.FindAllStringSubmatch(part, -1) {
			command, named := strings.CutPrefix(span[1], "countersign ")
			words := strings.Fields(command)
			if named || len(words) > 1 && slices.Contains(groups, words[0]) {
				all = append(all, command)
			}
		}
	}
	return all
}

// exists follows the words of a command from the program down, and looks its flags up.
func exists(node *kong.Node, words []string) error {
	for len(words) > 0 && len(node.Children) > 0 && !strings.HasPrefix(words[0], "-") {
		i := slices.IndexFunc(node.Children, func(n *kong.Node) bool {
			return n.Name == words[0] || slices.Contains(n.Aliases, words[0])
		})
		if i < 0 && node.DefaultCmd != nil { // the words are its arguments
			node = node.DefaultCmd
			break
		}
		if i < 0 && strings.Trim(words[0], "…") != "" {
			return fmt.Errorf("%s has no command %s", node.Name, words[0])
		} else if i < 0 {
			return nil
		}
		node, words = node.Children[i], words[1:]
	}
	for _, word := range words {
		name := strings.TrimPrefix(flagOfPage.FindString(word), "--")
		if name == "" {
			continue
		}
		if !slices.ContainsFunc(slices.Concat(node.AllFlags(false)...), func(f *kong.Flag) bool {
			return f.Name == name || f.Tag.Negatable != "" && name == "no-"+f.Name
		}) {
			return fmt.Errorf("%s has no flag --%s", node.FullPath(), name)
		}
	}
	return nil
}
