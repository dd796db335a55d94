package docs

import (
	"bytes"
	"flag"
	"strings"
	"testing"

	"countersign/pkg/config"
	"countersign/pkg/filetest"
)

var update = flag.Bool("update", false, "write the tables of settings into settings.md")

// code marks a text as code, unless it is empty.
func code(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// settingsTable returns the table of settings as Markdown.
func settingsTable() string {
	var b strings.Builder
	b.WriteString("| variable | default | range | | in template.yaml | flag |\n|---|---|---|---|---|---|\n")
	for _, s := range config.Settings() {
		cells := []string{
			code(config.Prefix + s.Name), code(s.Default), s.Range, s.About,
			code(strings.TrimPrefix(s.Template, "-")), code(s.Flag),
		}
		b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
	}
	return b.String()
}

// The table in settings.md is that of package config.
func TestSettings(t *testing.T) {
	const (
		page   = "settings.md"
		remedy = "go test ./docs -run TestSettings -update"
		begin  = "<!-- written by " + remedy + " -->\n"
		end    = "<!-- end -->\n"
	)
	text := filetest.Read(t, page)
	head, rest, ok := bytes.Cut(text, []byte(begin))
	_, tail, ended := bytes.Cut(rest, []byte(end))
	if !ok || !ended {
		t.Fatalf("%s has no table between %q and %q", page, begin, end)
	}
	want := string(head) + begin + settingsTable() + end + string(tail)
	if string(text) == want {
		return
	}
	if !*update {
		t.Fatalf("the table in docs/%s is not that of pkg/config/settings.go: run %s", page, remedy)
	}
	filetest.Write(t, page, []byte(want), 0o644)
}
