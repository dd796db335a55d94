package ams

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"countersign/pkg/admission"
	"countersign/pkg/strictjson"
)

// refused answers for a body that breaks a rule.
func refused(broken strictjson.Broken) answer { return illegal(broken.Field, broken.Rule) }

// text reads a string of at most limit code points into to. A plain string has no control characters.
func text(to *string, limit int, plain bool) strictjson.Reader {
	return strictjson.Scalar(func(kind jsontext.Kind, s string) string {
		switch {
		case kind != '"':
			return "must be a string"
		case utf8.RuneCountInString(s) > limit:
			return fmt.Sprintf("at most %d characters", limit)
		case plain && strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == '\x7f' }):
			return "no control characters"
		}
		*to = s
		return ""
	})
}

// id reads an id, enum one of a few words, and value any string.
func id(to *string, limit int) strictjson.Reader    { return text(to, limit, true) }
func enum(to *string) strictjson.Reader             { return text(to, 16, true) }
func value(to *string, limit int) strictjson.Reader { return text(to, limit, false) }

// present notes that a field was given.
func present(given *bool, read strictjson.Reader) strictjson.Reader {
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

// env reads the environment information: an object of strings. Only the language is used, for the message.
func env(language *string) strictjson.Reader {
	tooMany := fmt.Sprintf("at most %d members", maxEnv)
	return strictjson.Map(maxEnv, tooMany, func(name string) strictjson.Reader {
		to := new(string)
		if name == "language" {
			to = language
		}
		read := value(to, maxEnvValue)
		return func(d *jsontext.Decoder) (string, error) {
			rule, err := read(d)
			if rule != "" {
				rule = "each member " + rule
			}
			return rule, err
		}
	})
}

// oneOf returns the rule that a value breaks which is none of those allowed.
func oneOf(v string, allowed ...string) string {
	if slices.Contains(allowed, v) {
		return ""
	}
	return "must be " + strings.Join(allowed, " or ")
}

// optional is [oneOf] for a value that may be left out.
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

// digitsOnly returns the rule that a code breaks which is not ASCII digits. Any number of digits is an attempt.
func digitsOnly(v string) string {
	if v != "" && !admission.Digits(v) {
		return "must be digits"
	}
	return required(v)
}
