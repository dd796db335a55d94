package unimatrix

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"countersign/pkg/admission"
	"countersign/pkg/otp"
	"countersign/pkg/strictjson"
)

// sendRequest is a request of otp.send whose fields are well formed. A field
// that was not given, or given as null or "", has its zero value.
type sendRequest struct {
	To         otp.Phone     // E.164 as it was sent, at most 256 characters; whether it is one is checked later
	Digits     int           // of a generated code, 4 to 8; 0: not given, the policy of the client decides
	Intent     string        // at most 36 characters; one scenario of a number's codes
	Channel    string        // sms, call, voice, whatsapp or auto; "": not given, auto is meant
	Code       otp.Code      // the client's own, 4 to 8 digits
	TTL        time.Duration // of Code, 1 s to 30 min; 0: not given, [DefaultTTL] is meant
	Signature  string        // sender name, at most 64 characters
	TemplateID string        // at most 64 characters
	Payment    otp.Payment   // that the code confirms; zero: none
}

// verifyRequest is a request of otp.verify, as [sendRequest] is one of otp.send.
type verifyRequest struct {
	To     otp.Phone
	Code   otp.Code // 4 to 8 digits
	Intent string
	TTL    time.Duration // of a generated code, 1 s to 30 min; 0: not given, [DefaultTTL] is meant

	Payment otp.Payment // that of the send
}

// DefaultTTL is the ttl of a request that names none.
const DefaultTTL = 5 * time.Minute

// The documented members of each body.
var (
	sendNames   = []string{"to", "digits", "intent", "channel", "code", "ttl", "signature", "templateId", "payment"}
	verifyNames = []string{"to", "code", "intent", "ttl", "payment"}
)

// channels that otp.send knows; voice is another name of call.
var channels = []string{"sms", "call", "voice", "whatsapp", "auto"}

// decodeSend reads a body of otp.send.
func decodeSend(text []byte) (sendRequest, answer) {
	m, a := read(text, sendNames)
	if a.result != pass {
		return sendRequest{}, a
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
		Payment:    m.payment,
	}
	if r.Channel != "" && !slices.Contains(channels, r.Channel) {
		m.complain("channel", "one of "+strings.Join(channels, ", "))
	}
	return r, m.verdict("to")
}

// decodeVerify reads a body of otp.verify.
func decodeVerify(text []byte) (verifyRequest, answer) {
	m, a := read(text, verifyNames)
	if a.result != pass {
		return verifyRequest{}, a
	}
	r := verifyRequest{
		To:     otp.Phone(m.text("to", 256)),
		Code:   m.code("code"),
		Intent: m.text("intent", 36),
		TTL:    time.Duration(m.integer("ttl", 1, 1800)) * time.Second,

		Payment: m.payment,
	}
	return r, m.verdict("to", "code")
}

// members are the documented members of a body that are given: null and "" are the same as absent.
type members struct {
	given   []member
	payment otp.Payment // the one that is an object
	broken  string      // a rule that one of them breaks, "" for none
}

// member has the kind of its value, and the content of a string or the spelling of a number.
type member struct {
	name string
	kind jsontext.Kind
	text string
}

// get returns a member. ok is false if it is not given.
func (m *members) get(name string) (v member, ok bool) {
	for _, v := range m.given {
		if v.name == name {
			return v, true
		}
	}
	return member{}, false
}

// read reads a body with the members that an action documents. With any result but pass, the answer refuses it.
func read(text []byte, documented []string) (*members, answer) {
	m := &members{given: make([]member, 0, 4)} // few requests have more
	broken := strictjson.DecodeEach(text, documented, func(name string, d *jsontext.Decoder) (string, error) {
		if name == "payment" {
			return m.readPayment(d)
		}
		kind, text, err := strictjson.ReadScalar(d)
		if err == nil && (kind != '"' || text != "") {
			m.given = append(m.given, member{name, kind, text})
		}
		return "", err
	})
	if broken != (strictjson.Broken{}) {
		return nil, refuseFor(invalidParams, broken.String())
	}
	return m, answer{}
}

// readPayment reads a payment. A rule that it breaks must wait, because a missing member comes before all rules.
func (m *members) readPayment(d *jsontext.Decoder) (string, error) {
	rule, err := admission.Payment(&m.payment)(d)
	if rule != "" {
		m.broken = "payment: " + rule
	}
	return "", err
}

func (m *members) complain(name, rule string) {
	m.broken = name + ": must be " + rule
}

// text returns a string of at most limit code points.
func (m *members) text(name string, limit int) string {
	v, ok := m.get(name)
	if ok && (v.kind != '"' || utf8.RuneCountInString(v.text) > limit) {
		m.complain(name, fmt.Sprintf("a string of at most %d characters", limit))
	}
	return v.text
}

// code returns a code. A person can only read digits off a message.
func (m *members) code(name string) otp.Code {
	v, ok := m.get(name)
	if ok && (v.kind != '"' || !admission.Digits(v.text) || len(v.text) < 4 || len(v.text) > 8) {
		m.complain(name, "a string of 4 to 8 digits")
	}
	return otp.Code(v.text)
}

// integer returns an integer from least to most, both above 0. It may be a string, because some SDKs send
// strings; either way it is plain digits.
func (m *members) integer(name string, least, most int) int {
	v, ok := m.get(name)
	if !ok {
		return 0
	}
	n, err := strconv.Atoi(v.text)
	if err != nil || !admission.Digits(v.text) || v.text[0] == '0' || n < least || n > most {
		m.complain(name, fmt.Sprintf("an integer from %d to %d", least, most))
	}
	return n
}

// verdict refuses a body without a required member; then one with a member that breaks a rule.
func (m *members) verdict(required ...string) answer {
	for _, name := range required {
		if _, ok := m.get(name); !ok {
			return refuseFor(missingParams, name+": is required")
		}
	}
	if m.broken != "" {
		return refuseFor(invalidParams, m.broken)
	}
	return answer{}
}
