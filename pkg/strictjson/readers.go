package strictjson

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// Scalar reads a value with check, which returns the rule that the value breaks. text is the content of a string or the
// spelling of a number, and "" for a value of any other kind, which is skipped.
func Scalar(check func(kind jsontext.Kind, text string) (rule string)) Reader {
	return func(d *jsontext.Decoder) (string, error) {
		kind, text, err := ReadScalar(d)
		if err != nil {
			return "", err
		}
		return check(kind, text), nil
	}
}

// ReadScalar reads a value as a [Scalar] does.
func ReadScalar(d *jsontext.Decoder) (kind jsontext.Kind, text string, err error) {
	kind = d.PeekKind()
	if kind != '"' && kind != '0' {
		return kind, "", d.SkipValue()
	}
	token, err := d.ReadToken()
	if err != nil {
		return kind, "", err
	}
	return kind, token.String(), nil
}

// Any reads a value of any kind and keeps nothing of it. tooLarge is the rule that a value breaks whose text is longer
// than size bytes, or whose arrays and objects are more than depth deep.
func Any(size, depth int, tooLarge string) Reader {
	return func(d *jsontext.Decoder) (string, error) {
		value, err := d.ReadValue()
		switch {
		case err != nil:
			return "", err
		case len(value) > size, deeper(value, depth):
			return tooLarge, nil
		}
		return "", nil
	}
}

// deeper reports whether a value has more than so many arrays and objects inside each other.
func deeper(value jsontext.Value, depth int) bool {
	for d := jsontext.NewDecoder(bytes.NewReader(value)); ; {
		if _, err := d.ReadToken(); err != nil { // at the end
			return false
		}
		if d.StackDepth() > depth {
			return true
		}
	}
}

// Object reads an object with documented members of its own.
func Object(fields Fields) Reader {
	return func(d *jsontext.Decoder) (string, error) {
		if d.PeekKind() != '{' {
			return notAnObject, d.SkipValue()
		}
		broken, err := object(d, fields.find)
		if err != nil || broken == (Broken{}) {
			return "", err
		}
		return broken.String(), nil
	}
}

// Map reads an object of at most limit members with any names, each with the reader that find returns for its name.
// tooMany is the rule that more members break.
func Map(limit int, tooMany string, find func(name string) Reader) Reader {
	return func(d *jsontext.Decoder) (string, error) {
		if d.PeekKind() != '{' {
			return notAnObject, d.SkipValue()
		}
		n := 0
		broken, err := object(d, func(name string) (Reader, Broken) {
			if n++; n > limit {
				return find(name), Broken{name, tooMany}
			}
			return find(name), Broken{}
		})
		return broken.Rule, err
	}
}

const notAnObject = "must be an object"
