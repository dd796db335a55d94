package docs

import (
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"countersign/pkg/filetest"
)

// pages returns the path of every Markdown page of the repository, test data excepted.
func pages(t *testing.T) (list []string) {
	t.Helper()
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (strings.HasPrefix(d.Name(), ".") && path != ".." || d.Name() == "testdata"):
			return filepath.SkipDir
		case filepath.Ext(path) == ".md":
			list = append(list, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// proseOf returns the lines of a page outside code, tables and comments, by number.
func proseOf(page string) map[int]string {
	lines, code := map[int]string{}, false
	for i, line := range strings.Split(page, "\n") {
		trimmed := strings.TrimLeft(line, " ")
		switch {
		case strings.HasPrefix(trimmed, "```"):
			code = !code
		case code, strings.HasPrefix(trimmed, "|"), strings.HasPrefix(line, "    "):
		default:
			lines[i+1] = line
		}
	}
	return lines
}

// Prose has at most 100 columns. Code and tables may be wider, and so may pages that a
// program writes.
func TestProseColumns(t *testing.T) {
	written := []string{"../docs/benchmarks.md", "../docs/clients.md", "../docs/costs.md"}
	for _, path := range pages(t) {
		if slices.Contains(written, path) {
			continue
		}
		for number, line := range proseOf(string(filetest.Read(t, path))) {
			if n := utf8.RuneCountInString(line); n > 100 {
				t.Errorf("%s:%d has %d columns, at most 100", path, number, n)
			}
		}
	}
}

// No query counts by cause: it has the id of AWS's request, so each line would be a row of its own. They count by why,
// which is parsed from it.
func TestQueriesCountByReason(t *testing.T) {
	byCause := regexp.MustCompile(`\| *stats .* by .*\bcause\b`)
	why := regexp.MustCompile(`\| parse cause /(.+)/ \|`)
	const line = "sms-voice: ServiceQuotaExceededException: raise it (HTTP 400, request 57c8b3c6-f6a5-4c0e)"
	parsed := 0
	for _, path := range pages(t) {
		for number, text := range strings.Split(string(filetest.Read(t, path)), "\n") {
			if byCause.MatchString(text) && !strings.Contains(text, "unreadable = 1") {
				t.Errorf("%s:%d counts by cause: parse why from it", path, number+1)
			}
			if m := why.FindStringSubmatch(text); m != nil {
				parsed++
				got := regexp.MustCompile(m[1]).FindStringSubmatch(line)
				if len(got) != 2 || got[1] != "sms-voice: ServiceQuotaExceededException: raise it " {
					t.Errorf("%s:%d parses %q", path, number+1, got)
				}
			}
		}
	}
	if parsed == 0 {
		t.Error("no query parses a cause")
	}
}

// The README is short. Everything else has a page of its own, and the README leads to
// each of them.
func TestReadme(t *testing.T) {
	text := string(filetest.Read(t, "../README.md"))
	if n := strings.Count(text, "\n"); n > 150 {
		t.Errorf("README.md has %d lines, at most 150", n)
	}
	for _, path := range pages(t) {
		name := strings.TrimPrefix(path, "../")
		if name != "README.md" && !strings.Contains(text, "]("+name+")") {
			t.Errorf("README.md does not link to %s", name)
		}
	}
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	dropped = regexp.MustCompile("[^a-z0-9 _-]")
)

// A link between pages leads to a file that exists, and to a heading that it has.
func TestLinks(t *testing.T) {
	for _, path := range pages(t) {
		for _, found := range link.FindAllStringSubmatch(string(filetest.Read(t, path)), -1) {
			to, err := url.Parse(found[1])
			if err != nil || to.Scheme != "" {
				continue // a page of the web
			}
			target := path
			if to.Path != "" {
				target = filepath.Join(filepath.Dir(path), to.Path)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s links to %s: %v", path, found[1], err)
			} else if to.Fragment != "" && !slices.Contains(anchors(string(filetest.Read(t, target))), to.Fragment) {
				t.Errorf("%s links to %s: the page has no such heading", path, found[1])
			}
		}
	}
}

// anchors returns the fragments by which GitHub links to the headings of a page.
func anchors(page string) (list []string) {
	for _, h := range heading.FindAllStringSubmatch(page, -1) {
		list = append(list, strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(h[1]), ""), " ", "-"))
	}
	return list
}
