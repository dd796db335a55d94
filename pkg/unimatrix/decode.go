package unimatrix

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"countersign/pkg/otp"
)

// maxBody is the longest body that is read, in bytes.
const maxBody = 16 << 10

// sendRequest is a request of otp.send whose fields are well formed. A field
// that was not given, or given as null or "", has its zero value.
type sendRequest struct {
	To         otp.Phone     // E.164 as it was sent, at most 256 characters; whether it is one is checked later
	Digits     int           // of a generated code, 4 to 8; 0: not given, as the policy of the client says
	Intent     string        // at most 36 characters; one scenario of a number's codes
	Channel    string        // sms, call, voice, whatsapp or auto; "": not given, auto is meant
	Code       otp.Code      // the client's own, 4 to 8 digits
	TTL        time.Duration // of Code, 1 s to 30 min; 0: not given, [DefaultTTL] is meant
	Signature  string        // sender name, at most 64 characters
	TemplateID string        // at most 64 characters
}

// verifyRequest is a request of otp.verify, as [sendRequest] is one of otp.send.
type verifyRequest struct {
	To     otp.Phone
	Code   otp.Code // 4 to 8 digits
	Intent string
	TTL    time.Duration // of a generated code, 1 s to 30 min; 0: not given, [DefaultTTL] is meant
}

// DefaultTTL is meant where a request does not say.
const DefaultTTL = 5 * time.Minute

// The documented members of each body.
var (
	sendNames   = []string{"to", "digits", "intent", "channel", "code", "ttl", "signature", "templateId"}
	verifyNames = []string{"to", "code", "intent", "ttl"}
)

// channels that otp.send knows; voice is another name of call.
var channels = []string{"sms", "call", "voice", "whatsapp", "auto"}

// decodeSend reads a body of otp.send.
func decodeSend(text []byte) (sendRequest, answer) {
	m, err := read(text, sendNames)
	if err != nil {
		return sendRequest{}, refuseFor(invalidParams, err.Error())
	}
	r := sendRequest{
		To:         otp.Phone(m.text("to", 256)),
		Digits:     m.integer("digits", 4, 8),
		Intent:     m.text("intent", 36),
		Channel:    m.text("channel", 16),
		Code:       m.code("code"),
		TTL:        time.Duration(m.integer("ttl", 1, 1800)) * time.Second,
		Signature:  m.text("signature", 64),
		TemplateID: m.text("templateId", 64),
	}
	if r.Channel != "" && !slices.Contains(channels, r.Channel) {
		m.complain("channel", "one of "+strings.Join(channels, ", "))
	}
	return r, m.verdict("to")
}

// decodeVerify reads a body of otp.verify.
func decodeVerify(text []byte) (verifyRequest, answer) {
	m, err := read(text, verifyNames)
	if err != nil {
		return verifyRequest{}, refuseFor(invalidParams, err.Error())
	}
	r := verifyRequest{
		To:     otp.Phone(m.text("to", 256)),
		Code:   m.code("code"),
		Intent: m.text("intent", 36),
		TTL:    time.Duration(m.integer("ttl", 1, 1800)) * time.Second,
	}
	return r, m.verdict("to", "code")
}

// members are the documented members of a body that are given: null and "" are
// as good as absent.
type members struct {
	given  map[string]member
	broken string // a rule that one of them breaks, "" for none
}

type member struct {
	kind jsontext.Kind
	text string // of a string what it says, of a number its spelling
}

// read reads a body that must be one JSON object and nothing else: valid UTF-8,
// no name twice, nothing behind it. Undocumented members are ignored, except for
// one that is spelled like a documented one but for its case.
func read(text []byte, documented []string) (*members, error) {
	d := jsontext.NewDecoder(bytes.NewBuffer(text))
	m := &members{given: make(map[string]member, len(documented))}
	if d.PeekKind() != '{' {
		return nil, errors.New("body: must be a JSON object")
	}
	wrongCase, err := m.object(d, documented)
	if err != nil { // it could quote the body
		return nil, errors.New("body: must be one JSON object in UTF-8, each name once, no lone surrogates")
	}
	if wrongCase != "" {
		return nil, fmt.Errorf("%s: must be spelled in this case", wrongCase)
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return nil, errors.New("body: must end after the JSON object")
	}
	return m, nil
}

// object reads the object itself. An error means that the whole text is not JSON.
func (m *members) object(d *jsontext.Decoder, documented []string) (wrongCase string, err error) {
	if _, err := d.ReadToken(); err != nil {
		return "", err
	}
	for d.PeekKind() != '}' {
		token, err := d.ReadToken()
		if err != nil {
			return "", err
		}
		name := token.String()
		i := slices.IndexFunc(documented, func(k string) bool { return strings.EqualFold(k, name) })
		switch {
		case i < 0:
			err = d.SkipValue()
		case documented[i] != name:
			wrongCase = documented[i]
			err = d.SkipValue()
		default:
			err = m.value(d, name)
		}
		if err != nil {
			return "", err
		}
	}
	_, err = d.ReadToken()
	return wrongCase, err
}

// value keeps the value of a documented member.
func (m *members) value(d *jsontext.Decoder, name string) error {
	kind := d.PeekKind()
	if kind != '"' && kind != '0' {
		if kind != 'n' {
			m.given[name] = member{kind: kind}
		}
		return d.SkipValue()
	}
	token, err := d.ReadToken()
	if err != nil {
		return err
	}
	if text := token.String(); text != "" {
		m.given[name] = member{kind, text}
	}
	return nil
}

func (m *members) complain(name, rule string) {
	m.broken = name + ": must be " + rule
}

// text returns a string of at most limit code points.
func (m *members) text(name string, limit int) string {
	v, ok := m.given[name]
	if ok && (v.kind != '"' || utf8.RuneCountInString(v.text) > limit) {
		m.complain(name, fmt.Sprintf("a string of at most %d characters", limit))
	}
	return v.text
}

// code returns a code: what a person could not have read off a message is none.
func (m *members) code(name string) otp.Code {
	v, ok := m.given[name]
	if ok && (v.kind != '"' || !digits(v.text) || len(v.text) < 4 || len(v.text) > 8) {
		m.complain(name, "a string of 4 to 8 digits")
	}
	return otp.Code(v.text)
}

// integer returns an integer from least to most, both above 0. A string may hold
// it, since some SDKs are typed so; either way it is plain digits.
func (m *members) integer(name string, least, most int) int {
	v, ok := m.given[name]
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(v.text)
	if err != nil || !digits(v.text) || v.text[0] == '0' || n < least || n > most {
		m.complain(name, fmt.Sprintf("an integer from %d to %d", least, most))
	}
	return n
}

// verdict refuses a body without a required member, and one whose members break
// a rule, in this order.
func (m *members) verdict(required ...string) answer {
	for _, name := range required {
		if _, ok := m.given[name]; !ok {
			return refuseFor(missingParams, name+": is required")
		}
	}
	if m.broken != "" {
		return refuseFor(invalidParams, m.broken)
	}
	return answer{}
}
