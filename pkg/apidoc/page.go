// Package apidoc reads an OpenAPI document for a page that people read. It refuses a document with parts that it does
// not know, as a page without them would be wrong.
package apidoc

import (
	"fmt"
	"html/template"
	"slices"
)

// Page is what a page shows: all of a document, or one contract, which is a tag of it. Texts that may have Markdown are
// HTML without tags of the document's own. What refers to a schema has its name, and its fields where they are of use.
type Page struct {
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

// Pages returns the pages of an OpenAPI document in YAML, by the anchor of the contract; that of "" has all. An error
// names the part of the document that is unknown or wrong.
func Pages(text []byte) (map[string]*Page, error) {
	d, err := readDocument(text)
	if err != nil {
		return nil, err
	}
	pages := map[string]*Page{}
	for _, t := range append([]tag{{}}, d.Tags...) {
		if pages[anchor(t.Name)], err = newPage(d, t.Name); err != nil {
			return nil, err
		}
	}
	return pages, nil
}

// newPage returns the page of a contract, or of all if it is "".
func newPage(d *document, chosen string) (p *Page, err error) {
	p = &Page{Info: d.Info, Version: d.OpenAPI, Servers: d.Servers, Contract: anchor(chosen)}
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
func (p *Page) addSchemes(d *document, named map[string]bool) error {
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
func (p *Page) addSchemas(d *document, named map[string]bool) error {
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
