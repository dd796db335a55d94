package localserver

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"countersign/docs"
	"countersign/docs/openapitest"
)

// Everything that is deployed is described, and the other way round; and the local
// server shows the description.
func TestEveryPathIsDescribed(t *testing.T) {
	d := openapitest.Load()
	var paths []string
	for path := range d.Object("paths") {
		if path != "/" {
			for _, prefix := range d.Prefixes() {
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
	resp, err := http.Get(s.server.URL + "/_dev/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(text, docs.OpenAPI) ||
		resp.Header.Get("Content-Type") != "application/yaml" {
		t.Errorf("the local server shows %d bytes, %v", len(text), err)
	}
}
