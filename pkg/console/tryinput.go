package console

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	// mostForm is the longest body of a form, in bytes. That of a call is about as long.
	mostForm = 16 << 10
	// mostTyped is the most characters of a field. The contracts take fewer of most, and answer themselves to more.
	mostTyped = 300
)

// tryInput are the values of a form, by the names of [tryFields]. A missing one is "".
type tryInput map[string]string

// refusals are the reasons why nothing was sent, by the names of the fields. "" is the whole form.
type refusals map[string]string

func (r refusals) Error() string {
	return "refused: " + strings.Join(slices.Sorted(maps.Keys(r)), ", ")
}

// refusal returns the one refusal of a field.
func refusal(field, reason string) refusals { return refusals{field: reason} }

// readTry reads the form of a request. What a contract can answer to is not refused here.
func readTry(w http.ResponseWriter, r *http.Request) (in tryInput, refused refusals) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return tryInput{}, refusal("", "The form must come as application/x-www-form-urlencoded, as this page does.")
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostForm)
	err = r.ParseForm()
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return tryInput{}, refusal("", fmt.Sprintf("The form has more than %d bytes. Type less.", mostForm))
	case err != nil:
		return tryInput{}, refusal("", "The form cannot be read: a percent sign in it begins no escape, or it is "+
			"cut short.")
	}
	return parseTry(r.PostForm)
}

// parseTry takes the values of the known fields. Other ones are ignored.
func parseTry(form url.Values) (in tryInput, refused refusals) {
	in, refused = tryInput{}, refusals{}
	for _, f := range tryFields {
		all := form[f.Name]
		if len(all) == 0 {
			continue
		}
		if in[f.Name] = strings.ToValidUTF8(all[0], "\ufffd"); f.Name == "code" {
			in[f.Name] = strings.NewReplacer(" ", "", "-", "").Replace(in[f.Name]) // as people group digits
		} else {
			in[f.Name] = strings.Trim(in[f.Name], " ")
		}
		if reason := unsendable(all); reason != "" {
			refused[f.Name] = reason
		}
	}
	in.require(refused)
	return in, refused
}

// unsendable returns why the values of a field cannot be sent, "" if they can.
func unsendable(all []string) string {
	switch text := all[0]; {
	case len(all) > 1:
		return "The form has this field more than once."
	case !utf8.ValidString(text):
		return "This has bytes that are not UTF-8."
	case utf8.RuneCountInString(text) > mostTyped:
		return fmt.Sprintf("This has more than %d characters.", mostTyped)
	case strings.ContainsFunc(text, unicode.IsControl):
		return "This has a control character, such as a line break. Type it as one line."
	}
	return ""
}

// require refuses a form without what its call needs.
func (in tryInput) require(refused refusals) {
	want := func(field, reason string) {
		if in[field] == "" && refused[field] == "" {
			refused[field] = reason
		}
	}
	ams := in["contract"] == contractAMS
	switch in["contract"] {
	case contractAMS, contractUnimatrix:
	default:
		refused["contract"] = "Choose AMS/DWS or Unimatrix."
	}
	switch in["do"] {
	case doNew:
		return
	case doSend, doVerify, doResend:
	default:
		refused[""] = "The form must come from one of its buttons."
	}
	want("client", "Choose a client.")
	if !ams || in["do"] == doSend {
		want("number", "Type a number, such as +60 12-345 6789.")
	}
	switch {
	case in["do"] == doVerify:
		want("code", "Type the code of the message.")
		if ams {
			want("request-id", "The request needs the id with which the code was sent.")
		}
	case ams && in["do"] == doResend:
		want("authentication-id", "The request needs the authenticationId of the answer.")
	case ams:
		want("request-id", "The request needs an id. New id makes one.")
		if _, reason := written(contractAMS, in["number"]); reason != "" && refused["number"] == "" {
			refused["number"] = reason
		}
	}
}

// identity returns what the same form has again, and no other one: a digest, as the form may have an access key.
func (in tryInput) identity() [sha256.Size]byte {
	var b bytes.Buffer
	for _, name := range slices.Sorted(maps.Keys(in)) {
		fmt.Fprintf(&b, "%d:%s=%d:%s;", len(name), name, len(in[name]), in[name])
	}
	return sha256.Sum256(b.Bytes())
}

// stays reports whether the same form, sent again, must not be another call. AMS/DWS knows a repeated init by its id,
// and answers to it. Unimatrix has no ids: there a send that succeeded stays until the person takes a new id. Each
// shown form of the second step has an id of its own.
func (in tryInput) stays(done tried) bool {
	if in["do"] == doSend {
		return in["contract"] == contractUnimatrix && done.verdict.Mark == "good"
	}
	return done.answer.status != 0
}
