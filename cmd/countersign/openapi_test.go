package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"countersign/docs"
	"countersign/pkg/ams"
	"countersign/pkg/unimatrix"
)

// openAPI is docs/openapi.yaml, which every answer that these tests get is held
// against, see [checked]. Its schemas are JSON Schema of 2020-12, as OpenAPI 3.1
// says.
type openAPI struct {
	tree     any
	compiler *jsonschema.Compiler
	mu       sync.Mutex
	schemas  map[string]*jsonschema.Schema // by JSON pointer
}

const resource = "https://countersign.test/openapi.json" // its name among schemas; nothing is fetched

var description = sync.OnceValue(func() *openAPI {
	tree, err := parseYAML(docs.OpenAPI)
	compiler := jsonschema.NewCompiler()
	if err == nil {
		err = compiler.AddResource(resource, tree)
	}
	if err != nil {
		panic(err)
	}
	return &openAPI{tree: tree, compiler: compiler, schemas: map[string]*jsonschema.Schema{}}
})

// parseYAML gives values as JSON has them.
func parseYAML(text []byte) (tree any, err error) {
	if err := yaml.Unmarshal(text, &tree); err != nil {
		return nil, err
	}
	if text, err = json.Marshal(tree); err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(text))
}

// find follows names from the top, and references on the way. It returns what is
// there, nil for nothing, and where it is.
func (d *openAPI) find(names ...string) (node any, pointer string) {
	node = d.tree
	for _, name := range names {
		inner, _ := node.(map[string]any)
		node = inner[name]
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
		for {
			inner, _ := node.(map[string]any)
			ref, ok := inner["$ref"].(string)
			if !ok || len(inner) > 1 { // a schema may have more to say beside it
				break
			}
			pointer = strings.TrimPrefix(ref, "#")
			node, _ = d.find(strings.Split(pointer[1:], "/")...)
		}
	}
	return node, pointer
}

// object is find where an object is, nil where there is none.
func (d *openAPI) object(names ...string) map[string]any {
	node, _ := d.find(names...)
	object, _ := node.(map[string]any)
	return object
}

// validate holds a value against the schema that names lead to.
func (d *openAPI) validate(value any, names ...string) error {
	_, pointer := d.find(names...)
	d.mu.Lock()
	defer d.mu.Unlock()
	schema := d.schemas[pointer]
	if schema == nil {
		var err error
		if schema, err = d.compiler.Compile(resource + "#" + pointer); err != nil {
			return err
		}
		d.schemas[pointer] = schema
	}
	return schema.Validate(value)
}

// path is the description's name of a request's path, "" for one that it is not
// about. Each path of its own is served under each prefix, and what no API has is
// answered like the verify of its family.
func (d *openAPI) path(path, query string) string {
	for _, prefix := range d.prefixes() {
		if rest, ok := strings.CutPrefix(path, prefix); ok && rest != "/" && d.object("paths", rest) != nil {
			return rest
		}
	}
	switch {
	case ams.Serves(path) && strings.Contains(path, "/users/"):
		return "/v1/users/verifyAuthentication"
	case ams.Serves(path):
		return "/v1/security/verifyAuthentication"
	case !strings.HasPrefix(path, "/_dev/") && unimatrix.Serves(path, query):
		return "/"
	}
	return ""
}

// prefixes are those of the server's address.
func (d *openAPI) prefixes() (all []string) {
	servers, _ := d.find("servers")
	variables := servers.([]any)[0].(map[string]any)["variables"].(map[string]any)
	for _, prefix := range variables["prefix"].(map[string]any)["enum"].([]any) {
		all = append(all, prefix.(string))
	}
	slices.SortFunc(all, func(a, b string) int { return len(b) - len(a) }) // the longest that fits
	return all
}

// answer says what is wrong with an answer: a status, a header or a body that is
// not described.
func (d *openAPI) answer(method, uri string, status int, header http.Header, body []byte) error {
	path := d.path(target(uri))
	if path == "" {
		return nil
	}
	at := []string{"paths", path, "post", "responses", fmt.Sprint(status)}
	if d.object(at...) == nil {
		return fmt.Errorf("status %d is not described", status)
	}
	if err := d.headers(header, at...); err != nil {
		return err
	}
	if method == http.MethodHead {
		return nil
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if content := d.object(append(at, "content", kind)...); err != nil || content == nil {
		return fmt.Errorf("Content-Type %q is not described", header.Get("Content-Type"))
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = d.validate(value, append(at, "content", kind, "schema")...)
	}
	return err
}

// headers also says that the three of a signed answer come together.
func (d *openAPI) headers(header http.Header, at ...string) error {
	for name := range d.object(append(at, "headers")...) {
		rule := d.object(append(at, "headers", name)...)
		text := header.Get(name)
		if text == "" && rule["required"] != true {
			continue
		}
		var value any = text
		if rule["schema"].(map[string]any)["type"] == "integer" {
			value = json.Number(text)
		}
		if err := d.validate(value, append(at, "headers", name, "schema")...); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	if a, b, c := header.Get("client-id") == "", header.Get("response-time") == "", header.Get("signature") == ""; a != b || b != c {
		return errors.New("client-id, response-time and signature must come together")
	}
	return nil
}

// checked makes an error of an answer that is not as described. All requests of
// the tests' HTTP client go through it.
type checked struct{ http.RoundTripper }

func init() { browser.Transport = checked{browser.Transport} }

func (c checked) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err == nil {
		err = asDescribed(r.Method, r.URL.RequestURI(), resp.StatusCode, resp.Header, body)
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, err
}

func asDescribed(method, uri string, status int, header http.Header, body []byte) error {
	if err := description().answer(method, uri, status, header, body); err != nil {
		return fmt.Errorf("docs/openapi.yaml does not describe the answer to %s %s: %w\n%d %s", method, uri, err, status, body)
	}
	return nil
}

// alsoDescribed is a handler whose answers are checked, for tests with a client of
// their own.
func alsoDescribed(t testing.TB, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &seen{ResponseWriter: w, status: http.StatusOK}
		h.ServeHTTP(seen, r)
		header := http.Header{} // without the handlers' spelling
		for name, values := range w.Header() {
			header.Set(name, values[0])
		}
		if err := asDescribed(r.Method, r.RequestURI, seen.status, header, seen.body.Bytes()); err != nil {
			t.Error(err)
		}
	})
}

// seen keeps what is written.
type seen struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (s *seen) WriteHeader(status int) {
	s.status = status
	s.ResponseWriter.WriteHeader(status)
}

func (s *seen) Write(b []byte) (int, error) {
	s.body.Write(b)
	return s.ResponseWriter.Write(b)
}

// describedText is asDescribed of a request and its answer as they went over a
// connection of the test's own.
func describedText(t testing.TB, request, answer string) {
	t.Helper()
	line, _, _ := strings.Cut(request, "\r\n")
	words := strings.Fields(line)
	resp, err := http.ReadResponse(bufio.NewReader(strings.NewReader(answer)), nil)
	if err != nil {
		t.Error(err)
		return
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil {
		err = asDescribed(words[0], words[1], resp.StatusCode, resp.Header, body)
	}
	if err != nil {
		t.Error(err)
	}
}

// apis are the paths behind the words of countersign call.
var apis = map[string]string{
	"init": "/v1/customers/initAuthentication", "users-init": "/v1/users/initAuthentication",
	"trigger": "/v1/security/triggerChallenge", "verify": "/v1/security/verifyAuthentication",
}

// describedCall holds the answer that countersign call shows against its schema.
// The command itself has checked the signature.
func describedCall(t testing.TB, args []string, answer string) {
	t.Helper()
	if len(args) < 2 || args[0] != "call" || !strings.HasPrefix(answer, "{") {
		return
	}
	path := apis[args[1]]
	switch {
	case slices.Contains(args, "--users"):
		path = "/v1/users/verifyAuthentication"
	case args[1] == "post":
		path = args[slices.IndexFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "/") })]
	}
	if err := asDescribed("POST", path, 200, http.Header{"Content-Type": {"application/json"}}, []byte(answer)); err != nil {
		t.Error(err)
	}
}

// Everything that is deployed is described, and the other way round; and the local
// server shows the description.
func TestEveryPathIsDescribed(t *testing.T) {
	d := description()
	var paths []string
	for path := range d.object("paths") {
		if path != "/" {
			for _, prefix := range d.prefixes() {
				paths = append(paths, prefix+path)
			}
		}
	}
	var deployed []string
	for _, match := range regexp.MustCompile(`Path: (/\S+),`).FindAllSubmatch(readFile(t, "../../template.yaml"), -1) {
		deployed = append(deployed, string(match[1]))
	}
	slices.Sort(paths)
	slices.Sort(deployed)
	if !slices.Equal(paths, deployed) || len(deployed) < 15 {
		t.Errorf("described are\n%q, deployed\n%q", paths, deployed)
	}
	s := stage(t, captures{})
	for _, path := range paths {
		if _, text, _ := s.send(t, path, "{}"); !strings.Contains(text, `"PARAM_ILLEGAL"`) {
			t.Errorf("%s is described, and answers %s", path, text)
		}
	}
	resp, err := browser.Get(s.server.URL + "/_dev/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(text, docs.OpenAPI) || resp.Header.Get("Content-Type") != "application/yaml" {
		t.Errorf("the local server shows %d bytes, %v", len(text), err)
	}
}

// Answers of the functions to events of HTTP, as they are kept in events/, are
// described too.
func TestEventsAreDescribed(t *testing.T) {
	files, err := filepath.Glob("../../events/*.answer.json")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, file := range files {
		var event struct {
			RawPath, RawQueryString, Path, HTTPMethod string
			RequestContext                            struct{ HTTP struct{ Method string } }
		}
		var answer struct {
			StatusCode        int
			Headers           map[string]string
			MultiValueHeaders map[string][]string // for a load balancer that asks for it
			Body              string
		}
		for name, into := range map[string]any{strings.TrimSuffix(file, ".answer.json") + ".json": &event, file: &answer} {
			json.Unmarshal(readFile(t, name), into) // others have another shape
		}
		if answer.StatusCode == 0 {
			continue
		}
		n++
		header := http.Header{}
		for name, value := range answer.Headers {
			header.Set(name, value)
		}
		for name, values := range answer.MultiValueHeaders {
			header.Set(name, values[0])
		}
		uri, method := event.RawPath+"?"+event.RawQueryString, event.RequestContext.HTTP.Method
		if event.Path != "" {
			uri, method = event.Path, event.HTTPMethod
		}
		if answer.StatusCode == http.StatusNotFound {
			uri = "/" // described there
		}
		if err := asDescribed(method, uri, answer.StatusCode, header, []byte(answer.Body)); err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
		}
	}
	if n < 20 {
		t.Errorf("%d answers", n)
	}
}

// An answer that differs in anything is noticed.
func TestUndescribedAnswers(t *testing.T) {
	const verify, good = "/ams/api" + verifyPath, `{"isPassed":true,"result":{"resultCode":"SUCCESS","resultMessage":"success.","resultStatus":"S"}}`
	jsonType, signed := http.Header{"Content-Type": {"application/json; charset=UTF-8"}}, http.Header{"Content-Type": {"application/json"}, "Client-Id": {"demo"}}
	uni := http.Header{"Content-Type": {"application/json"}, "X-Uni-Request-Id": {strings.Repeat("0", 32)}}
	limited := uni.Clone()
	limited.Set("Retry-After", "0")
	for name, c := range map[string]struct {
		uri    string
		status int
		header http.Header
		body   string
		good   bool
	}{
		"as described":            {verify, 200, jsonType, good, true},
		"another status":          {verify, 500, jsonType, good, false},
		"no type":                 {verify, 200, http.Header{}, good, false},
		"no JSON":                 {verify, 200, jsonType, "no", false},
		"half signed":             {verify, 200, signed, good, false},
		"passed as text":          {verify, 200, jsonType, strings.Replace(good, "true", `"true"`, 1), false},
		"not passed, and SUCCESS": {verify, 200, jsonType, strings.Replace(good, "true", "false", 1), false},
		"one field more":          {verify, 200, jsonType, strings.Replace(good, "{", `{"code":"425502",`, 1), false},
		"another code":            {verify, 200, jsonType, `{"result":{"resultCode":"INVALID_CLIENT","resultMessage":"Invalid client.","resultStatus":"F"}}`, false},
		"another path's code":     {"/v1/nothing", 200, jsonType, `{"result":{"resultCode":"INVALID_API","resultMessage":"x","resultStatus":"F"}}`, true},
		"unimatrix":               {"/?action=otp.send", 400, uni, `{"code":"104001","message":"MissingParams"}`, true},
		"no request id":           {"/?action=otp.send", 400, jsonType, `{"code":"104001","message":"MissingParams"}`, false},
		"a code of 401":           {"/?action=otp.send", 400, uni, `{"code":"104110","message":"MissingAccessKeyId"}`, false},
		"code as a number":        {"//", 400, uni, `{"code":104001,"message":"MissingParams"}`, false},
		"success without data":    {"/", 200, uni, `{"code":"0","message":"Success"}`, false},
		"data with an error":      {"/", 500, uni, `{"code":"101000","message":"Internal","data":{}}`, false},
		"no wait":                 {"/", 429, uni, `{"code":"105300","message":"LimitExceed"}`, false},
		"a wait of nothing":       {"/", 429, limited, `{"code":"105300","message":"LimitExceed"}`, false},
	} {
		if err := asDescribed("POST", c.uri, c.status, c.header, []byte(c.body)); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}
