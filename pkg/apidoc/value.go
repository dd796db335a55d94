package apidoc

import (
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"go.yaml.in/yaml/v4"
)

// prettyJSON returns a value of a YAML document as JSON, with the members in their order. A missing one is "".
func prettyJSON(n *yaml.Node) (string, error) {
	if n.IsZero() {
		return "", nil
	}
	var text strings.Builder
	err := writeJSON(jsontext.NewEncoder(&text, jsontext.WithIndent("  ")), n)
	return strings.TrimSpace(text.String()), err
}

func writeJSON(e *jsontext.Encoder, n *yaml.Node) error {
	start, end := jsontext.BeginObject, jsontext.EndObject
	switch n.Kind {
	case yaml.AliasNode:
		return writeJSON(e, n.Alias)
	case yaml.ScalarNode:
		var value any
		if err := n.Load(&value); err != nil {
			return err
		}
		return json.MarshalEncode(e, value)
	case yaml.SequenceNode:
		start, end = jsontext.BeginArray, jsontext.EndArray
	}
	if err := e.WriteToken(start); err != nil {
		return err
	}
	for _, inner := range n.Content {
		if err := writeJSON(e, inner); err != nil {
			return err
		}
	}
	return e.WriteToken(end)
}

// plainValue returns a value as people read it: a text without quotes, unless it is empty, and else JSON.
func plainValue(n *yaml.Node) (string, error) {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" && n.Value != "" {
		return n.Value, nil
	}
	return prettyJSON(n)
}
