package console

import (
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"sync"

	"countersign/docs"
)

// apiPage is the content of the page of the API: all of it, or one contract.
type apiPage struct {
	Info        info
	Version     string // of OpenAPI
	Summary     template.HTML
	Description template.HTML
	Servers     []server
	Contract    string   // the chosen one's anchor, or "" for all
	Choices     []choice // of contracts
	Contracts   []contract
	Schemes     []shownScheme
	Schemas     []namedShape
}

// namedShape is a schema with a section of its own.
type namedShape struct {
	Label string
	Shape *shape
}

// choice is a contract that the reader may choose.
type choice struct{ Name, Anchor string }

// contract is a tag of the document, with its operations.
type contract struct {
	choice
	Description template.HTML
	Calls       []call
}

// shownScheme is a way to prove an identity.
type shownScheme struct {
	Label       string
	Scheme      scheme
	Description template.HTML
}

// apiPages has what the page of the API shows, by the anchor of the chosen contract; that of "" has all. It is written
// at the first use, as it is the same for all readers.
var apiPages = sync.OnceValues(func() (map[string]template.HTML, error) { return writeAPIPages(docs.OpenAPI) })

// writeAPIPages returns the pages of an OpenAPI document.
func writeAPIPages(text []byte) (map[string]template.HTML, error) {
	d, err := readDocument(text)
	if err != nil {
		return nil, err
	}
	pages := map[string]template.HTML{}
	for _, t := range append([]tag{{}}, d.Tags...) {
		page, err := newAPIPage(d, t.Name)
		if err != nil {
			return nil, err
		}
		var html strings.Builder
		if err := templates["api.html"].ExecuteTemplate(&html, "api", page); err != nil {
			return nil, err
		}
		pages[anchor(t.Name)] = template.HTML(html.String())
	}
	return pages, nil
}

// newAPIPage returns the page of a contract, or of all if it is "".
func newAPIPage(d *document, chosen string) (p *apiPage, err error) {
	p = &apiPage{Info: d.Info, Version: d.OpenAPI, Servers: d.Servers, Contract: anchor(chosen)}
	if p.Summary, err = markdownLine(d.Info.Summary); err != nil {
		return nil, err
	}
	if p.Description, err = markdown(d.Info.Description); err != nil {
		return nil, err
	}
	r := &caller{shaper{d.Components.Schemas, map[string]bool{}, true}, d.Components}
	schemes := map[string]bool{}
	for _, t := range d.Tags {
		p.Choices = append(p.Choices, choice{t.Name, anchor(t.Name)})
		if chosen != "" && t.Name != chosen {
			continue
		}
		shown := contract{choice: choice{t.Name, anchor(t.Name)}}
		if shown.Description, err = markdown(t.Description); err != nil {
			return nil, err
		}
		for _, m := range d.Paths {
			if !slices.Contains(m.Value.Post.Tags, t.Name) {
				continue
			}
			c, err := r.call(m.Name, m.Value)
			if err != nil {
				return nil, err
			}
			for _, name := range slices.Concat(c.Security...) {
				schemes[name] = true
			}
			shown.Calls = append(shown.Calls, c)
		}
		p.Contracts = append(p.Contracts, shown)
	}
	if err := p.addSchemes(d, schemes); err != nil {
		return nil, err
	}
	return p, p.addSchemas(d, r.named)
}

// addSchemes adds the ways to prove an identity that the shown operations name.
func (p *apiPage) addSchemes(d *document, named map[string]bool) error {
	for _, m := range d.Components.Security {
		if !named[m.Name] {
			continue
		}
		text, err := markdown(m.Value.Description)
		if err != nil {
			return err
		}
		p.Schemes = append(p.Schemes, shownScheme{m.Name, m.Value, text})
		delete(named, m.Name)
	}
	for name := range named {
		return fmt.Errorf("the OpenAPI document: an operation names %s, which is none of its securitySchemes", name)
	}
	return nil
}

// addSchemas adds a section for each schema that a link leads to; named are those of the operations.
func (p *apiPage) addSchemas(d *document, named map[string]bool) error {
	r := &shaper{schemas: d.Components.Schemas, named: named}
	made := map[string]*shape{}
	for more := true; more; {
		more = false
		for _, m := range d.Components.Schemas {
			if !named[m.Name] || made[m.Name] != nil {
				continue
			}
			view, err := r.shape(&m.Value, m.Name)
			if err != nil {
				return fmt.Errorf("%s: %w", m.Name, err)
			}
			made[m.Name], more = view, true
		}
	}
	for _, m := range d.Components.Schemas {
		if view := made[m.Name]; view != nil {
			p.Schemas = append(p.Schemas, namedShape{m.Name, view})
		}
	}
	return nil
}

// api shows the document of the API, or the part of one contract.
func (c *Console) api(w http.ResponseWriter, r *http.Request) {
	pages, err := apiPages()
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
