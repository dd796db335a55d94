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

	"countersign/pkg/filetest"
)

// TestEveryPathIsDescribed: docs/openapi.yaml describes the paths that template.yaml deploys,
// and no other. The local server answers at each, and serves the description.
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
	template := filetest.Read(t, "../../template.yaml")
	for _, match := range regexp.MustCompile(`Path: (/\S+),`).FindAllSubmatch(template, -1) {
		deployed = append(deployed, string(match[1]))
	}
	slices.Sort(paths)
	slices.Sort(deployed)
	if !slices.Equal(paths, deployed) || len(deployed) < 15 {
		t.Errorf("the description has\n%q, template.yaml has\n%q", paths, deployed)
	}
	s := stage(t, captures{})
	for _, path := range paths {
		if _, text, _ := s.send(t, path, "{}"); !strings.Contains(text, `"PARAM_ILLEGAL"`) {
			t.Errorf("%s answered %s, want PARAM_ILLEGAL", path, text)
		}
	}
	resp, err := http.Get(s.server.URL + "/_dev/openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	kind := resp.Header.Get("Content-Type")
	if err != nil || !bytes.Equal(text, docs.OpenAPI) || kind != "application/yaml" {
		t.Errorf("the local server served %d bytes of %s, %v, want docs/openapi.yaml", len(text), kind, err)
	}
}
