package console

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// These are the forms of code in a page that the policy refuses, and of what leaves this machine.
var (
	inlined = regexp.MustCompile(
		`(?i)\sstyle\s*=|<style|\son[a-z]+\s*=\s*["']|javascript:|<script(?: [^>]*)?>[^<]|srcdoc=`)
	outside = regexp.MustCompile(
		`(?i)(?:src|href|action|formaction|poster|data)\s*=\s*["'](?:[a-z]+:)?//|url\([^#]|@import`)
	address = regexp.MustCompile(`(?i)\b(?:https?|wss?):?//[^\s"'<>]+|["'(=]//[a-z]`)
)

// elsewhere are addresses in files of the pages that no browser asks for.
var elsewhere = []string{
	"http://www.w3.org/2000/svg", // the name of SVG
}

// TestFiles: the files of the pages have no code of their own, and no address of another host.
func TestFiles(t *testing.T) {
	found, err := os.ReadDir("web")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		text, err := web.ReadFile("web/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(f.Name(), ".html") {
			if got := inlined.Find(text); got != nil {
				t.Errorf("%s has %q, which the policy refuses", f.Name(), got)
			}
		}
		if got := outside.Find(text); got != nil {
			t.Errorf("%s loads %q", f.Name(), got)
		}
		for _, got := range address.FindAllString(string(text), -1) {
			if !slices.Contains(elsewhere, got) {
				t.Errorf("%s has the address %q", f.Name(), got)
			}
		}
	}
}

// TestPatterns finds in files what they look for.
func TestPatterns(t *testing.T) {
	for _, bad := range []string{
		`<p style="a">`, `<p  STYLE = 'a'>`, `<style>`, `<a onclick="x">`, `<a href="javascript:x">`,
		`<script>x</script>`, `<script defer>x`, `<iframe srcdoc="x">`,
	} {
		if !inlined.MatchString(bad) {
			t.Errorf("%s is not found", bad)
		}
	}
	for _, bad := range []string{
		`<img src="//x.example/a">`, `<a href='https://x.example'>`, `a { b: url(x) }`, `@import "x"`,
	} {
		if !outside.MatchString(bad) {
			t.Errorf("%s is not found", bad)
		}
	}
	for _, good := range []string{
		`<script src="/console/console.js" defer></script>`, `<td data-config="x">`, `<p class="on">`,
		`<rect fill="url(#a)"/>`, // a pattern of the same page
	} {
		if inlined.MatchString(good) || outside.MatchString(good) {
			t.Errorf("%s is found", good)
		}
	}
}
