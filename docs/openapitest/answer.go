package openapitest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Answer returns an error if the status, a header or the body of an answer is not
// described. uri is the target of the request line. A path that the description does
// not cover passes.
func Answer(method, uri string, status int, header http.Header, body []byte) error {
	if err := Load().answer(method, uri, status, header, body); err != nil {
		const form = "docs/openapi.yaml does not describe the answer to %s %s: %w\n%d %s"
		return fmt.Errorf(form, method, uri, err, status, body)
	}
	return nil
}

// origin is the part before the path in a request target of absolute form.
var origin = regexp.MustCompile(`^[a-z]+://[^/?]*`)

func (d *Description) answer(method, uri string, status int, header http.Header, body []byte) error {
	target, query, _ := strings.Cut(origin.ReplaceAllString(uri, ""), "?")
	path := d.path(target, query)
	if path == "" {
		return nil
	}
	at := []string{"paths", path, "post", "responses", fmt.Sprint(status)}
	if d.Object(at...) == nil {
		return fmt.Errorf("status %d is not described", status)
	}
	if err := d.headers(header, at...); err != nil {
		return err
	}
	if method == http.MethodHead {
		return nil
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if content := d.Object(append(at, "content", kind)...); err != nil || content == nil {
		return fmt.Errorf("Content-Type %q is not described", header.Get("Content-Type"))
	}
	known := strings.Join(at, " ") + kind + string(body)
	if _, ok := d.valid.Load(known); ok {
		return nil
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err == nil {
		err = d.Validate(value, append(at, "content", kind, "schema")...)
	}
	if err == nil {
		d.valid.Store(known, true)
	}
	return err
}

// headers compares the headers of an answer with those at the names. The three
// headers of a signed answer must come together.
func (d *Description) headers(header http.Header, at ...string) error {
	for name := range d.Object(append(at, "headers")...) {
		rule := d.Object(append(at, "headers", name)...)
		text := header.Get(name)
		if text == "" && rule["required"] != true {
			continue
		}
		var value any = text
		if rule["schema"].(map[string]any)["type"] == "integer" {
			value = json.Number(text)
		}
		if err := d.Validate(value, append(at, "headers", name, "schema")...); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	client, instant, signature := header.Get("client-id"), header.Get("response-time"), header.Get("signature")
	if (client == "") != (instant == "") || (instant == "") != (signature == "") {
		return errors.New("client-id, response-time and signature must come together")
	}
	return nil
}

// Transport makes an error of each answer that is not described.
type Transport struct{ http.RoundTripper }

// turns bounds the answers that are compared at once. A thousand calls that all compare would keep the processors from
// those that have a connection and must send their request, and a server ends a connection that is silent too long.
var turns = make(chan struct{}, runtime.GOMAXPROCS(0))

// RoundTrip implements [http.RoundTripper].
func (t Transport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err == nil {
		turns <- struct{}{}
		err = Answer(r.Method, r.URL.RequestURI(), resp.StatusCode, resp.Header, body)
		<-turns
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, err
}

// Handler reports each answer of a handler that is not described as a failure of t.
func Handler(t testing.TB, h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &recorder{ResponseWriter: w, status: http.StatusOK}
		h.ServeHTTP(seen, r)
		header := http.Header{} // the handlers' names may be in lower case
		for name, values := range w.Header() {
			header.Set(name, values[0])
		}
		if err := Answer(r.Method, r.RequestURI, seen.status, header, seen.body.Bytes()); err != nil {
			t.Error(err)
		}
	})
}

// recorder keeps a copy of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	r.body.Write(b)
	return r.ResponseWriter.Write(b)
}
