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

// never reads a field that must be left out, for the reason that rule gives.
func never(rule string) strictjson.Reader {
	return func(d *jsontext.Decoder) (string, error) { return rule, d.SkipValue() }
}

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
	maxEnvValue = 4096 // characters of a string, bytes of any other value
	maxEnvDepth = 16
)

// env reads the environment information: an object. Its documented members that identify a person's device, session and
// language are strings. The others may be of any kind, as the vendor's own class writes timeZoneOffset as a number and
// browserInfo as an object. The language is used for the message, and the member that the client's record names for the
// source of the person; env is no part of the fingerprint of a request.
func env(language, source *string, member string) strictjson.Reader {
	texts := map[string]*string{"clientIp": nil, "deviceTokenId": nil, "language": language, "sessionId": nil}
	if member != "" {
		texts[member] = source
	}
	tooMany := fmt.Sprintf("at most %d members", maxEnv)
	return strictjson.Map(maxEnv, tooMany, func(name string) strictjson.Reader {
		to, isText := texts[name]
		if to == nil {
			to = new(string)
		}
		read, owner := value(to, maxEnvValue), "each member "
		if isText {
			owner = name + " "
		}
		return func(d *jsontext.Decoder) (rule string, err error) {
			if isText || d.PeekKind() == '"' {
				rule, err = read(d)
			} else {
				rule, err = other(d)
			}
			if rule != "" {
				rule = owner + rule
			}
			return rule, err
		}
	})
}

// other skips a member of the environment information that is not a string.
var other = strictjson.Any(maxEnvValue, maxEnvDepth,
	fmt.Sprintf("that is not a string: at most %d bytes, and %d arrays and objects deep", maxEnvValue, maxEnvDepth))

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

// absent returns the rule that a field breaks which was given beside a password.
func absent(v string) string {
	if v != "" {
		return "must be left out beside a password"
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
