package console

import (
	"encoding/json"
	"fmt"
	"html"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"go.yaml.in/yaml/v4"

	"countersign/docs"
)

// apiSection is the part of the page about one thing.
type apiSection struct {
	name, html string
	letters    string // of the text
	needs      map[string]int
}

func newAPISection(name, text string) *apiSection {
	return &apiSection{name, text, apiLetters(html.UnescapeString(apiTag.ReplaceAllString(text, ""))), map[string]int{}}
}

var apiTag = regexp.MustCompile(`<[^>]*>`)

// apiLetters returns the letters and digits of a text, which Markdown, HTML and line breaks leave as they are.
func apiLetters(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) {
			return c
		}
		return -1
	}, text)
}

// wholeAPI compares the page with the document, which it reads in a way of its own.
type wholeAPI struct {
	*testing.T
	page string
	tree map[string]any
}

// apiSection returns the part of the page with an id, up to the end of its article.
func (w *wholeAPI) section(id string) *apiSection {
	_, text, found := strings.Cut(w.page, `<article id="`+id+`"`)
	if !found {
		w.Errorf("the page lacks %s", id)
	}
	text, _, _ = strings.Cut(text, "</article>")
	return newAPISection(id, text)
}

// check reports what a section lacks.
func (w *wholeAPI) check(s *apiSection) {
	w.Helper()
	for what, n := range s.needs {
		if got := strings.Count(s.html, what); got < n {
			w.Errorf("%s has %s %d times, want %d", s.name, what, got, n)
		}
	}
}

// reads checks that a section has a text.
func (w *wholeAPI) reads(s *apiSection, text any) {
	w.Helper()
	if text, ok := text.(string); ok && !strings.Contains(s.letters, apiLetters(text)) {
		w.Errorf("%s lacks the text %q", s.name, text)
	}
}

// need adds a value in code letters.
func (s *apiSection) need(v any) {
	if v == "" {
		v = `""`
	}
	s.needs["<code>"+apiEscaped(fmt.Sprint(v))+"</code>"]++
}

func apiEscaped(text string) string {
	return strings.ReplaceAll(html.EscapeString(text), "+", "&#43;")
}

// at returns what a reference leads to, or the node itself.
func (w *wholeAPI) at(node any) map[string]any {
	object, _ := node.(map[string]any)
	ref, ok := object["$ref"].(string)
	if !ok {
		return object
	}
	at := any(w.tree)
	for name := range strings.SplitSeq(strings.TrimPrefix(ref, "#/"), "/") {
		at = at.(map[string]any)[name]
	}
	if at == nil {
		w.Fatalf("%s is nothing", ref)
	}
	return at.(map[string]any)
}

// schema adds what a schema has. A keyword that is new has to be added here and to the page.
func (w *wholeAPI) schema(s *apiSection, node any) {
	w.Helper()
	for keyword, v := range node.(map[string]any) {
		switch keyword {
		case "$ref":
			s.needs[`<a href="#schema-`+strings.TrimPrefix(v.(string), "#/components/schemas/")+`">`]++
		case "description":
			w.reads(s, v)
		case "type":
			w.reads(s, strings.Trim(strings.ReplaceAll(fmt.Sprint(v), " ", " or "), "[]"))
		case "enum", "examples":
			for _, value := range v.([]any) {
				s.need(value)
			}
		case "const", "pattern":
			s.need(v)
		case "minLength", "maxLength", "minimum", "maximum", "maxProperties":
			w.reads(s, fmt.Sprint(v))
		case "required":
			w.required(s, node.(map[string]any), v.([]any))
		case "properties":
			for name, field := range v.(map[string]any) {
				s.needs[`<code class="field">`+name+`</code>`]++
				w.schema(s, field)
			}
		case "additionalProperties":
			s.needs[map[bool]string{true: "other fields are allowed", false: "no other fields"}[v.(bool)]]++
		case "anyOf", "oneOf":
			s.needs[map[string]string{"anyOf": "At least one of these", "oneOf": "Exactly one of these"}[keyword]]++
			for _, inner := range v.([]any) {
				w.schema(s, inner)
			}
		case "if", "then", "else", "not":
			s.needs[map[string]string{"if": "If:", "then": "Then:", "else": "Otherwise:", "not": "Not:"}[keyword]]++
			w.schema(s, v)
		default:
			w.Errorf("%s has the keyword %s, of which the page and this test know nothing", s.name, keyword)
		}
	}
}

// required adds the marks of required fields, and the names of those that are described elsewhere.
func (w *wholeAPI) required(s *apiSection, node map[string]any, names []any) {
	fields, _ := node["properties"].(map[string]any)
	for _, name := range names {
		if fields[name.(string)] == nil {
			s.needs["must have <code>"+name.(string)+"</code>"]++
		} else {
			s.needs[`<span class="mark warn">required</span>`]++
		}
	}
}

// members checks that an object has none but the named members.
func (w *wholeAPI) members(what string, object map[string]any, names ...string) {
	w.Helper()
	for name := range object {
		if !slices.Contains(names, name) {
			w.Errorf("%s has %s, of which the page and this test know nothing", what, name)
		}
	}
}

// parameter adds a parameter or a header.
func (w *wholeAPI) parameter(s *apiSection, name string, node any) {
	p := w.at(node)
	w.members(s.name, p, "name", "in", "required", "description", "schema", "example", "examples")
	if p["name"] != nil {
		name = p["name"].(string)
		s.needs["in the <code>"+p["in"].(string)+"</code>"]++
	}
	s.needs[`<code class="field">`+name+`</code>`]++
	if p["required"] == true {
		s.needs[`<span class="mark warn">required</span>`]++
	}
	w.reads(s, p["description"])
	w.reads(s, p["example"])
	for name, e := range apiObject(p["examples"]) {
		w.reads(s, name)
		w.reads(s, apiObject(e)["value"])
	}
	w.schema(s, p["schema"])
}

func apiObject(node any) map[string]any {
	o, _ := node.(map[string]any)
	return o
}

var apiJSON = regexp.MustCompile(`(?s)<pre>(.*?)</pre>`)

// json checks that a section shows a value.
func (w *wholeAPI) json(s *apiSection, value any) {
	w.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		w.Fatal(err)
	}
	for _, found := range apiJSON.FindAllStringSubmatch(s.html, -1) {
		var got, want any
		if err := json.Unmarshal([]byte(html.UnescapeString(found[1])), &got); err != nil {
			w.Errorf("%s: %v in %s", s.name, err, found[1])
		}
		if json.Unmarshal(text, &want); reflect.DeepEqual(got, want) {
			return
		}
	}
	w.Errorf("%s lacks %s", s.name, text)
}

// content adds a body.
func (w *wholeAPI) content(s *apiSection, node any) {
	for kind, m := range apiObject(node) {
		s.need(kind)
		w.members(s.name, apiObject(m), "schema", "examples")
		for name, e := range apiObject(apiObject(m)["examples"]) {
			e := w.at(e)
			w.members(s.name+" "+name, e, "summary", "value")
			s.needs["<summary><code>"+name+"</code>"]++
			w.reads(s, e["summary"])
			w.json(s, e["value"])
		}
		schema := apiObject(m)["schema"]
		w.schema(s, schema)
		if apiObject(schema)["$ref"] != nil { // the schema's own fields are there too
			w.schema(s, w.at(schema))
		}
	}
}

// operation checks the section of an operation.
func (w *wholeAPI) operation(path string, o map[string]any) {
	w.members(path, o, "tags", "operationId", "summary", "description", "security", "parameters", "requestBody",
		"responses")
	s := w.section("operation-" + o["operationId"].(string))
	s.need(path)
	w.reads(s, "POST"+path+o["operationId"].(string))
	w.reads(s, o["summary"])
	w.reads(s, o["description"])
	for _, alternative := range o["security"].([]any) {
		if len(apiObject(alternative)) == 0 {
			s.needs["<li>none</li>"]++
		}
		for name := range apiObject(alternative) {
			s.needs[`<a href="#security-`+name+`">`]++
		}
	}
	for _, p := range o["parameters"].([]any) {
		w.parameter(s, "", p)
	}
	w.members(path, apiObject(o["requestBody"]), "required", "content")
	w.content(s, apiObject(o["requestBody"])["content"])
	for status, r := range apiObject(o["responses"]) {
		r := apiObject(r)
		w.members(path, r, "description", "headers", "content", "links")
		s.needs["Answer "+status+"<"]++
		w.reads(s, r["description"])
		for name, h := range apiObject(r["headers"]) {
			w.parameter(s, name, h)
		}
		w.content(s, r["content"])
		for name, l := range apiObject(r["links"]) {
			l := apiObject(l)
			w.members(path, l, "operationId", "requestBody", "parameters", "description")
			s.needs["<li>"+name+`: <a href="#operation-`+l["operationId"].(string)+`">`]++
			w.reads(s, l["description"])
			w.json(s, l["requestBody"])
			if l["parameters"] != nil {
				w.json(s, l["parameters"])
			}
		}
	}
	w.check(s)
}

// TestAPIPageIsWhole: all that the document has is on the page, in the section that it belongs to. This test reads the
// document in its own way, and fails on what it does not know.
func TestAPIPageIsWhole(t *testing.T) {
	w := &wholeAPI{T: t, page: getAPI(t, "/console/api").Body.String()}
	if err := yaml.Unmarshal(docs.OpenAPI, &w.tree); err != nil {
		t.Fatal(err)
	}
	w.members("the document", w.tree, "openapi", "info", "servers", "tags", "paths", "components")
	about := newAPISection("the page", w.page)
	var texts func(any)
	texts = func(node any) {
		switch node := node.(type) {
		case map[string]any:
			for name, inner := range node {
				if name == "variables" {
					for name := range apiObject(inner) {
						w.reads(about, name)
					}
				}
				texts(inner)
			}
		case []any:
			for _, inner := range node {
				texts(inner)
			}
		default:
			w.reads(about, node)
		}
	}
	for _, part := range []string{"info", "servers", "tags"} {
		texts(w.tree[part])
	}
	operations := 0
	for path, p := range apiObject(w.tree["paths"]) {
		w.members(path, apiObject(p), "servers", "post")
		w.operation(path, apiObject(apiObject(p)["post"]))
		operations++
	}
	parts := apiObject(w.tree["components"])
	w.members("components", parts, "securitySchemes", "parameters", "headers", "schemas", "examples")
	for name, node := range apiObject(parts["schemas"]) {
		s := w.section("schema-" + name)
		w.schema(s, node)
		w.check(s)
	}
	for name, node := range apiObject(parts["securitySchemes"]) {
		s := w.section("security-" + name)
		w.members(s.name, apiObject(node), "type", "in", "name", "description")
		for _, text := range apiObject(node) {
			w.reads(s, text)
		}
	}
	if schemas := len(apiObject(parts["schemas"])); operations < 7 || schemas < 40 {
		t.Errorf("the document has %d operations and %d schemas", operations, schemas)
	}
}
