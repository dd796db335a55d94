package console

import (
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"countersign/docs"
)

// getAPI asks a console against deployed tables for a path.
func getAPI(t *testing.T, path string) *httptest.ResponseRecorder {
	t.Helper()
	return getAPIOf(t, nil, path)
}

func getAPIOf(t *testing.T, local *Local, path string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, path, nil)
	r.Host, r.RemoteAddr = "127.0.0.1", "127.0.0.1:1"
	w := httptest.NewRecorder()
	New(t.Context(), Sources{Local: local, Log: slog.New(slog.DiscardHandler)}).ServeHTTP(w, r)
	return w
}

// TestAPIPage has one contract or both, and the document itself.
func TestAPIPage(t *testing.T) {
	for path, want := range map[string]struct {
		status        int
		shows, leaves string
	}{
		"/console/api":                    {200, `id="operation-initUserAuthentication"`, "There is no contract"},
		"/console/api?contract=unimatrix": {200, `id="operation-otp"`, `id="operation-initUserAuthentication"`},
		"/console/api?contract=ams-dws":   {200, `id="schema-TriggerRequest"`, `id="schema-SendRequest"`},
		"/console/api?contract=other":     {404, "There is no contract of this name.", `id="operation-otp"`},
	} {
		w := getAPI(t, path)
		text := w.Body.String()
		if w.Code != want.status || !strings.Contains(text, want.shows) || strings.Contains(text, want.leaves) {
			t.Errorf("%s: %d, want %d with %s and without %s", path, w.Code, want.status, want.shows, want.leaves)
		}
	}
	w := getAPI(t, "/console/openapi.yaml")
	if w.Body.String() != string(docs.OpenAPI) || w.Header().Get("Content-Type") != "application/yaml" {
		t.Errorf("the document is %d bytes of %s", w.Body.Len(), w.Header().Get("Content-Type"))
	}
}

// TestAPITries: the operations that the form calls have a link to it, where there is a form.
func TestAPITries(t *testing.T) {
	const link = `href="/#try"`
	if strings.Contains(getAPI(t, "/console/api").Body.String(), link) {
		t.Error("the page leads to a form that a console against deployed tables does not have")
	}
	text := getAPIOf(t, &Local{}, "/console/api").Body.String()
	for _, id := range []string{"initCustomerAuthentication", "triggerChallenge", "verifyUserAuthentication", "otp"} {
		_, about, _ := strings.Cut(text, `<article id="operation-`+id+`"`)
		about, _, _ = strings.Cut(about, "</article>")
		if !strings.Contains(about, link) {
			t.Errorf("%s has no link to the form", id)
		}
	}
	if n := strings.Count(text, link); n != 4 {
		t.Errorf("the page has %d links to the form, want 4", n)
	}
}

var (
	apiID      = regexp.MustCompile(` id="([^"]*)"`)
	apiLink    = regexp.MustCompile(` href="#([^"]*)"`)
	apiHeading = regexp.MustCompile(`<h([1-6])`)
)

// TestAPIAnchors: each link within the page leads to one place, and no heading skips a level.
func TestAPIAnchors(t *testing.T) {
	for _, contract := range []string{"", "ams-dws", "unimatrix"} {
		text := getAPI(t, "/console/api?contract="+contract).Body.String()
		places := map[string]int{}
		for _, found := range apiID.FindAllStringSubmatch(text, -1) {
			if places[found[1]]++; places[found[1]] > 1 {
				t.Errorf("%s: the id %s is there twice", contract, found[1])
			}
		}
		links := apiLink.FindAllStringSubmatch(text, -1)
		for _, found := range links {
			if places[found[1]] == 0 {
				t.Errorf("%s: the link to #%s leads nowhere", contract, found[1])
			}
		}
		if len(links) < 20 {
			t.Errorf("%s: %d links within the page", contract, len(links))
		}
		before := "0"
		for _, found := range apiHeading.FindAllStringSubmatch(text, -1) {
			if found[1][0] > before[0]+1 {
				t.Errorf("%s: a heading of level %s follows one of level %s", contract, found[1], before)
			}
			before = found[1]
		}
	}
}

// smallAPI is a document whose texts are tags, and with a schema that is inside itself.
const smallAPI = `
openapi: 3.1.1
info:
  title: <script>title</script>
  version: <script>version</script>
  summary: <script>in short</script>
  description: "<script>about</script> [a](javascript:go) <!-- gone -->"
  license: {name: <script>license</script>}
servers:
  - url: https://<script>host</script>
    description: <script>server</script>
    variables:
      <script>variable</script>:
        {description: <script>what it is</script>, default: <script>default</script>, enum: [<script>choice</script>]}
tags: [{name: <script>tag</script>, description: "<img src=x onerror=go()>\n\n# <b>head</b>"}]
paths:
  /<script>path</script>:
    servers: [{url: <script>own host</script>}]
    post:
      operationId: <script>id</script>
      summary: <script>summary</script>
      description: <script>in full</script>
      tags: [<script>tag</script>]
      security: [{<script>scheme</script>: []}]
      parameters:
        - {name: <script>parameter</script>, in: <script>query</script>, example: <script>one</script>}
        - {$ref: '#/components/parameters/Shared'}
      responses:
        '204':
          description: <script>nothing</script>
          headers: {<script>header</script>: {$ref: '#/components/headers/Shared'}}
          links:
            <script>link</script>:
              operationId: <script>follows</script>
              description: <script>then</script>
              parameters: {a: <script>argument</script>}
              requestBody: {a: <script>body</script>}
      requestBody:
        content:
          <script>kind</script>:
            schema: {$ref: '#/components/schemas/Tree'}
            examples:
              <script>example</script>: {summary: <i>, value: </pre><script>value</script>}
              shared: {$ref: '#/components/examples/Shared'}
components:
  securitySchemes:
    <script>scheme</script>:
      {type: <script>type</script>, in: <script>place</script>, name: <script>name</script>,
       description: <script>how</script>}
  parameters:
    Shared:
      {name: <script>shared</script>, description: <script>given</script>,
       examples: {<script>named</script>: {value: 1}}}
  headers: {Shared: {description: <script>answered</script>, schema: {type: [string, <script>none</script>]}}}
  examples: {Shared: {summary: <script>elsewhere</script>, value: [<script>item</script>]}}
  schemas:
    Tree:
      type: object
      description: <script>tree</script>
      required: [<script>needed</script>]
      properties:
        <script>field</script>: {enum: [<script>enum</script>], pattern: <script>pattern</script>}
        child: {$ref: '#/components/schemas/Tree'}
        rules:
          allOf: [{const: <script>const</script>}]
          anyOf: [{examples: [<script>sample</script>]}]
          oneOf: [{description: <script>alternative</script>}]
          not: {description: <script>not</script>}
          if: {description: <script>if</script>}
          then: {description: <script>then so</script>}
          else: {description: <script>else</script>}
        bounds: {minLength: 71, maxLength: 72, minimum: 73, maximum: 74, minProperties: 75, maxProperties: 75}
`

// TestAPITextsAreNoTags: nothing in the document becomes a tag, and nothing of it is left out.
func TestAPITextsAreNoTags(t *testing.T) {
	pages, err := writeAPIPages([]byte(smallAPI), true)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pages[""])
	for _, tag := range []string{"<script", "<img", "<b>", "<i>", `="javascript:`, "<!--"} {
		if strings.Contains(text, tag) {
			t.Errorf("the page has %s", tag)
		}
	}
	shown := html.UnescapeString(text)
	parts := regexp.MustCompile(`<script>[^<]*</script>`).FindAllString(smallAPI, -1)
	for _, part := range append(parts, "71 to 72", "73 to 74", ">75<") {
		if !strings.Contains(shown, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
	for _, part := range []string{"<!-- gone -->", "# <b>head</b>", "<img src=x onerror=go()>"} {
		if !strings.Contains(shown, part) {
			t.Errorf("the page lacks %s", part)
		}
	}
}

// TestAPIRecursion: a schema inside itself is a link there.
func TestAPIRecursion(t *testing.T) {
	pages, err := writeAPIPages([]byte(smallAPI), true)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(pages[""]), `<code class="field">child</code>  <a href="#schema-Tree">`); n != 2 {
		t.Errorf("the page has %d links to the inner schema, want one in the operation and one in its section", n)
	}
}

// TestAPIRefusesUnknownParts: a part of a document that the page does not show is an error that names it.
func TestAPIRefusesUnknownParts(t *testing.T) {
	for name, c := range map[string]struct{ old, new, want string }{
		"events":              {"paths:", "webhooks: {}\npaths:", "webhooks"},
		"a method":            {"    post:", "    get: {}\n    post:", "get"},
		"a callback":          {"      summary:", "      callbacks: {}\n      summary:", "callbacks"},
		"a keyword":           {"type: object", "type: object\n      discriminator: {}", "discriminator"},
		"a keyword of a part": {"{enum:", "{format: email, enum:", "format"},
		"a list of fields":    {"      properties:", "      allOf: [{items: {}}]\n      properties:", "items"},
		"an unknown schema":   {"Tree'}\n            e", "Bush'}\n            e", "schemas/Bush"},
		"an example's place":  {"{summary: <i>,", "{externalValue: x, summary: <i>,", "externalValue"},
		"a second media type": {"          <script>kind", "          other: {}\n          <script>kind", "media type"},
		"a long summary":      {"summary: <script>summary</script>", `summary: "a\n\nb"`, "one paragraph"},
		"no known scheme":     {"security: [{<script>scheme</script>", "security: [{lock", "lock"},
	} {
		text := strings.Replace(smallAPI, c.old, c.new, 1)
		if text == smallAPI {
			t.Fatalf("%s: the document lacks %q", name, c.old)
		}
		if _, err := writeAPIPages([]byte(text), true); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %s", name, err, c.want)
		}
	}
}
