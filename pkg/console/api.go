package console

import (
	"html/template"
	"maps"
	"net/http"
	"slices"
	"strings"

	"countersign/docs"
	"countersign/pkg/apidoc"
)

// apiPage is the content of the page of the API.
type apiPage struct {
	*apidoc.Page
	local bool // the form calls the contracts
}

// Tries reports whether the form calls the operation of a path.
func (p apiPage) Tries(path string) bool {
	called := slices.ContainsFunc(slices.Collect(maps.Values(pathsAMS)), func(full string) bool {
		return strings.HasSuffix(full, "/api"+path)
	})
	return p.local && (called || path == "/")
}

// writeAPIPages returns what the page of the API shows, by the anchor of the chosen contract; that of "" has all.
func writeAPIPages(text []byte, local bool) (map[string]template.HTML, error) {
	pages, err := apidoc.Pages(text)
	if err != nil {
		return nil, err
	}
	written := map[string]template.HTML{}
	for name, page := range pages {
		var html strings.Builder
		if err := templates()["api.html"].ExecuteTemplate(&html, "api", apiPage{page, local}); err != nil {
			return nil, err
		}
		written[name] = template.HTML(html.String()) // #nosec G203 -- the template escaped it
	}
	return written, nil
}

// api shows the document of the API, or the part of one contract.
func (c *Console) api(w http.ResponseWriter, r *http.Request) {
	pages, err := c.apiPages()
	if err != nil {
		c.fault(w, r, err)
		return
	}
	page, ok := pages[r.FormValue("contract")]
	if !ok {
		c.fail(w, r, http.StatusNotFound, "There is no contract of this name.")
		return
	}
	c.show(w, r, http.StatusOK, "api.html", "/console/api", "API", page)
}

// ServeDocument answers with the OpenAPI document itself.
func ServeDocument(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/yaml")
	w.Write(docs.OpenAPI)
}
