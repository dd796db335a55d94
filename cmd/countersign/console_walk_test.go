package main

import (
	"bytes"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// visit is a page of the console, as a person got it.
type visit struct {
	status int
	page   string
}

var (
	link  = regexp.MustCompile(`<a [^>]*href="(/[^"#]*)`)
	form  = regexp.MustCompile(`(?s)<form ([^>]*)>(.*?)</form>`)
	field = regexp.MustCompile(`<input ([^>]*)>`)
	part  = regexp.MustCompile(`([a-z-]+)="([^"]*)"`)
)

// attributes returns those of a tag.
func attributes(tag string) map[string]string {
	all := map[string]string{}
	for _, found := range part.FindAllStringSubmatch(tag, -1) {
		all[found[1]] = html.UnescapeString(found[2])
	}
	return all
}

// walk follows each link from the first page on, and sends each form once. Fields named number get a number. It returns
// the pages by address, and those after a form by address, a space and the names of its fields.
func (p *process) walk(t *testing.T, number string) map[string]visit {
	t.Helper()
	seen, next := map[string]visit{}, []string{"/"}
	ask := func(name string, r *http.Request, err error) {
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		v := visit{answer.StatusCode, string(text)}
		seen[name] = v
		for _, found := range link.FindAllStringSubmatch(v.page, -1) {
			next = append(next, html.UnescapeString(found[1]))
		}
	}
	for ; len(next) > 0 && len(seen) < 200; next = next[1:] {
		path := next[0]
		if _, was := seen[path]; was {
			continue
		}
		r, err := http.NewRequest("GET", p.url+path, nil)
		ask(path, r, err)
		for _, found := range form.FindAllStringSubmatch(seen[path].page, -1) {
			name, r, err := p.filled(attributes(found[1]), found[2], number)
			if _, was := seen[name]; !was {
				ask(name, r, err)
			}
		}
	}
	return seen
}

// filled returns the request of a form whose fields are filled in, and its name in a walk.
func (p *process) filled(form map[string]string, inner, number string) (name string, r *http.Request, err error) {
	values, names := url.Values{}, []string{}
	for _, found := range field.FindAllStringSubmatch(inner, -1) {
		f := attributes(found[1])
		if f["name"] == "number" && f["value"] == "" {
			f["value"] = number
		}
		values.Set(f["name"], f["value"])
		names = append(names, f["name"])
	}
	name = form["action"] + " " + strings.Join(names, " ")
	if form["method"] != "post" {
		r, err = http.NewRequest("GET", p.url+form["action"]+"?"+values.Encode(), nil)
		return name, r, err
	}
	r, err = http.NewRequest("POST", p.url+form["action"], bytes.NewBufferString(values.Encode()))
	if err == nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("User-Agent", "Mozilla/5.0")
		r.Header.Set("Origin", p.url)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return name, r, err
}

// readAll is io.ReadAll for a body that is read once more.
func readAll(r *http.Request) []byte {
	text, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(text))
	return text
}
