package apidoc

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// document is an OpenAPI document, with the parts that docs/openapi.yaml has. A document with any other part is not
// read: a page that left it out would be wrong.
type document struct {
	OpenAPI    string `yaml:"openapi"`
	Info       info
	Servers    []server
	Tags       []tag
	Paths      ordered[path]
	Components components
}

type info struct {
	Title, Version, Summary, Description string
	License                              struct{ Name, Identifier string } // the same, where the name is that of SPDX
}

type server struct {
	URL         string
	Description string
	Variables   ordered[variable]
}

// variable is a part of a server's URL.
type variable struct {
	Description, Default string
	Enum                 []string
}

// tag is a contract.
type tag struct{ Name, Description string }

type path struct {
	Servers []server // in place of those of the document
	Post    operation
}

type operation struct {
	ID                   string `yaml:"operationId"`
	Summary, Description string
	Tags                 []string
	Security             []ordered[[]string] // alternatives of schemes that are needed together
	Parameters           []parameter
	Body                 body `yaml:"requestBody"`
	Responses            ordered[response]
}

// parameter is one of a request, or a header of a response.
type parameter struct {
	Ref                   string `yaml:"$ref"`
	Name, In, Description string
	Required              bool
	Schema                schema
	Example               yaml.Node
	Examples              ordered[example]
}

type body struct {
	Required bool
	Content  ordered[media]
}

type media struct {
	Schema   schema
	Examples ordered[example]
}

type example struct {
	Ref     string `yaml:"$ref"`
	Summary string
	Value   yaml.Node
}

type response struct {
	Description string
	Headers     ordered[parameter]
	Content     ordered[media]
	Links       ordered[link]
}

// link is a call that may follow a response.
type link struct {
	Operation   string `yaml:"operationId"`
	Description string
	Parameters  yaml.Node
	Body        yaml.Node `yaml:"requestBody"`
}

type components struct {
	Security   ordered[scheme] `yaml:"securitySchemes"`
	Parameters ordered[parameter]
	Headers    ordered[parameter]
	Schemas    ordered[schema]
	Examples   ordered[example]
}

// scheme is a way to prove an identity.
type scheme struct{ Type, In, Name, Description string }

// schema is a JSON Schema.
type schema struct {
	Ref           string `yaml:"$ref"`
	Description   string
	Type          types
	Enum          []yaml.Node
	Const         yaml.Node
	Pattern       string
	MinLength     *int `yaml:"minLength"`
	MaxLength     *int `yaml:"maxLength"`
	Minimum       *int
	Maximum       *int
	MinProperties *int `yaml:"minProperties"`
	MaxProperties *int `yaml:"maxProperties"`
	Properties    ordered[schema]
	Required      []string
	Additional    *bool    `yaml:"additionalProperties"`
	AllOf         []schema `yaml:"allOf"`
	AnyOf         []schema `yaml:"anyOf"`
	OneOf         []schema `yaml:"oneOf"`
	Not           *schema
	If            *schema
	Then          *schema
	Else          *schema
	Examples      []yaml.Node
}

// types are those that a value may have: one, or a list.
type types []string

// UnmarshalYAML reads a name, or a list of names.
func (t *types) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.ScalarNode {
		*t = types{n.Value}
		return nil
	}
	return n.Load((*[]string)(t))
}

// ordered is an object whose members keep their order.
type ordered[T any] []member[T]

type member[T any] struct {
	Name  string
	Value T
}

// UnmarshalYAML reads an object. A member of it that T does not have is an error.
func (o *ordered[T]) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: must be an object", n.Line)
	}
	for i := 0; i < len(n.Content); i += 2 {
		m := member[T]{Name: n.Content[i].Value}
		if err := n.Content[i+1].Load(&m.Value, yaml.WithKnownFields()); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
		*o = append(*o, m)
	}
	return nil
}

// find returns a member, or nil if there is none.
func (o ordered[T]) find(name string) *T {
	for i := range o {
		if o[i].Name == name {
			return &o[i].Value
		}
	}
	return nil
}

// readDocument reads an OpenAPI document in YAML. An error names a part that the pages do not show.
func readDocument(text []byte) (*document, error) {
	d := new(document)
	if err := yaml.Load(text, d, yaml.WithKnownFields()); err != nil {
		return nil, fmt.Errorf("the OpenAPI document: %w", err)
	}
	return d, nil
}

// referred returns the component that a reference names: one of the list whose place starts with prefix.
func referred[T any](list ordered[T], prefix, ref string) (*T, error) {
	name, ok := strings.CutPrefix(ref, "#/components/"+prefix+"/")
	if found := list.find(name); ok && found != nil {
		return found, nil
	}
	return nil, fmt.Errorf("the OpenAPI document: %s is none of its %s", ref, prefix)
}
