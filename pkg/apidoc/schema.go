package apidoc

import (
	"fmt"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// shape is a schema as the page shows it.
type shape struct {
	Field       string // the name of a field that has the schema, or ""
	Required    bool   // of the field
	Name        string // of a schema that has a section of its own, or ""
	Type        string
	Rules       []rule
	Description template.HTML
	Values      []string // the only ones that are allowed
	Examples    []string
	Fields      []*shape
	Parts       []part
	Inside      *shape // the schema of Name, shown on demand
}

// rule is a property of all values, such as a length.
type rule struct{ Words, Value string }

// part has schemas that a value is compared with besides.
type part struct {
	Words  string
	Shapes []*shape
}

// long is the number of values that are shown on demand only.
const long = 24

// Long reports whether the values are many.
func (s *shape) Long() bool { return len(s.Values) > long }

// Bare reports whether the line with the name, the type and the rules is empty.
func (s *shape) Bare() bool { return s.Field+s.Name+s.Type == "" && len(s.Rules) == 0 }

// shaper turns schemas into shapes.
type shaper struct {
	schemas ordered[schema]
	named   map[string]bool // the schemas that a shape has a link to
	unfold  bool            // shapes have what is behind their links
}

// shape returns a schema's shape. open are the schemas that it is inside of: they are not unfolded again.
func (r *shaper) shape(s *schema, open ...string) (*shape, error) {
	view := &shape{Type: strings.Join(s.Type, " or ")}
	if err := r.refer(view, s, open); err != nil {
		return nil, err
	}
	view.Rules = append(view.Rules, s.rules()...)
	if err := r.describe(view, s); err != nil {
		return nil, err
	}
	for _, p := range s.Properties {
		field, err := r.shape(&p.Value, open...)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", p.Name, err)
		}
		field.Field, field.Required = p.Name, slices.Contains(s.Required, p.Name)
		view.Fields = append(view.Fields, field)
	}
	if err := r.parts(view, s, open); err != nil {
		return nil, err
	}
	if view.Type+view.Name == "" && len(view.Rules)+len(view.Values)+len(view.Fields)+len(view.Parts) == 0 {
		view.Type = "any value"
	}
	return view, nil
}

// refer adds a link to the schema that another refers to, and what is said of it on one line. The rest is shown on
// demand.
func (r *shaper) refer(view *shape, s *schema, open []string) error {
	if s.Ref == "" {
		return nil
	}
	target, err := referred(r.schemas, "schemas", s.Ref)
	if err != nil {
		return err
	}
	view.Name = strings.TrimPrefix(s.Ref, "#/components/schemas/")
	r.named[view.Name] = true
	if slices.Contains(open, view.Name) {
		return nil
	}
	inside, err := r.shape(target, append(slices.Clone(open), view.Name)...)
	if err != nil {
		return err
	}
	if view.Type == "" {
		view.Type = inside.Type
	}
	view.Rules, view.Examples, view.Description = inside.Rules, inside.Examples, inside.Description
	if len(inside.Fields)+len(inside.Parts)+len(inside.Values) > 0 && r.unfold {
		inside.Examples, inside.Description = nil, ""
		view.Inside = inside
	}
	return nil
}

// describe adds the description, the allowed values and the examples.
func (r *shaper) describe(view *shape, s *schema) (err error) {
	if s.Description != "" {
		if view.Description, err = markdown(s.Description); err != nil {
			return err
		}
	}
	values := s.Enum
	if !s.Const.IsZero() {
		values = append(values, s.Const)
	}
	if view.Values, err = plainValues(view.Values, values); err != nil {
		return err
	}
	view.Examples, err = plainValues(view.Examples, s.Examples)
	return err
}

func plainValues(list []string, values []yaml.Node) ([]string, error) {
	for _, v := range values {
		text, err := plainValue(&v)
		if err != nil {
			return nil, err
		}
		list = append(list, text)
	}
	return list, nil
}

// parts adds the schemas that a value is compared with besides.
func (r *shaper) parts(view *shape, s *schema, open []string) error {
	one := func(s *schema) []schema {
		if s == nil {
			return nil
		}
		return []schema{*s}
	}
	for _, p := range []struct {
		words   string
		schemas []schema
	}{
		{"All of these", s.AllOf}, {"At least one of these", s.AnyOf}, {"Exactly one of these", s.OneOf},
		{"Not", one(s.Not)}, {"If", one(s.If)}, {"Then", one(s.Then)}, {"Otherwise", one(s.Else)},
	} {
		if p.schemas == nil {
			continue
		}
		part := part{Words: p.words}
		for _, inner := range p.schemas {
			shape, err := r.shape(&inner, open...)
			if err != nil {
				return err
			}
			part.Shapes = append(part.Shapes, shape)
		}
		view.Parts = append(view.Parts, part)
	}
	return nil
}

// rules returns what all values have in common.
func (s *schema) rules() (list []rule) {
	add := func(words, value string) { list = append(list, rule{words, value}) }
	for _, r := range []struct {
		words       string
		least, most *int
	}{
		{"length", s.MinLength, s.MaxLength}, {"value", s.Minimum, s.Maximum},
		{"number of fields", s.MinProperties, s.MaxProperties},
	} {
		switch {
		case r.least != nil && r.most != nil && *r.least == *r.most:
			add(r.words, strconv.Itoa(*r.least))
		case r.least != nil && r.most != nil:
			add(r.words, fmt.Sprintf("%d to %d", *r.least, *r.most))
		case r.least != nil:
			add(r.words+" at least", strconv.Itoa(*r.least))
		case r.most != nil:
			add(r.words+" at most", strconv.Itoa(*r.most))
		}
	}
	if s.Pattern != "" {
		add("pattern", s.Pattern)
	}
	for _, name := range s.Required {
		if s.Properties.find(name) == nil {
			add("must have", name)
		}
	}
	switch {
	case s.Additional == nil:
	case *s.Additional:
		add("other fields are allowed", "")
	default:
		add("no other fields", "")
	}
	return list
}
