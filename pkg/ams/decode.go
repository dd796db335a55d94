package ams

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// maxBody is the longest body that is read, in bytes.
const maxBody = 16 << 10

// fields are the documented members of one JSON object. Each is decoded by its
// own function, which is told of a value other than null and says which rule it
// breaks, "" for none.
type fields map[string]func(d *jsontext.Decoder) (broken string, err error)

// complaint is the first rule that a request breaks.
type complaint struct{ field, rule string }

func (c *complaint) set(field, rule string) {
	if c.field == "" && rule != "" {
		c.field, c.rule = field, rule
	}
}

func (c complaint) answer() answer { return illegal(c.field, c.rule) }

// body is the name that complaints give to the whole.
const body = "body"

// decode reads a body that must be one JSON object and nothing else: valid
// UTF-8, no name twice, nothing behind it. Undocumented members are ignored,
// except for one that is spelled like a documented one but for its case.
func decode(text []byte, known fields) complaint {
	d := jsontext.NewDecoder(bytes.NewBuffer(text))
	var c complaint
	if d.PeekKind() != '{' {
		return complaint{body, "must be a JSON object"}
	}
	if err := object(d, known, &c); err != nil {
		return complaint{body, "must be one JSON object in UTF-8, each name once, no lone surrogates"}
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return complaint{body, "must end after the JSON object"}
	}
	return c
}

// object reads an object. An error means that the whole text is not JSON.
func object(d *jsontext.Decoder, known fields, c *complaint) error {
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		token, err := d.ReadToken()
		if err != nil {
			return err
		}
		name := token.String()
		read, documented := known[name]
		if !documented {
			for k := range known {
				if strings.EqualFold(k, name) {
					c.set(k, "must be spelled in this case")
				}
			}
		}
		if !documented || d.PeekKind() == 'n' { // null is as good as absent
			if err := d.SkipValue(); err != nil {
				return err
			}
			continue
		}
		broken, err := read(d)
		if err != nil {
			return err
		}
		c.set(name, broken)
	}
	_, err := d.ReadToken()
	return err
}

// text reads a string of at most limit code points into to. With plain it must
// not have control characters: ids and enumerated values.
func text(to *string, limit int, plain bool) func(*jsontext.Decoder) (string, error) {
	return func(d *jsontext.Decoder) (string, error) {
		if d.PeekKind() != '"' {
			return "must be a string", d.SkipValue()
		}
		token, err := d.ReadToken()
		if err != nil {
			return "", err
		}
		s := token.String()
		if utf8.RuneCountInString(s) > limit {
			return fmt.Sprintf("at most %d characters", limit), nil
		}
		if plain && strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '\x7f' }) {
			return "no control characters", nil
		}
		*to = s
		return "", nil
	}
}

func id(to *string, limit int) func(*jsontext.Decoder) (string, error) { return text(to, limit, true) }
func enum(to *string) func(*jsontext.Decoder) (string, error)          { return text(to, 16, true) }
func value(to *string, limit int) func(*jsontext.Decoder) (string, error) {
	return text(to, limit, false)
}

// nested reads an object of documented members.
func nested(known fields) func(*jsontext.Decoder) (string, error) {
	return func(d *jsontext.Decoder) (string, error) {
		if d.PeekKind() != '{' {
			return "must be an object", d.SkipValue()
		}
		var c complaint
		if err := object(d, known, &c); err != nil || c.field == "" {
			return "", err
		}
		return c.field + ": " + c.rule, nil
	}
}

// present notes that a field was given.
func present(given *bool, read func(*jsontext.Decoder) (string, error)) func(*jsontext.Decoder) (string, error) {
	return func(d *jsontext.Decoder) (string, error) {
		*given = true
		return read(d)
	}
}

// Limits of the environment information.
const (
	maxEnv      = 32
	maxEnvValue = 4096
)

// env reads the environment information: an object of strings, whatever they
// say. Of all that only the language is used, for the message.
func env(language *string) func(*jsontext.Decoder) (string, error) {
	return func(d *jsontext.Decoder) (string, error) {
		if d.PeekKind() != '{' {
			return "must be an object", d.SkipValue()
		}
		var c complaint
		if _, err := d.ReadToken(); err != nil {
			return "", err
		}
		for n := 0; d.PeekKind() != '}'; n++ {
			token, err := d.ReadToken()
			if err != nil {
				return "", err
			}
			to := new(string)
			if token.String() == "language" {
				to = language
			}
			if n == maxEnv {
				c.set("env", fmt.Sprintf("at most %d members", maxEnv))
			}
			if d.PeekKind() == 'n' {
				if err := d.SkipValue(); err != nil {
					return "", err
				}
				continue
			}
			broken, err := value(to, maxEnvValue)(d)
			if err != nil {
				return "", err
			}
			if broken != "" {
				c.set("env", "each member "+broken)
			}
		}
		_, err := d.ReadToken()
		return c.rule, err
	}
}

// oneOf says that a value must be one of those that are served.
func oneOf(v string, allowed ...string) string {
	if slices.Contains(allowed, v) {
		return ""
	}
	return "must be " + strings.Join(allowed, " or ")
}

// optional says the same of a value that may be left out.
func optional(v string, allowed ...string) string {
	if v == "" {
		return ""
	}
	return oneOf(v, allowed...)
}

func required(v string) string {
	if v == "" {
		return "is required"
	}
	return ""
}

// digitsOnly says that a code must be ASCII digits, of any number: what a person
// could not have read off a message is no attempt.
func digitsOnly(v string) string {
	for _, b := range []byte(v) {
		if b < '0' || b > '9' {
			return "must be digits"
		}
	}
	return required(v)
}
