// Package strictjson reads the bodies of requests: one JSON object in valid UTF-8, with each name once and nothing
// behind it. A contract names the members that it documents, and how each is read, as [Fields].
//
// The rest is the same for every contract:
//
//   - Other members are ignored, whatever their value, except for a name that differs from a documented one by case
//     only: a caller who writes "Code" means "code".
//   - null is the same as absent.
//   - The first rule that a body breaks is returned with its field; a misspelled name comes before all other rules.
//     Nothing of the body is quoted.
package strictjson

import (
	"bytes"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// MaxBody is the longest body that a contract reads, in bytes.
const MaxBody = 16 << 10

// Fields are the documented members of an object.
type Fields map[string]Reader

// Reader reads a value that is not null. It returns the rule that the value breaks, "" for none. An error means that
// the text is not JSON.
type Reader func(d *jsontext.Decoder) (rule string, err error)

// Broken is a rule that a body breaks. The zero value is none.
type Broken struct {
	Field string // [Whole] for the body itself
	Rule  string // such as "is required"
}

// Whole is the field of rules that are about the whole body.
const Whole = "body"

// Set notes a rule, unless it is "" or another was noted before.
func (b *Broken) Set(field, rule string) {
	if *b == (Broken{}) && rule != "" {
		*b = Broken{field, rule}
	}
}

// String returns field and rule, such as "code: is required".
func (b Broken) String() string { return b.Field + ": " + b.Rule }

// misspelled is the rule that a name breaks which differs from a documented one by case only.
const misspelled = "must be spelled in this case"

// Misspelled reports whether b is about a name that differs from a documented one by case only.
func (b Broken) Misspelled() bool { return b.Rule == misspelled }

// Decode reads a body. Where the result is about [Whole], some fields may not have been read.
func Decode(text []byte, fields Fields) Broken { return decode(text, fields.find) }

// DecodeEach reads a body whose documented members all have one reader, which gets the name of the member too. It takes
// less time than [Decode] with a reader for each of them.
func DecodeEach(
	text []byte, documented []string, read func(name string, d *jsontext.Decoder) (rule string, err error),
) Broken {
	return decode(text, func(name string) (Reader, Broken) {
		for _, n := range documented {
			switch {
			case n == name:
				return func(d *jsontext.Decoder) (string, error) { return read(n, d) }, Broken{}
			case strings.EqualFold(n, name):
				return nil, Broken{n, misspelled}
			}
		}
		return nil, Broken{}
	})
}

func decode(text []byte, find func(name string) (Reader, Broken)) Broken {
	d := jsontext.NewDecoder(bytes.NewBuffer(text))
	if d.PeekKind() != '{' {
		return Broken{Whole, "must be a JSON object"}
	}
	broken, err := object(d, find)
	if err != nil { // its text could quote the body
		return Broken{Whole, "must be one JSON object in UTF-8, each name once, no lone surrogates"}
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return Broken{Whole, "must end after the JSON object"}
	}
	return broken
}

// find returns the reader of a member, nil for one that is not documented, and the documented name that it misspells.
func (f Fields) find(name string) (read Reader, broken Broken) {
	if read, ok := f[name]; ok {
		return read, broken
	}
	for documented := range f {
		if strings.EqualFold(documented, name) {
			return nil, Broken{documented, misspelled}
		}
	}
	return nil, broken
}

// object reads an object, each member with the reader that find returns for its name.
func object(d *jsontext.Decoder, find func(name string) (Reader, Broken)) (broken Broken, err error) {
	if _, err := d.ReadToken(); err != nil {
		return broken, err
	}
	for d.PeekKind() != '}' {
		token, err := d.ReadToken()
		if err != nil {
			return broken, err
		}
		name := token.String()
		read, about := find(name)
		if about.Misspelled() && !broken.Misspelled() {
			broken = about
		}
		broken.Set(about.Field, about.Rule)
		if read == nil || d.PeekKind() == 'n' {
			if err := d.SkipValue(); err != nil {
				return broken, err
			}
			continue
		}
		rule, err := read(d)
		if err != nil {
			return broken, err
		}
		broken.Set(name, rule)
	}
	_, err = d.ReadToken()
	return broken, err
}
