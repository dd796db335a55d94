package apidoc

import (
	"fmt"
	"html/template"
	"strings"
)

// call is an operation as the page shows it.
type call struct {
	ID, Method, Path string
	Summary          template.HTML
	Description      template.HTML
	Servers          []server // if they are not those of the document
	Security         [][]string
	Parameters       []*shape
	BodyRequired     bool
	Body             *content
	Answers          []answer
}

// content is a body as the page shows it.
type content struct {
	Kind     string // the media type
	Shape    *shape
	Examples []sample
}

// sample is an example.
type sample struct {
	Name    string
	Summary template.HTML
	JSON    string
}

// answer is a response as the page shows it.
type answer struct {
	Status      string
	Description template.HTML
	Headers     []*shape
	Body        *content
	Next        []next
}

// next is a call that may follow an answer.
type next struct {
	Name, Operation string
	Description     template.HTML
	Parameters      string // JSON
	Body            string // JSON
}

// caller turns operations into calls.
type caller struct {
	shaper
	components components
}

func (r *caller) call(name string, p path) (c call, err error) {
	o := p.Post
	c = call{ID: o.ID, Method: "POST", Path: name, Servers: p.Servers, BodyRequired: o.Body.Required}
	if c.Summary, err = markdownLine(o.Summary); err != nil {
		return c, err
	}
	if c.Description, err = markdown(o.Description); err != nil {
		return c, err
	}
	for _, alternative := range o.Security {
		var names []string
		for _, s := range alternative {
			names = append(names, s.Name)
		}
		c.Security = append(c.Security, names)
	}
	for _, p := range o.Parameters {
		view, err := r.parameter(p.Name, p, r.components.Parameters, "parameters")
		if err != nil {
			return c, err
		}
		c.Parameters = append(c.Parameters, view)
	}
	if c.Body, err = r.content(o.Body.Content); err != nil {
		return c, err
	}
	for _, m := range o.Responses {
		a, err := r.answer(m.Name, m.Value)
		if err != nil {
			return c, fmt.Errorf("%s: answer %s: %w", name, m.Name, err)
		}
		c.Answers = append(c.Answers, a)
	}
	return c, nil
}

// parameter returns the shape of a parameter or a header. list has the components that it may refer to.
func (r *caller) parameter(name string, p parameter, list ordered[parameter], prefix string) (*shape, error) {
	if p.Ref != "" {
		target, err := referred(list, prefix, p.Ref)
		if err != nil {
			return nil, err
		}
		p = *target
	}
	if p.Name != "" {
		name = p.Name
	}
	view, err := r.shape(&p.Schema)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	view.Field, view.Required = name, p.Required
	if p.In != "" {
		view.Rules = append([]rule{{"in the", p.In}}, view.Rules...)
	}
	if p.Description != "" {
		if view.Description, err = markdown(p.Description); err != nil {
			return nil, err
		}
	}
	if !p.Example.IsZero() {
		p.Examples = append(p.Examples, member[example]{Value: example{Value: p.Example}})
	}
	for _, e := range p.Examples {
		text, err := plainValue(&e.Value.Value)
		if err != nil {
			return nil, err
		}
		if e.Name != "" {
			text += " (" + e.Name + ")"
		}
		view.Examples = append(view.Examples, text)
	}
	return view, nil
}

// content returns a body of one media type, or nil.
func (r *caller) content(kinds ordered[media]) (*content, error) {
	if len(kinds) == 0 {
		return nil, nil
	}
	if len(kinds) > 1 {
		return nil, fmt.Errorf("the OpenAPI document: a body has more than the media type %s", kinds[0].Name)
	}
	c := &content{Kind: kinds[0].Name}
	var err error
	if c.Shape, err = r.shape(&kinds[0].Value.Schema); err != nil {
		return nil, err
	}
	for _, e := range kinds[0].Value.Examples {
		value := &e.Value
		if value.Ref != "" {
			if value, err = referred(r.components.Examples, "examples", value.Ref); err != nil {
				return nil, err
			}
		}
		s := sample{Name: e.Name}
		if s.Summary, err = markdownLine(value.Summary); err != nil {
			return nil, err
		}
		if s.JSON, err = prettyJSON(&value.Value); err != nil {
			return nil, err
		}
		c.Examples = append(c.Examples, s)
	}
	return c, nil
}

func (r *caller) answer(status string, v response) (a answer, err error) {
	a.Status = status
	if a.Description, err = markdown(v.Description); err != nil {
		return a, err
	}
	for _, h := range v.Headers {
		view, err := r.parameter(h.Name, h.Value, r.components.Headers, "headers")
		if err != nil {
			return a, err
		}
		a.Headers = append(a.Headers, view)
	}
	if a.Body, err = r.content(v.Content); err != nil {
		return a, err
	}
	for _, l := range v.Links {
		n := next{Name: l.Name, Operation: l.Value.Operation}
		if n.Description, err = markdown(l.Value.Description); err != nil {
			return a, err
		}
		if n.Parameters, err = prettyJSON(&l.Value.Parameters); err != nil {
			return a, err
		}
		if n.Body, err = prettyJSON(&l.Value.Body); err != nil {
			return a, err
		}
		a.Next = append(a.Next, n)
	}
	return a, nil
}

// anchor returns a name in the form that addresses have.
func anchor(name string) string {
	return strings.Trim(strings.Map(func(c rune) rune {
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			return c
		case 'A' <= c && c <= 'Z':
			return c - 'A' + 'a'
		}
		return '-'
	}, name), "-")
}
