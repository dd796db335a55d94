// Command figures measures the code base: how many lines there are, how long functions
// and files get, and which lines are too wide. It prints one column for the working
// tree and, with -before, one for another commit.
//
// With -wide it only lists the Go lines of more than 120 columns, a tab counted as
// four, and with -long the functions of more than 60 lines, tests included. It exits
// with 1 when there are any. Generated files do not count.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func main() {
	before := flag.String("before", "", "a commit to compare with")
	wide := flag.Bool("wide", false, "list the Go lines of more than 120 columns")
	long := flag.Bool("long", false, "list the functions of more than 60 lines")
	flag.Parse()
	if err := run(*before, *wide, *long); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

func run(before string, wide, long bool) error {
	now, err := measure(".")
	if err != nil {
		return err
	}
	if wide || long {
		return now.check(wide, long)
	}
	columns := []*tree{now}
	if before != "" {
		then, err := measureCommit(before)
		if err != nil {
			return err
		}
		columns = []*tree{then, now}
	}
	for i, row := range rows(now) {
		fmt.Printf("%-58s", row.name)
		for _, c := range columns {
			fmt.Printf(" %20s", rows(c)[i].value)
		}
		fmt.Println()
	}
	return nil
}

// check prints the places of lines that are too wide and of functions that are too long.
func (t *tree) check(wide, long bool) error {
	var places []string
	if wide {
		places = append(places, t.wide...)
	}
	if long {
		places = append(places, t.long...)
	}
	for _, place := range places {
		fmt.Println(place)
	}
	if len(places) > 0 {
		return fmt.Errorf("a line has at most %d columns, a function at most %d lines: mend %d places",
			maxColumns, maxLines, len(places))
	}
	return nil
}

// measureCommit measures a commit in a folder that is removed afterwards.
func measureCommit(commit string) (*tree, error) {
	folder, err := os.MkdirTemp("", "figures")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	archive, err := exec.Command("git", "archive", commit).Output()
	if err != nil {
		return nil, fmt.Errorf("git archive %s: %w; if this is a shallow clone, run git fetch --unshallow", commit, err)
	}
	unpack := exec.Command("tar", "-x", "-C", folder)
	unpack.Stdin = bytes.NewReader(archive)
	if out, err := unpack.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("tar: %w: %s", err, out)
	}
	return measure(folder)
}

// deployed lists the folders, relative to root, whose code the functions link.
func deployed(root string) (map[string]bool, error) {
	const folder = "{{if .Module}}{{if .Module.Main}}{{.Dir}}{{end}}{{end}}"
	list := exec.Command("go", "list", "-deps", "-f", folder, "./functions/...")
	list.Dir, list.Stderr = root, os.Stderr
	out, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	if abs, err = filepath.EvalSymlinks(abs); err != nil {
		return nil, err
	}
	folders := map[string]bool{}
	for _, folder := range strings.Fields(string(out)) {
		relative, err := filepath.Rel(abs, folder)
		if err != nil {
			return nil, err
		}
		folders[relative] = true
	}
	return folders, nil
}
